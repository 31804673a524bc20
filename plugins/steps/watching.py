"""What operations want to know of a store: is each log alive, is its format right, and do days end on time?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from plugins.blocklist.breaker import refusal
from plugins.blocklist.exporting import expired_exports
from plugins.incidents.notices import waiting
from plugins.scenarios import look_at_rules
from plugins.steps.days import LINES
from plugins.store.calendar import LATE
from plugins.store.store import Store
from schemas.forgetting import CANARY_LOG
from schemas.policy_model import Log
from schemas.receipts import Receipt
from schemas.refusals import RefusedError

QUIET: Final = timedelta(hours=6)  # a site may sleep at night; its log shipper may not
FEW: Final = 10  # lines in quarantine of which no share is told
MOST_OBJECTS: Final = 400  # sealed objects that are opened for one look; what was seen is not opened again
MOST_SEEN: Final = 50_000
AN_HOUR: Final = timedelta(hours=1)  # receipts keep the hour of their newest line only
_seen: dict[str, Counter[str]] = {}  # by digest, how many lines have which reason; a sealed object never changes


@dataclass(frozen=True)
class LogState:
    """`newest`: the beginning of the hour of its newest line; `quiet`: since then at least; lines of the window.

    `blank` of those in quarantine have nothing in them to read.
    """

    log: str
    newest: datetime | None
    quiet: timedelta | None
    lines: int
    quarantined: int
    blank: int

    @property
    def share(self) -> float:
        return self.quarantined / self.lines if self.lines else 0.0


@dataclass(frozen=True)
class DayState:
    """`ends`: when it was closed, or will be at the latest."""

    day: date
    state: str
    lines: int
    missing: int
    ends: datetime
    is_overdue: bool


class Watch:
    """One look at a store; its receipts are read once."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, store.clock()
        self.first = store.calendar.today() - store.policy.keep.security_window
        self.newest = [one for one in store.receipts.newest() if one.log != CANARY_LOG]
        files = {(one.log, one.file) for one in self.newest if one.read_on >= self.first}
        self.recent = [one for one in store.receipts.of_files(files) if one.read_on >= self.first]

    def logs(self, since: date | None = None) -> list[LogState]:
        """Each log of the policy; lines read since a day, or in the window."""
        return [self._log(log.name, since or self.first) for log in self.store.policy.logs]

    @cached_property
    def days(self) -> list[DayState]:
        """Open days, those that are closing, and those that closed in the last days, newest first."""
        marks = self.store.marks
        lines = _lines_by_day(self.recent)
        ended = [mark for state in ("closing", "closed") for day in marks.days(state)[-14:] if (mark := marks.get(day))]
        found = [
            DayState(
                one.day,
                f"closed: {one.how}" if one.state == "closed" else "closing",
                one.lines,
                one.missing,
                one.since,
                False,
            )
            for one in ended
        ]
        for day in self.store.open_days():
            calendar = self.store.calendar
            found.append(DayState(day, "open", lines[day], 0, calendar.deadline(day), calendar.is_overdue(day)))
        return sorted(found, key=lambda one: one.day, reverse=True)

    @property
    def unclosed(self) -> list[date]:
        """The days that should be closed by now, and are not."""
        return [
            one.day for one in self.days if one.is_overdue or (one.state == "closing" and self.now - one.ends > LATE)
        ]

    def reasons(self) -> tuple[Counter[tuple[str, str]], bool]:
        """Quarantined lines by log and reason, of open days, and whether all were looked at."""
        sealed = [(one.log, part) for one in self.recent for part in one.objects if part.kind == "quarantine"]
        open_days = self.store.readable_days()
        wanted = [(log, part) for log, part in sealed if part.day in open_days]
        if len(_seen) > MOST_SEEN:
            _seen.clear()
        for _, part in [pair for pair in wanted if pair[1].digest not in _seen][:MOST_OBJECTS]:
            with suppress(RefusedError):  # closed, erased or damaged meanwhile
                key = self.store.keys.look(part.day, part.generation)
                _seen[part.digest] = Counter(self.store.window.get(part, key)["reason"].to_pylist())
        found: Counter[tuple[str, str]] = Counter()
        for log, part in wanted:
            found.update({(log, reason): lines for reason, lines in _seen.get(part.digest, {}).items()})
        return found, all(part.digest in _seen for _, part in wanted)

    def troubles(self) -> Iterator[str]:
        yesterday = self.store.calendar.today() - timedelta(days=1)
        settings = {log.name: log for log in self.store.policy.logs}
        for log in self.logs(yesterday):
            if log.quiet is None and log.lines:
                yield f"{log.log}: no line of this log could be read; is its format in the policy right?"
            elif log.quiet is None:
                yield f"{log.log}: no line of this log was ever read; are its paths in the policy right?"
            elif log.quiet > QUIET:
                hours = int(log.quiet.total_seconds() // 3600)
                yield f"{log.log}: no new line for {hours} hours; is the log still shipped to this machine?"
            yield from misfits(settings[log.log], log.lines, log.quarantined, log.blank)
        for day in self.unclosed:
            yield f"{day} should be closed by now and is not; run: lethe close --overdue"
        for name in expired_exports(self.store):
            yield f"the export {name} has expired, so bans in it may be over; run detect_attacks, or: lethe detect"
        state, said = look_at_rules(self.store.policy)
        if state == "wrong":
            yield said
        if refused := refusal(self.store):
            yield refused
        yield from waiting(self.store)

    def _log(self, name: str, since: date) -> LogState:
        known = [*self.newest, *self.recent]  # a file's last receipt may be of lines without a time
        newest = max((one.newest for one in known if one.log == name and one.newest), default=None)
        quiet = max(timedelta(), self.now - newest - AN_HOUR) if newest else None
        read = [one for one in self.recent if one.log == name and one.read_on >= since]
        return LogState(name, newest, quiet, *quarantine_of(read))


def find_troubles(store: Store) -> list[str]:
    """What is wrong with logs, days and exports, each in a sentence that says what to do; no address, no line."""
    return list(Watch(store).troubles())


def quarantine_of(receipts: Iterable[Receipt]) -> tuple[int, int, int]:
    """How many lines there are, how many of them in quarantine, and in how many of these is nothing to read."""
    found = [(one.counts.lines, one.counts.quarantine, one.blank) for one in receipts]
    return (sum(one[0] for one in found), sum(one[1] for one in found), sum(one[2] for one in found))


def misfits(log: Log, lines: int, quarantined: int, blank: int) -> Iterator[str]:
    """That more of a log's lines could not be read than its quarantine_share; blank lines and headers do not count."""
    lines, unread = lines - blank, quarantined - blank
    if unread >= FEW and unread > log.quarantine_share * lines:
        yield (
            f"{log.name}: {unread / lines:.0%} of its last lines do not fit the format of [[logs]] {log.name} and are "
            f"in quarantine. Is the format right? When it is, run: lethe requeue {log.name}"
        )


def listed_days(days: list[date]) -> str:
    """The first of them, for a sentence."""
    return ", ".join(map(str, days[:5])) + (" …" if len(days) > 5 else "")


def _lines_by_day(receipts: list[Receipt]) -> Counter[date]:
    lines: Counter[date] = Counter()
    for receipt in receipts:
        for sealed in receipt.objects:
            if sealed.kind in LINES:
                lines[sealed.day] += sealed.rows
    return lines
