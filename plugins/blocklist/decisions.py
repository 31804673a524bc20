"""The decisions of open days: kept in the window, sealed under the day's key, and gone with it."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

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
DAY: Final = pa.field("day", pa.date32())
WITH_DAY: Final = KEPT_DECISIONS.append(DAY)
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
    """All that are kept, each day's read once, when they are first asked for; ask a new one for what has changed since.

    Whoever reads holds no lock, so that a page never waits for work on a day. Only those that are wanted become
    objects, since a window may hold a hundred thousand.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._read: dict[date, pa.Table] = {}

    def all(self) -> list[Decision]:
        """Newest first. What the policy is against by now counts as lifted, so that the policy wins at once."""
        return self._ruled(self._kept)

    def active(self, now: datetime) -> list[Decision]:
        """Whom to block now, newest first."""
        kept = self._kept
        in_force = kept.filter(pc.and_(pc.is_null(kept["lifted_at"]), pc.greater(kept["until"], now)))
        return [one for one in self._ruled(in_force) if one.is_active(now)]

    def on(self, targets: Iterable[str], since: date = date.min) -> list[Decision]:
        """Those of the days since one whose target is one of these, newest first."""
        kept = self._kept_since(since)
        return self._ruled(kept.filter(pc.is_in(kept["target"], pa.array(list(targets), pa.string()))))

    def get(self, handle: str) -> Decision:
        """The decision of that handle; RefusedError where there is none (any more)."""
        found = self._ruled(self._kept.filter(pc.equal(self._kept["decision"], handle)))
        if not found:
            raise RefusedError(GONE)
        return found[0]

    def of_several(self) -> list[Decision]:
        """Those on targets that have decisions of several scenarios, newest first."""
        kinds = set(zip(self._kept["target"].to_pylist(), self._kept["scenario"].to_pylist(), strict=True))
        times = Counter(target for target, _ in kinds)
        return self.on(target for target, number in times.items() if number > 1)

    def count(self) -> Counter[tuple[date, str]]:
        """How many there are by day and scenario."""
        return Counter(zip(self._kept["day"].to_pylist(), self._kept["scenario"].to_pylist(), strict=True))

    def of_day(self, day: date) -> list[Decision]:
        """As they are kept now; a day that is closed, or has to be, has none."""
        return [Decision(day=day, **row) for row in read_kept(self.store, DECISIONS, day).to_pylist()]

    def add(self, decisions: Iterable[Decision]) -> None:
        """Keep further decisions; the locks of their days are held."""
        for day, of_day in groupby(sorted(decisions, key=lambda one: one.day), key=lambda one: one.day):
            table = pa.concat_tables([read_kept(self.store, DECISIONS, day), as_table(of_day)])
            put_kept(self.store, DECISIONS, day, table)

    def put_day(self, day: date, decisions: list[Decision]) -> None:
        """All decisions of a day in place of those before, by one write; the day's lock is held."""
        put_kept(self.store, DECISIONS, day, as_table(decisions))

    @cached_property
    def _kept(self) -> pa.Table:
        return self._kept_since(date.min)

    @cached_property
    def _days(self) -> list[date]:
        return self.store.open_days()

    def _kept_since(self, since: date) -> pa.Table:
        """KEPT_DECISIONS with their day, as they are kept."""
        tables = [WITH_DAY.empty_table()]
        for day in (day for day in self._days if day >= since):
            if day not in self._read:
                rows = read_kept(self.store, DECISIONS, day)
                self._read[day] = rows.append_column(DAY, pa.repeat(pa.scalar(day, DAY.type), len(rows)))
            tables.append(self._read[day])
        return pa.concat_tables(tables)

    @cached_property
    def _protected(self) -> Ranges:
        return Ranges(self.store.policy.protected)

    def _ruled(self, kept: pa.Table) -> list[Decision]:
        """Newest first, as the policy has them now."""
        found = [
            replace(one, lifted_at=one.decided_at, lifted_by="policy", lift_reason=why)
            if one.lifted_at is None and (why := self._against(one))
            else one
            for one in (Decision(**row) for row in kept.to_pylist())
        ]
        return sorted(found, key=lambda one: (one.decided_at, one.decision), reverse=True)

    def _against(self, decision: Decision) -> str:
        """Why the policy would not decide so any more."""
        blocklist = self.store.policy.blocklist
        if decision.scenario in (*blocklist.simulate, *blocklist.off):
            return UNUSED
        return PROTECTED if self._protected.meet(decision.target) else ""


def as_table(decisions: Iterable[Decision]) -> pa.Table:
    """KEPT_DECISIONS, without the day, which is in the object's name."""
    return pa.Table.from_pylist([asdict(decision) for decision in decisions], schema=KEPT_DECISIONS)


def new_handle() -> str:
    """Twelve random hex digits, fit for the audit trail."""
    while TOO_LIKE_A_NUMBER.search(handle := secrets.token_hex(6)):
        pass
    return handle
