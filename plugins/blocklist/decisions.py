"""The decisions of open days: kept in the window, sealed under the day's key, and gone with it."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Final

import pyarrow as pa

from plugins.store.kept import put_kept, read_kept
from plugins.store.store import Store
from plugins.store.window import DECISIONS
from schemas.refusals import RefusedError
from schemas.window import KEPT_DECISIONS
from transforms.detection.targets import Ranges

BY_HAND: Final = "by-hand"
GONE: Final = "there is no such decision any more; it ended with its day, or was erased"
PROTECTED: Final = "the policy protects it: allowlist, own network, proxy or search engine"
UNUSED: Final = "the policy only simulates its scenario, or has turned it off"
TOO_LIKE_A_NUMBER: Final = re.compile(r"[0-9]{8}")  # the audit trail takes long numbers for a person's


@dataclass(frozen=True)
class Decision:
    """Whom to ban, why and until when; named by its handle, never by its target.

    It belongs to the day of its newest evidence, and ends with that day's closing at the latest. Nothing of it ever
    changes but that it is lifted. `decided_by` and `lifted_by` are `scenario`, `policy` or a role.
    """

    decision: str
    day: date
    target: str
    scenario: str
    decided_at: datetime
    until: datetime
    first_seen: datetime
    last_seen: datetime
    events: int
    outcome: str
    reason: str
    decided_by: str
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lift_reason: str = ""

    def is_active(self, now: datetime) -> bool:
        return self.lifted_at is None and now < self.until


class Decisions:
    """All that are kept. Whoever reads holds no lock, so that a page never waits for work on a day."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def all(self) -> list[Decision]:
        """Newest first. What the policy is against by now counts as lifted, so that the policy wins at once."""
        found = [decision for day in self.store.open_days() for decision in self.of_day(day)]
        protected = Ranges(self.store.policy.protected)
        found = [
            replace(one, lifted_at=one.decided_at, lifted_by="policy", lift_reason=why)
            if one.lifted_at is None and (why := self._against(one, protected))
            else one
            for one in found
        ]
        return sorted(found, key=lambda one: (one.decided_at, one.decision), reverse=True)

    def active(self, now: datetime) -> list[Decision]:
        """Whom to block now, newest first."""
        return [decision for decision in self.all() if decision.is_active(now)]

    def get(self, handle: str) -> Decision:
        """The decision of that handle; RefusedError where there is none (any more)."""
        return one_of(self.all(), handle)

    def of_day(self, day: date) -> list[Decision]:
        """As they are kept; a day that is closed, or has to be, has none."""
        return [Decision(day=day, **row) for row in read_kept(self.store, DECISIONS, day)]

    def add(self, decisions: Iterable[Decision]) -> None:
        """Keep further decisions; the locks of their days are held."""
        for day, of_day in groupby(sorted(decisions, key=lambda one: one.day), key=lambda one: one.day):
            self.put_day(day, [*self.of_day(day), *of_day])

    def put_day(self, day: date, decisions: list[Decision]) -> None:
        """All decisions of a day in place of those before, by one write; the day's lock is held."""
        put_kept(self.store, DECISIONS, day, as_table(decisions))

    def _against(self, decision: Decision, protected: Ranges) -> str:
        """Why the policy would not decide so any more."""
        blocklist = self.store.policy.blocklist
        if decision.scenario in (*blocklist.simulate, *blocklist.off):
            return UNUSED
        return PROTECTED if protected.meet(decision.target) else ""


def one_of(decisions: Iterable[Decision], handle: str) -> Decision:
    """The one of that handle; RefusedError where there is none (any more)."""
    for decision in decisions:
        if decision.decision == handle:
            return decision
    raise RefusedError(GONE)


def as_table(decisions: Iterable[Decision]) -> pa.Table:
    """KEPT_DECISIONS, without the day, which is in the object's name."""
    return pa.Table.from_pylist([asdict(decision) for decision in decisions], schema=KEPT_DECISIONS)


def new_handle() -> str:
    """Twelve random hex digits, fit for the audit trail."""
    while TOO_LIKE_A_NUMBER.search(handle := secrets.token_hex(6)):
        pass
    return handle
