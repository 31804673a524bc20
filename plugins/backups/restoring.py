"""The store is gone: all of a backup that may exist is brought back, and nothing opens it before it is whole.

What ended since the backup was taken is decided first (`plan_restore`), and ends again before the switch.
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from plugins.backups.planning import Plan, plan_restore
from plugins.backups.precautions import living, plan_whole, refuse_living
from plugins.backups.settling import describe_damaged, discrepancies, end_again, refuse_unless_whole
from plugins.backups.taking import backups_held
from plugins.backups.target import DamagedBackupError
from plugins.blocklist.exporting import renew_exports
from plugins.store.audit_facts import NAME_BYTES, refuse_personal
from plugins.store.door import Place
from plugins.store.locks import BusyError
from plugins.store.reports import put_report
from plugins.store.store import RIGHTS, Store, Tell, assemble_store
from plugins.store.switch import NAME, Restoring, begin_restore, begun_restore, complete_restore
from schemas.backups import Restored
from schemas.receipts import Mark
from schemas.refusals import RefusedError

PATIENCE: Final = 60.0  # seconds for work that is under way
TELL_EACH: Final = 500  # objects


@dataclass(frozen=True)
class BroughtBack:
    """What lies in its places now, as a store; the plan that held in the end, and the days that ended again."""

    store: Store
    plan: Plan
    marks: list[Mark]
    damaged: list[str]

    @property
    def bytes(self) -> int:
        return sum(self.plan.backup.objects[name].size for name in self.plan.choice.names)


def restore(
    store: Store,
    reason: str,
    actor: str,
    tell: Tell,
    is_replacing: bool = False,
    accepts_damage: bool = False,
    once: str | None = None,
) -> Restored | None:
    """Bring the newest backup back, without what ended since; `store` was opened by `open_store(…, is_restoring=True)`.

    Nothing is done, and None returned, where the restore of that name, `once`, is complete already. RefusedError where
    the store still holds data, unless they are to be replaced, and where no backup is whole, unless whoever asks
    `accepts_damage`; TamperedError where the audit trail is not the one that was written. Killed, it leaves a store
    that nobody opens; run again, it begins anew.
    """
    _check_reason(reason)
    began = time.monotonic()
    with backups_held(store), _alone(store):
        state = store.place("state")
        restoring = begun_restore(state)
        keeps_trail = store.audit.is_whole()
        if once and not restoring and keeps_trail and store.audit.has(_handle(once)):
            tell("this restore is complete already; nothing was done")
            return None
        held = {} if restoring else living(store)
        if not is_replacing:
            refuse_living(held)
        takes_trail = not keeps_trail
        plan = plan_restore(store, takes_trail) if accepts_damage else plan_whole(store, takes_trail, bool(held), tell)
        restoring = restoring or _begin(state, plan, once)
        _clear(store, keeps_trail, tell)
        brought = bring_back(store, plan, store.places, tell)
        if not keeps_trail:
            brought.store.audit.fall_back()
        restored = _sum_up(brought, restoring, reason, time.monotonic() - began)
        _record(brought.store, restored, restoring, actor, once)
        complete_restore(state)
    _renew_exports(brought.store, tell)
    return restored


def bring_back(store: Store, plan: Plan, places: Mapping[str, Place], tell: Tell) -> BroughtBack:
    """Copy what was chosen into empty places, end again what ended, and verify; the audit trail is not continued."""
    damaged = _copy(plan, places, tell)
    if damaged:
        before, plan = plan, plan.without(damaged)
        for name in before.choice.names - plan.choice.names - damaged:
            _place_of(places, name).remove(name.split("/", 1)[1])
    brought = assemble_store(store.policy, store.base, dict(places), store.locks, store.wall_clock)
    refuse_unless_whole(brought, plan)
    marks = end_again(brought, plan, tell)
    told = [*plan.passed, *describe_damaged(plan.facts.lost), *discrepancies(brought, plan)]
    return BroughtBack(brought, plan, marks, told)


def describe_restored(store: Store, restored: Restored) -> list[str]:
    """What whoever restored should know, a sentence each."""
    found = [
        f"the store is back as of {store.calendar.words(restored.taken_at)}: {restored.objects:,} objects, "
        f"{restored.bytes:,} bytes in {restored.seconds:,.1f} seconds",
        "since then may be missing: lines whose log files are gone, bans and lifts by hand, new tokens, entries of the "
        "audit trail; log files that are still there are read on from where the backup ends",
    ]
    for what, days in (("were closed since", restored.closed_since), ("cannot be opened any more", restored.given_up)):
        if days:
            named = ", ".join(map(str, days))
            found.append(f"{len(days)} days {what}, and what was published last is final: {named}")
    if restored.given_up:
        found.append("lines of these days that are read again count as late; of today's, when the day is over")
    if restored.lost_lines:
        found.append(f"{restored.lost_lines:,} lines that were read are in no statistics")
    if restored.damaged:
        found.append(f"damaged in the backup: {'; '.join(restored.damaged)}")
    return found


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Nobody ingests, erases or works on a day that has a key; of the store itself nothing may be readable."""
    try:
        with (
            store.locks.held("ingest", wait=False, patience=PATIENCE),
            store.writing(store.calendar.today(), *store.keys.days(), patience=PATIENCE),
        ):
            yield
    except BusyError as error:
        raise RefusedError(f"other work on the store (“{error}”) did not end; stop it, then restore") from None


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RefusedError("a restore needs a reason, which is kept in the audit trail")
    refuse_personal([("reason", reason)])


def _begin(state: Place, plan: Plan, once: str | None) -> Restoring:
    restoring = Restoring(
        token=once or secrets.token_hex(NAME_BYTES),
        began=plan.view.clock().replace(microsecond=0),
        lost=plan.lost.entries,
        lost_end=plan.lost.end,
    )
    begin_restore(state, restoring)
    return restoring


def _renew_exports(store: Store, tell: Tell) -> None:
    """The store is back; whatever goes wrong now is told, so that nobody brings it back again for it."""
    try:
        problems = renew_exports(store)
    except Exception as error:  # noqa: BLE001 - see above
        problems = [f"the exported blocklist is not renewed ({type(error).__name__})"]
    for problem in problems:
        tell(problem)


def _clear(store: Store, keeps_trail: bool, tell: Tell) -> None:
    """Remove what is left in the places; reports stay, and an audit trail that is as it was written."""
    tell("removing what is left of the store")
    for root in RIGHTS:
        if root == "reports" or (root == "audit" and keeps_trail):
            continue
        for name in list(store.place(root).names()):
            if (root, name) != ("state", NAME):
                store.place(root).remove(name)


def _copy(plan: Plan, places: Mapping[str, Place], tell: Tell) -> set[str]:
    """The names of those whose bytes are not what was backed up; one object in memory at a time."""
    damaged = set()
    for number, name in enumerate(sorted(plan.choice.names), start=1):
        try:
            _place_of(places, name).put(name.split("/", 1)[1], plan.backup.get(name))
        except DamagedBackupError:
            damaged.add(name)
        if number % TELL_EACH == 0:
            tell(f"bringing back: {number:,} of {len(plan.choice.names):,} objects")
    return damaged


def _place_of(places: Mapping[str, Place], name: str) -> Place:
    return places[name.split("/", 1)[0]]


def _sum_up(brought: BroughtBack, restoring: Restoring, reason: str, seconds: float) -> Restored:
    given_up = brought.plan.choice.given_up
    return Restored(
        at=restoring.began,
        taken_at=brought.plan.backup.manifest.taken_at,
        reason=reason,
        objects=len(brought.plan.choice.names),
        bytes=brought.bytes,
        closed_since=tuple(mark.day for mark in brought.marks if mark.day not in given_up),
        given_up=tuple(sorted(given_up)),
        lost_lines=sum(mark.missing for mark in brought.marks),
        damaged=tuple(brought.damaged),
        seconds=seconds,
    )


def _handle(token: str) -> str:
    return f"restore {token}"


def _record(store: Store, restored: Restored, restoring: Restoring, actor: str, once: str | None) -> None:
    """In the trail and among the reports, before anybody can open what it is about."""
    store.audit.append(
        store.clock(),
        actor,
        "restore",
        once=_handle(once or restoring.token),
        reason=restored.reason,
        backup=f"{restored.taken_at:%Y-%m-%d %H:%M:%S}",
        objects=restored.objects,
        closed_since=list(map(str, restored.closed_since)),
        given_up=list(map(str, restored.given_up)),
        lost_lines=restored.lost_lines,
        damaged=len(restored.damaged),
        lost_entries=restoring.lost,
        lost_end=restoring.lost_end,
    )
    put_report(store.place("reports"), "restores", restored.at, restored)
