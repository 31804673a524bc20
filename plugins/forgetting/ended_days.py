"""What is left of days that ended: of their windows, in the store and in backups, with all versions of everything."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Final

from plugins.backups.target import BLOBS, LOCK, MANIFESTS, PACKED, blob_name, unpack_manifest
from plugins.forgetting.canaries import Canaries
from plugins.forgetting.hunting import OPENED, WITH_A_KEY, Hunt
from plugins.forgetting.marked_log import sealed_of
from plugins.forgetting.scanner import Canary
from plugins.forgetting.traces import place_contents
from plugins.keys.day_keys import BYTES
from plugins.store.door import TEMPORARY, Place
from plugins.store.locks import BusyError
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from plugins.store.window import DamagedError, unseal
from schemas.backups import Manifest
from schemas.receipts import Record, Sealed

UNNAMED: Final = "unnamed.json"


class Unnamed(Record):
    """Since when a proof has seen blobs that no manifest names, by name."""

    since: dict[str, datetime]


def try_keys(hunt: Hunt, store: Store, canaries: Canaries) -> None:
    """Try to open what is left of a closed day's canaries, with every key there is on either side."""
    secrets, everyone = set(_secrets(store)), {Canary(canaries.day, number) for number in canaries.numbers}
    for sealed in sealed_of(store, canaries.day):
        for found, place, name in (
            (OPENED, store.window.place, sealed.name),
            (WITH_A_KEY, store.place("backups"), blob_name(sealed.digest)),
        ):
            folder, _, ending = name.rpartition("/")
            contents = place_contents(place, f"{folder}/", ending)
            if any(_opens(bytes(content[:]), secret, sealed) for _, content in contents for secret in secrets):
                hunt.found[found] |= everyone


def left_in_window(store: Store) -> int:
    """How many objects, versions and halves lie in the window of days that are closed, or overdue."""
    days = Counter(one.name.split("/")[0] for one in store.window.place.traces() if one.kind != "marker")
    return sum(number for day, number in days.items() if _has_ended(store, day))


def left_in_backups(store: Store, days: Iterable[date]) -> int:
    """How many objects of these days' windows a manifest names, in whatever version, or lie there without one.

    Delete markers count, and so does a manifest that cannot be read, for it may name anything.
    """
    if not (wanted := set(days)):
        return 0
    place = store.place("backups")
    prefixes = tuple(f"window/{day}/" for day in wanted)
    manifests = list(manifest_versions(place))
    named = {name for one in manifests if one for name in one.objects if name.startswith(prefixes)}
    blobs = Counter(trace.name.rpartition("/")[2].rpartition("-")[2] for trace in place.traces(BLOBS))
    sealed = {one.digest for day in wanted for one in sealed_of(store, day)}
    return len(named) + manifests.count(None) + sum(blobs[digest] for digest in sealed)


def manifest_versions(place: Place) -> Iterator[Manifest | None]:
    """Every manifest of which there are bytes, also what hides behind a later one or a delete marker.

    None for one that cannot be read; half of one that is being written is none.
    """
    for name, content in place_contents(place, MANIFESTS, PACKED):
        manifest = unpack_manifest(bytes(content[:]))
        if manifest or TEMPORARY not in name:
            yield manifest


def unnamed_blobs(store: Store) -> dict[str, datetime]:
    """Blobs, hidden ones too, that no manifest names, and since when a proof has seen each; none during a backup."""
    place, state = store.place("backups"), store.place("state")
    before = read_record(state, UNNAMED, Unnamed)
    with suppress(BusyError), store.locks.held(LOCK, wait=False):
        named = {blob_name(one.digest) for found in manifest_versions(place) if found for one in found.objects.values()}
        left = {trace.name for trace in place.traces(BLOBS) if trace.kind != "marker"} - named
        since = {name: (before.since if before else {}).get(name, store.clock()) for name in sorted(left)}
        write_record(state, UNNAMED, Unnamed(since=since))
        return since
    return {}


def _has_ended(store: Store, day: str) -> bool:
    try:
        which = date.fromisoformat(day)
    except ValueError:
        return False  # what is not ours is searched like everything else
    mark = store.marks.get(which)
    return bool(mark and mark.state == "closed") or store.calendar.is_overdue(which)


def _opens(content: bytes, secret: bytes, sealed: Sealed) -> bool:
    try:
        unseal(content, secret, sealed)
    except DamagedError:
        return False
    return True


def _secrets(store: Store) -> Iterator[bytes]:
    for place in (store.keys.main, store.keys.mirror):
        yield from (bytes(content[:]) for _, content in place_contents(place) if len(content) == BYTES)
