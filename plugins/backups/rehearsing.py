"""A backup that was never restored is a hope: the newest one, brought back into a scratch place, and removed again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from plugins.backups.planning import Plan, plan_restore
from plugins.backups.restoring import BroughtBack, bring_back
from plugins.backups.scratch import remove_scratch, scratch_of
from plugins.backups.settling import describe_damaged
from plugins.backups.taking import backups_held
from plugins.backups.target import blob_name
from plugins.steps.days import receipts_of_days
from plugins.store.door import Folder, Place
from plugins.store.reports import put_report
from plugins.store.store import OUTSIDE, RIGHTS, Store, Tell
from schemas.backups import Rehearsal
from schemas.refusals import RefusedError


def rehearse(store: Store, actor: str, tell: Tell) -> Rehearsal:
    """Restore the newest backup beside the store: every byte is verified, and a day of the window opened with its key.

    What is wrong is a problem of the rehearsal. A damaged blob goes, so that the next backup writes it anew.
    """
    began, problems, others, plan, brought = time.monotonic(), list[str](), set[str](), None, None
    with backups_held(store), _scratch(store) as places:
        try:
            plan = plan_restore(store)
            brought = bring_back(store, plan, places, tell)
            problems += [*_described(brought), *_unopened(brought)]
            others = _damaged_others(brought.plan)
            problems += [f"damaged: {one}" for one in describe_damaged(others)]
        except RefusedError as error:
            problems.append(str(error))
        seconds = time.monotonic() - began
        if plan:
            _remove_damaged(brought.plan if brought else plan, others)
    rehearsal = Rehearsal(
        at=store.clock().replace(microsecond=0),
        taken_at=plan.backup.manifest.taken_at if plan else None,
        objects=len(brought.plan.choice.names) if brought else 0,
        bytes=brought.bytes if brought else 0,
        seconds=seconds,
        problems=tuple(problems),
    )
    _record(store, rehearsal, actor)
    return rehearsal


@contextmanager
def _scratch(store: Store) -> Iterator[dict[str, Place]]:
    """Empty places of nobody else, with the store's keys and backups; what a kill left in them goes first."""
    folder = scratch_of(store)
    remove_scratch(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        made: dict[str, Place] = {root: Folder(folder / root, mode) for root, mode in RIGHTS.items()}
        yield made | {name: store.place(name) for name in OUTSIDE}
    finally:
        remove_scratch(folder)


def _described(brought: BroughtBack) -> Iterator[str]:
    yield from (f"damaged: {one}" for one in brought.damaged)
    given_up = sorted(brought.plan.choice.given_up)
    if given_up := [day for day in given_up if brought.plan.choice.given_up[day] != "expired"]:
        yield f"{len(given_up)} open days could not be opened again: {', '.join(map(str, given_up))}"


def _unopened(brought: BroughtBack) -> Iterator[str]:
    """One object of each open day is opened where it lies now."""
    store = brought.store
    for day, receipts in receipts_of_days(store, store.open_days()).items():
        objects = [sealed for receipt in receipts for sealed in receipt.of_day(day)]
        if objects and not store.calendar.is_past(day):
            try:
                store.window.get(objects[0], store.keys.look(day, objects[0].generation))
            except RefusedError as error:
                yield str(error)


def _damaged_others(plan: Plan) -> set[str]:
    """Of what would not be brought back: it may be in a later backup, too."""
    names = plan.backup.objects.keys() - plan.choice.names - plan.facts.lost
    return {name for name in names if not plan.backup.is_readable(name)}


def _remove_damaged(plan: Plan, others: set[str]) -> None:
    for name in plan.facts.lost | others:
        plan.backup.target.place.remove(blob_name(plan.backup.objects[name].digest))


def _record(store: Store, rehearsal: Rehearsal, actor: str) -> None:
    store.audit.append(
        rehearsal.at,
        actor,
        "rehearse restore",
        objects=rehearsal.objects,
        seconds=round(rehearsal.seconds),
        problems=len(rehearsal.problems),
    )
    put_report(store.place("reports"), "rehearsals", rehearsal.at, rehearsal)
