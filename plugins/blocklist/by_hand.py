"""What a person decides: to ban, or to lift a ban, always with a reason, and in the audit trail before it is done."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Final

from plugins.blocklist.breaker import refusal
from plugins.blocklist.decisions import BY_HAND, Decision, Decisions, new_handle
from plugins.blocklist.exporting import published, renew_exports
from plugins.blocklist.terms import Past, rule_of
from plugins.store.store import Store
from schemas.refusals import RefusedError
from transforms.detection.targets import holds_any, read_target, refuse_unbannable

LONGEST_REASON: Final = 500


def ban(
    store: Store,
    targets: Sequence[str],
    reason: str,
    role: str,
    lasts: timedelta | None = None,
    patience: float | None = None,
    own: str = "",
) -> list[Decision]:
    """Ban addresses and networks from now on, as long as the policy says if not said otherwise: all of them or none.

    They are filed under today, and so end at today's closing at the latest. RefusedError never repeats a target.
    BusyError if the day is at work for longer than `patience` (seconds; None waits). `own` is the address of whoever
    bans, where it is known: nobody shuts himself out.
    """
    store.check_setting()
    names, reason = list(dict.fromkeys(map(read_target, targets))), _read_reason(reason)
    for name in names:
        refuse_unbannable(name, store.policy.protected)
        _refuse_own(name, own)
    if lasts is not None and lasts < timedelta(minutes=1):
        raise RefusedError("a ban lasts a minute at least")
    decisions, today = Decisions(store), store.calendar.today()
    with store.writing(today, patience=patience):
        made = _made(store, decisions.on(names), names, lasts, reason, role)
        _record(store, role, "ban", made)
        decisions.add(made)
    _refuse_unpublished("ban", renew_exports(store) or _held_back(store, made))
    return made


def lift(store: Store, handles: Sequence[str], reason: str, role: str, patience: float | None = None) -> list[Decision]:
    """End bans before their time, each with all others on the same target; they stay on record with the reason.

    The alerts behind them ban nobody again. BusyError as for `ban`.
    """
    decisions, reason, now = Decisions(store), _read_reason(reason), store.clock()
    wanted = [decisions.get(handle) for handle in handles]
    if not all(one.is_active(now) for one in wanted):
        raise RefusedError("this ban is over already, or was lifted; there is nothing to lift")
    targets = {one.target for one in wanted}
    lifted: list[Decision] = []
    try:
        while days := {one.day for one in Decisions(store).on(targets) if one.is_active(store.clock())}:
            with store.writing(*days, patience=patience):  # while it is waited for, a further day's may come
                for day in sorted(days):
                    lifted += _lift_on(store, day, targets, reason, role)
    finally:
        problems = renew_exports(store) if lifted else []
    if not lifted:
        raise RefusedError("somebody else has just lifted this ban, or its day has ended")
    _refuse_unpublished("lift", problems)
    return lifted


def _lift_on(store: Store, day: date, targets: Collection[str], reason: str, role: str) -> list[Decision]:
    """Of one day, which may have been closed, or its bans lifted, while its lock was waited for."""
    decisions, now = Decisions(store), store.clock()
    of_day = decisions.of_day(day)
    ending = {
        one.decision: replace(one, lifted_at=now, lifted_by=role, lift_reason=reason)
        for one in of_day
        if one.target in targets and one.is_active(now)
    }
    if ending:
        _record(store, role, "lift", list(ending.values()))
        decisions.put_day(day, [ending.get(one.decision, one) for one in of_day])
    return list(ending.values())


def _made(
    store: Store, kept: Sequence[Decision], targets: Sequence[str], lasts: timedelta | None, reason: str, role: str
) -> list[Decision]:
    rule, today, now = rule_of(store), store.calendar.today(), store.clock()
    closing, made = rule.closing(today), []
    for target in targets:
        past = Past(rule, (one for one in kept if one.target == target))
        decision = Decision(
            decision=new_handle(),
            day=today,
            target=target,
            scenario=BY_HAND,
            decided_at=now,
            until=min(now + (lasts or past.lasts(now, now)), closing),
            first_seen=now,
            last_seen=now,
            events=0,
            outcome="",
            reason=reason,
            decided_by=role,
        )
        made.append(decision)
    return made


def _record(store: Store, role: str, action: str, decisions: Sequence[Decision]) -> None:
    """Before it is done: nothing is done that is not in the trail."""
    for one in decisions:
        store.audit.append(store.clock(), role, action, decision=one.decision, day=str(one.day))


def _refuse_unpublished(action: str, problems: Sequence[str]) -> None:
    if problems:
        raise RefusedError(f"the {action} is kept, but not in the files yet: {problems[0]}")


def _held_back(store: Store, made: Sequence[Decision]) -> list[str]:
    """Why these are not published though the files are new."""
    handles = {one.decision for one in published(store, store.clock())}
    sentence = refusal(store)
    return [sentence] if sentence and not all(one.decision in handles for one in made) else []


def _refuse_own(target: str, own: str) -> None:
    try:
        network = [ip_network(own)]
    except ValueError:  # it is not known
        return
    if holds_any(target, network):
        raise RefusedError("this holds the address from which you do this yourself; nothing was banned")


def _read_reason(text: str) -> str:
    """One line of text for the record."""
    reason = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not reason:
        raise RefusedError("a reason is required; say in a sentence why")
    if len(reason) > LONGEST_REASON:
        raise RefusedError(f"the reason is longer than {LONGEST_REASON} characters; make it shorter")
    return reason
