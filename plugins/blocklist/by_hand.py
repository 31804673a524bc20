"""What a person decides: to ban, or to lift a ban, always with a reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from plugins.blocklist.decisions import BY_HAND, Decision, Decisions, new_handle
from plugins.blocklist.exporting import renew_exports
from plugins.blocklist.terms import Past, rule_of
from plugins.store.store import Store
from schemas.refusals import RefusedError
from transforms.detection.targets import read_target, refuse_unbannable

LONGEST_REASON: Final = 500


def ban(store: Store, target: str, reason: str, role: str, lasts: timedelta | None = None) -> Decision:
    """Ban an address or a network from now on, for as long as the policy says if not said otherwise; files follow.

    It is filed under today, and so ends at today's closing at the latest. RefusedError never repeats the target.
    """
    store.check_setting()
    target, reason = read_target(target), _read_reason(reason)
    refuse_unbannable(target, store.policy.blocklist.allowlist)
    if lasts is not None and lasts < timedelta(minutes=1):
        raise RefusedError("a ban lasts a minute at least")
    decisions, rule, today = Decisions(store), rule_of(store), store.calendar.today()
    with store.writing(today):
        now, closing = store.clock(), rule.closing(today)
        past = Past(rule, (one for one in decisions.all() if one.target == target))
        decision = Decision(
            decision=new_handle(),
            day=today,
            target=target,
            scenario=BY_HAND,
            decided_at=now,
            until=min(now + lasts, closing) if lasts else rule.until(now, past.closings(now), closing),
            first_seen=now,
            last_seen=now,
            events=0,
            outcome="",
            reason=reason,
            decided_by=role,
        )
        decisions.add([decision])
    _finish(store, role, "ban", decision)
    return decision


def lift(store: Store, handle: str, reason: str, role: str) -> Decision:
    """End a ban before its time; the decision stays on record with the reason, and its alert bans nobody again."""
    decisions, reason = Decisions(store), _read_reason(reason)
    day = decisions.get(handle).day
    with store.writing(day):
        of_day = decisions.of_day(day)
        before = next((one for one in of_day if one.decision == handle), None)
        if before is None:
            raise RefusedError("there is no such decision any more; it ended with its day, or was erased")
        if not before.is_active(store.clock()):
            raise RefusedError("this ban is over already, or was lifted; there is nothing to lift")
        lifted = replace(before, lifted_at=store.clock(), lifted_by=role, lift_reason=reason)
        decisions.put_day(day, [lifted if one is before else one for one in of_day])
    _finish(store, role, "lift", lifted)
    return lifted


def _finish(store: Store, role: str, action: str, decision: Decision) -> None:
    store.audit.append(store.clock(), role, action, decision=decision.decision, day=str(decision.day))
    if problems := renew_exports(store):
        raise RefusedError(f"the {action} is kept, but not in the files yet: {problems[0]}")


def _read_reason(text: str) -> str:
    """One line of text for the record."""
    reason = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not reason:
        raise RefusedError("a reason is required; say in a sentence why")
    if len(reason) > LONGEST_REASON:
        raise RefusedError(f"the reason is longer than {LONGEST_REASON} characters; make it shorter")
    return reason
