"""A backup: what the store keeps, at one moment, although others go on working in it.

The bulk is copied while they work. Then nobody writes a day for as long as it takes to list everything again, copy what
changed meanwhile, and write the manifest.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Final

from plugins.backups.copying import Copies
from plugins.backups.target import LOCK, Target
from plugins.backups.wholeness import check_copied, check_lost, check_trail
from plugins.steps.closing import believe_clock
from plugins.store.locks import BusyError
from plugins.store.store import Store, Tell
from schemas.backups import Manifest
from schemas.policy import policy_version
from schemas.refusals import RefusedError

PATIENCE: Final = 600.0  # seconds for each lock; to compute a large day takes minutes


def back_up(
    store: Store, actor: str, tell: Tell, store_is_right: bool = False, clock_is_right: bool = False
) -> Manifest:
    """Take a backup, what is new in it verified by reading back; also one that is like the last.

    RefusedError where other work does not end in time, or where the store is not whole: what is left of its window is
    saved all the same, and whatever else it lost where a person says that it `store_is_right`. ClockError where nothing
    confirms what time it is; OSError where somebody removes what was copied.
    """
    believe_clock(store, clock_is_right)
    with backups_held(store):
        due = check_trail(store)
        copies = Copies(store, Target(store.place("backups")), tell)
        copies.copy()
        with _patiently(), _standing_still(store):
            taken_at = copies.target.free_second(store.clock())
            objects = copies.copy()
            problems = copies.problems()
            check_copied(store, objects, due, copies.last)
            if copies.last and not store_is_right:
                check_lost(store, objects, copies.target, copies.last)
            manifest = Manifest(
                token=secrets.token_hex(4),
                taken_at=taken_at,
                policy_version=policy_version(store.policy),
                lines=copies.lines,
                objects=objects,
                erased=copies.target.erased_generations(),
            )
            copies.target.check_there(objects.values())
            copies.target.put_manifest(manifest)
        store.audit.append(
            store.clock(), actor, "back up", objects=len(objects), new_blobs=copies.new, lines=manifest.lines
        )
    if problems:
        raise RefusedError(f"a backup was taken, but it lacks {len(problems)} objects of the window: {problems[0]}")
    return manifest


@contextmanager
def backups_held(store: Store) -> Iterator[None]:
    """Alone with the place of backups; RefusedError where a backup, a purge or a restore goes on too long."""
    with ExitStack() as stack:
        with _patiently():
            stack.enter_context(store.locks.held(LOCK, wait=False, patience=PATIENCE))
        yield


@contextmanager
def _patiently() -> Iterator[None]:
    """A backup that is left out silently would be missed when it is too late."""
    try:
        yield
    except BusyError as error:
        raise RefusedError(
            f"other work on the store (“{error}”) did not end within {PATIENCE / 60:.0f} minutes; try again later"
        ) from None


@contextmanager
def _standing_still(store: Store) -> Iterator[None]:
    """Nobody writes a day, imports or erases; whoever reads a shard locks the day on which it does so."""
    today = store.calendar.today()
    days = {*store.open_days(), today, today + timedelta(days=1)}  # midnight may come meanwhile
    with (
        store.locks.held("ingest", wait=False, shared=True, patience=PATIENCE),
        store.writing(*days, patience=PATIENCE),
    ):
        yield
