"""The end of backups: manifests past their time, and then all that no other manifest names, in every version.

A purge is done when a listing of the place shows nothing but what the manifests that are left name.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from plugins.backups.taking import backups_held
from plugins.backups.target import BLOBS, ENDED, MANIFESTS, DamagedBackupError, Target, blob_name
from plugins.steps.closing import believe_clock
from plugins.store.door import Place, Trace
from plugins.store.reports import put_report
from plugins.store.store import Store, Tell
from schemas.backups import Manifest, Purged
from schemas.refusals import RefusedError

PERSONAL: Final = ("window/", "visit_log/")
ROOTS: Final = "audit/"
OURS: Final = (MANIFESTS, BLOBS, ENDED, ROOTS)  # in this order: what names goes before what is named
ALONE: Final = (
    MANIFESTS,
    BLOBS,
)  # nobody else writes there meanwhile; elsewhere a half may be one that is being written
ROUNDS: Final = 4  # others go on recording what ends, and a marker that goes shows what it hid


@dataclass
class Kept:
    """The manifests and blobs that stay; of records of what ended, those that go; when the oldest backup was taken.

    `ahead` is how many of the manifests are of the future, and there is no other one.
    """

    names: set[str] = field(default_factory=set)
    expired: set[str] = field(default_factory=set)
    oldest: datetime | None = None
    ahead: int = 0

    def holds(self, name: str) -> bool:
        """Records that come meanwhile stay."""
        return name in self.names if name.startswith(ALONE) else name not in self.expired

    def add(self, name: str, manifest: Manifest) -> None:
        self.names |= {name, *(blob_name(backed.digest) for backed in manifest.objects.values())}

    def add_dated(self, name: str, manifest: Manifest) -> None:
        self.add(name, manifest)
        self.oldest = min(manifest.taken_at, self.oldest or manifest.taken_at)


def purge(store: Store, actor: str, tell: Tell, clock_is_right: bool = False) -> Purged:
    """Remove what may not be kept any more, and prove it; the newest backup keeps its statistics in any case.

    ClockError where nothing confirms what time it is; RefusedError where something cannot be removed.
    """
    believe_clock(store, clock_is_right)
    with backups_held(store):
        target = Target(store.place("backups"))
        kept = _keep(store, target, tell)
        removed = _clean(target.place, kept)
        _tell_of_others(target.place, tell)
        purged = Purged(
            at=store.clock(),
            manifests=removed[MANIFESTS],
            blobs=removed[BLOBS],
            traces=removed["traces"],
            left=removed["left"],
            oldest=kept.oldest,
        )
        put_report(store.place("reports"), "purges", purged.at, purged)
        store.audit.append(
            purged.at,
            actor,
            "purge backups",
            manifests=purged.manifests,
            blobs=purged.blobs,
            traces=purged.traces,
            left=purged.left,
        )
    if kept.ahead:
        raise RefusedError(
            f"{target.place.where} holds {kept.ahead} backups of the future, which a wrong clock took, and no other "
            "one, so they stay; take one with: lethe back-up, and run the purge again"
        )
    return purged


def _keep(store: Store, target: Target, tell: Tell) -> Kept:
    """The newest manifest that can be read stays, without what is of persons if it is past its time, too."""
    kept = Kept()
    credible = target.credible(store.clock())
    for name, manifest in _readable(target, reversed(credible), tell):
        is_past = _is_past(store, manifest)
        if not kept.names and is_past:
            thinned = _thin(manifest)
            target.put_manifest(thinned)
            tell(f"the last backup is of {manifest.taken_at:%Y-%m-%d}; it keeps nothing but statistics and records")
            kept.add_dated(name, thinned)
        elif not is_past:
            kept.add_dated(name, manifest)
    names = target.manifests()
    _judge_future(target, kept, [name for name in names if name not in credible], tell)
    if names and not kept.names:
        raise RefusedError(f"no backup in {target.place.where} can be read; take one first, with: lethe back-up")
    if kept.oldest:
        kept.expired = target.expired_ends(kept.oldest)
    return kept


def _judge_future(target: Target, kept: Kept, ahead: list[str], tell: Tell) -> None:
    """What a wrong clock took would never end, so it goes now; but where there is nothing else, it stays.

    Nobody knows when it was really taken, so that no record of what ended goes because of it.
    """
    if kept.names:
        for name in ahead:
            tell(f"{target.place.where}/{name} is of the future, which a wrong clock took, and goes")
        return
    for name, manifest in _readable(target, ahead, tell):
        kept.add(name, manifest)
        kept.ahead += 1


def _readable(target: Target, names: Iterable[str], tell: Tell) -> Iterator[tuple[str, Manifest]]:
    for name in names:
        try:
            yield name, target.manifest(name)
        except DamagedBackupError as error:
            tell(f"{error} and goes")


def _is_past(store: Store, manifest: Manifest) -> bool:
    """The promise is counted from the moment at which the backup was taken."""
    return store.clock() >= store.calendar.backup_ends(manifest.taken_at)


def _thin(manifest: Manifest) -> Manifest:
    objects = {name: backed for name, backed in manifest.objects.items() if not name.startswith(PERSONAL)}
    return manifest.model_copy(update={"objects": objects, "is_thinned": True})


def _clean(place: Place, kept: Kept) -> Counter[str]:
    """Remove and list until the listing shows nothing else than what is kept; how much went, and is left."""
    removed = Counter(traces=place.sweep())
    for _ in range(ROUNDS):
        left, going = _look(place, kept)
        if not going:
            removed["left"] = left
            return removed
        erased = Counter(kind for trace in going if (kind := _erase(place, trace)))
        if not erased:
            break
        removed += erased
    kinds = ", ".join(f"{count} × {kind}" for kind, count in sorted(Counter(trace.kind for trace in going).items()))
    raise RefusedError(
        f"{place.where} still holds what had to go ({kinds}); look for an object lock, a legal hold or missing rights, "
        "end it and run the purge again"
    )


def _look(place: Place, kept: Kept) -> tuple[int, list[Trace]]:
    """How many objects of backups stay, and what has to go: first what is behind an object, the object last."""
    left, going = 0, []
    for prefix in OURS:
        traces = list(place.traces(prefix))
        hidden = {one.name for one in traces if one.kind == "marker" and one.is_newest and kept.holds(one.name)}
        stays = [one for one in traces if _stays(one, kept, hidden)]
        left += len(stays) if prefix in ALONE else 0
        going += sorted(set(traces).difference(stays), key=lambda one: (one.name, one.is_newest))
    return left, going


def _stays(trace: Trace, kept: Kept, hidden: set[str]) -> bool:
    """Of what somebody deleted and a backup needs, the marker goes first, and it can be read again."""
    if trace.kind == "unfinished":
        return not trace.name.startswith(ALONE)
    return trace.name in hidden if trace.kind == "version" else trace.kind == "object" and kept.holds(trace.name)


def _erase(place: Place, trace: Trace) -> str:
    """What it counts as; nothing where the place does not let it go."""
    try:
        place.erase(trace)
    except PermissionError:
        return ""
    return f"{trace.name.split('/')[0]}/" if trace.kind == "object" else "traces"


def _tell_of_others(place: Place, tell: Tell) -> None:
    if others := sum(not name.startswith(OURS) for name in place.names()):
        tell(f"{place.where} holds {others} objects that are not Lethe's; they were left alone")
