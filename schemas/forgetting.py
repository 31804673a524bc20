"""What a proof of forgetting found: checks of the promise, canaries and where they were hunted, original log files."""

from datetime import date, datetime
from typing import Final, Literal

from schemas.receipts import Record

ORIGINALS: Final = "originals"  # the check of what lies outside of Lethe
Result = Literal["kept", "broken", "unknown"]
CANARY_LOG: Final = "lethe.canary"  # of canaries' lines, which count nowhere; no policy can name a log so


class Check(Record):
    """One sentence of the promise, put to the test: `check` is its id in `schemas.notice`, `sentence` says what was
    seen in counts and days. `deadline`: by when it has to be looked at, or has to be true, next.
    """

    check: str
    result: Result
    sentence: str
    deadline: datetime | None = None


class CanaryState(Record):
    """Canaries of a day: `window` while the day is open, `closed`, `purged` once backups must have forgotten them.

    `found` are the kinds of places in which one was found; allowed is `window` alone, and only before the close.
    """

    day: date
    phase: Literal["window", "closed", "purged"]
    found: tuple[str, ...]


class Searched(Record):
    """A kind of place that was searched; `is_proven`: a planted canary was found in a file of each kind in it."""

    place: str
    objects: int
    bytes: int
    is_proven: bool


class Original(Record):
    """An original log file, which Lethe only reads: its oldest readable line, and whether that is past the window."""

    log: str
    path: str
    oldest: date | None
    is_past: bool
    after_window: Literal["report", "delete"]


class ForgettingReport(Record):
    """A proof. Where it is not valid, its scanner did not find what was planted for it, and its checks are void."""

    at: datetime
    token: str
    is_valid: bool
    problems: tuple[str, ...]
    checks: tuple[Check, ...]
    canaries: tuple[CanaryState, ...]
    searched: tuple[Searched, ...]
    originals: tuple[Original, ...]
    seconds: float

    @property
    def failures(self) -> list[str]:
        """What Lethe did not keep or could not prove. Original log files are kept by whoever rotates them."""
        return [*self.problems, *(one.sentence for one in self._broken() if one.check != ORIGINALS)]

    @property
    def reminders(self) -> list[str]:
        """What others are to be told of."""
        return [one.sentence for one in self._broken() if one.check == ORIGINALS]

    def _broken(self) -> list[Check]:
        return [check for check in self.checks if check.result == "broken"]
