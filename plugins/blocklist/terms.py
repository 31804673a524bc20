"""How long a ban lasts: the policy's rule, and what was decided before on the same target."""

from collections.abc import Iterable
from datetime import datetime

from plugins.blocklist.decisions import Decision
from plugins.store.store import Store
from transforms.detection.decide import BanRule


def rule_of(store: Store) -> BanRule:
    """The rule of the store's policy."""
    return BanRule(store.policy.blocklist.ban, store.policy.keep.security_window, store.calendar.zone)


def earlier_closings(kept: Iterable[Decision], target: str, moment: datetime, rule: BanRule) -> list[datetime]:
    """The closings, ascending, of the decisions on a target before `moment`, each of which doubles the next ban.

    One that was lifted does not: a person found that it should not have been.
    """
    before = [one for one in kept if one.target == target and one.decided_at <= moment and one.lifted_at is None]
    return sorted(rule.closing(min(one.day, rule.day_of(one.decided_at))) for one in before)
