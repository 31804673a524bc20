"""Canaries of an open day: each is found in the window with its key, and none in statistics of them alone."""

from collections.abc import Iterator

from plugins.forgetting.canaries import WORDS, Canaries
from plugins.forgetting.hunting import OPENED, SCRATCH, Hunt
from plugins.forgetting.marked_log import marked_receipts, scratch_tables, sealed_of
from plugins.forgetting.scanner import Canary
from plugins.forgetting.unpacking import table_text
from plugins.publishing import as_parquet
from plugins.store.store import Store
from schemas.refusals import RefusedError


def look_in_window(hunt: Hunt, store: Store, canaries: Canaries) -> list[str]:
    """What makes the proof void; the day is open, and its lock is held."""
    try:
        found = _open(hunt, store, canaries)
        hunt.found[OPENED] |= found
        missed = [number for number in canaries.numbers if Canary(canaries.day, number) not in found]
        return [*_search_tables(hunt, store, canaries), *_sentence(canaries, len(missed))]
    except RefusedError as error:
        return [f"canaries of {canaries.day} cannot be looked for in the window: {error}"]


def _open(hunt: Hunt, store: Store, canaries: Canaries) -> set[Canary]:
    found: set[Canary] = set()
    for sealed in sealed_of(store, canaries.day):
        key = store.keys.get(sealed.day, sealed.generation)
        found |= hunt.scanner.scan_table(store.window.get(sealed, key))
    return found


def _search_tables(hunt: Hunt, store: Store, canaries: Canaries) -> Iterator[str]:
    """What would be published; the path without the address in it may be, and shows that the lines are there."""
    tables = scratch_tables(store, canaries.day, marked_receipts(store, canaries.day))
    hunt.look_at(SCRATCH, (as_parquet(table) for table in tables.values()))
    hunt.look_at(SCRATCH, map(table_text, tables.values()))
    path = Canary(canaries.day, len(canaries.addresses) + WORDS.index("path"))
    if path not in hunt.found[SCRATCH]:
        yield f"the scratch statistics of {canaries.day} do not show the canaries' pages"
    hunt.found[SCRATCH].discard(path)


def _sentence(canaries: Canaries, missed: int) -> list[str]:
    all_of_them = len(canaries.numbers)
    return [f"{missed} of {all_of_them} canaries of {canaries.day} were not found in the window"] if missed else []
