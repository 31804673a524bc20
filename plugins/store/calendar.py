"""Which days may be written and read: a day opens with its first line and closes for ever at its deadline."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from plugins.store.clock import in_words
from plugins.store.records import Marks
from plugins.store.terms import Terms
from schemas.policy import Policy
from schemas.refusals import RefusedError
from transforms.visits.days import start_of_day

LATE: Final = timedelta(hours=1)  # the next hourly close may still come


class ClosedDayError(RefusedError):
    """A day whose addresses are forgotten, or have to be."""


class Fate(Enum):
    """What happens to a line of a day."""

    KEPT = "kept"
    IMPORTED = "imported"
    CLOSED = "closed"
    EXPIRED = "expired"


class Calendar:
    """The days of a store, by the policy's zone and durations and by `clock` (UTC)."""

    def __init__(self, policy: Policy, marks: Marks, terms: Terms, clock: Callable[[], datetime]) -> None:
        self.keep, self.marks, self.terms, self.clock = policy.keep, marks, terms, clock
        self.zone = ZoneInfo(policy.site.timezone)

    def today(self) -> date:
        return self.clock().astimezone(self.zone).date()

    def words(self, instant: datetime) -> str:
        """An instant for people, by the site's clock."""
        return in_words(instant, self.zone)

    def deadline(self, day: date) -> datetime:
        """The instant from which nobody may read the day's addresses: its start and the security window."""
        return self.ends("security_window", day).astimezone(UTC)

    def ends(self, kind: str, day: date) -> datetime:
        """When a day's data of a kind of [keep] end: by the shortest promise in force since it began."""
        return self.terms.ends(kind, start_of_day(day, self.zone).astimezone(self.zone))

    def has_ended(self, kind: str, day: date) -> bool:
        """Whether a day's data of a kind of [keep] may not be kept any more."""
        return self.clock() >= self.ends(kind, day)

    def backup_ends(self, taken_at: datetime) -> datetime:
        """When a backup that was taken at an instant ends; the next daily purge removes it."""
        return self.terms.ends("backups", taken_at.astimezone(self.zone)).astimezone(UTC)

    def is_past(self, day: date) -> bool:
        return self.clock() >= self.deadline(day)

    def is_overdue(self, day: date) -> bool:
        """Whether even the hourly close that follows the deadline has not ended the day."""
        return self.clock() >= self.deadline(day) + LATE

    def is_due(self, day: date, ahead: timedelta) -> bool:
        """Whether the deadline comes within `ahead`."""
        return self.clock() + ahead >= self.deadline(day)

    def admit(self, day: date) -> None:
        """Raise ClosedDayError for a day that may not be opened, whatever keys are left of it."""
        if mark := self.marks.get(day):
            raise ClosedDayError(f"{day} is {mark.state} ({mark.how}); its addresses are forgotten")
        if self.is_past(day):
            raise ClosedDayError(f"{day} is past its deadline, {self.words(self.deadline(day))}; close it")

    def fate(self, day: date, was_opened: bool) -> Fate:
        """What happens now to a line of that day."""
        if self.has_ended("statistics", day):
            return Fate.EXPIRED
        if self.marks.get(day) or (was_opened and self.is_past(day)):
            return Fate.CLOSED
        return Fate.IMPORTED if self.is_past(day) else Fate.KEPT
