"""How the promise stands: each sentence with its keeper, the newest proof, and what is seen right now."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from plugins.notice.seen import A_DAY, Backed, find_backups, troubles_now
from plugins.steps.watching import DayState, Watch
from plugins.store.calendar import Calendar
from plugins.store.records import AnyRecord, read_record
from plugins.store.reports import newest_first
from plugins.store.store import Store
from schemas.backups import Purged, Rehearsal, Restored
from schemas.forgetting import Check, ForgettingReport, Result
from schemas.notice import CHECKS
from schemas.policy import policy_version
from schemas.refusals import RefusedError
from transforms.notice.document import promises

STALE: Final = timedelta(days=8)  # a proof is made each week
HISTORY: Final = 60  # reports: more than a year of them
NOT_PROVEN: Final = "no proof of this yet"


@dataclass(frozen=True)
class Standing:
    """A check of the promise: `sentences` are the notice's; `checked_at` is of the newest look, which saw `finding`."""

    check: str
    sentences: list[str]
    keeper: str
    result: Result
    finding: str
    checked_at: datetime | None
    deadline: datetime | None


@dataclass(frozen=True)
class Past:
    """A report of the history: how many checks were kept, broken, unknown."""

    at: datetime
    is_valid: bool
    kept: int
    broken: int
    unknown: int
    seconds: float


@dataclass
class Forgetting:
    """All that is told of forgetting; `last_backup_ends`: when the last backup with data of persons is gone.

    `today_ends`: when the last copy is gone of an address that is collected today, backups and their purge included.
    """

    site: str
    policy_version: str
    now: datetime
    is_replay: bool
    today_ends: datetime
    warnings: list[str] = field(default_factory=list)
    promise: list[Standing] = field(default_factory=list)
    days: list[DayState] = field(default_factory=list)
    backups: list[Backed] = field(default_factory=list)
    last_backup_ends: datetime | None = None
    report: ForgettingReport | None = None
    rehearsal: Rehearsal | None = None
    purge: Purged | None = None
    restore: Restored | None = None
    history: list[Past] = field(default_factory=list)


def look_at(store: Store) -> Forgetting:
    """One look at a store. What cannot be read is a warning, and what nobody has proven is unknown, never kept."""
    now, closes = store.clock(), store.calendar.deadline(store.calendar.today())
    found = Forgetting(
        site=store.policy.site.name,
        policy_version=policy_version(store.policy),
        now=now,
        is_replay=store.is_replay,
        today_ends=store.calendar.backup_ends(closes) + A_DAY,
    )
    watch = Watch(store)
    found.days = watch.days
    try:
        found.backups = find_backups(store)
    except OSError as error:
        found.warnings.append(f"The place of backups does not answer: {error.strerror or type(error).__name__}.")
    found.last_backup_ends = max((one.ends for one in found.backups if not one.is_thinned), default=None)
    found.rehearsal = _newest(store, "rehearsals", Rehearsal, found.warnings)
    found.purge = _newest(store, "purges", Purged, found.warnings)
    found.restore = _newest(store, "restores", Restored, found.warnings)
    reports = list(_read(store, "forgetting", ForgettingReport, found.warnings, HISTORY))
    found.history = [_past(one) for one in reports]
    found.report = reports[0] if reports else None
    found.warnings += _doubts(found.report, store.calendar)
    found.promise = _promise(store, found, watch)
    return found


def _promise(store: Store, found: Forgetting, watch: Watch) -> list[Standing]:
    troubles = troubles_now(store, watch, found.backups)
    checks = {one.check: one for one in found.report.checks} if found.report and found.report.is_valid else {}
    sentences = promises(store.policy, "en")
    ends = {
        "window": min((one.ends for one in found.days if one.state == "open"), default=None),
        "backups": min((one.ends for one in found.backups if not one.is_thinned), default=None),
    }
    return [
        _standing(check, sentences[check], checks.get(check), found, troubles.get(check), ends.get(check))
        for check in CHECKS
    ]


def _standing(
    check: str,
    sentences: list[str],
    proven: Check | None,
    found: Forgetting,
    troubles: list[str] | None,
    ends: datetime | None,
) -> Standing:
    """What is wrong now counts more than a proof of last week; that nothing is seen to be wrong proves only itself."""
    at = found.report.at if found.report and proven else None
    finding = proven.sentence if proven else NOT_PROVEN
    result: Result = proven.result if proven else "unknown"
    if troubles:
        result, finding, at = "broken", "; ".join(troubles), found.now
    elif proven is None and check in ("keep", "cookies"):  # no proof looks at more than this
        result, finding, at = "kept", "looked at just now", found.now
    deadline = ends or (proven.deadline if proven else None)
    return Standing(check, sentences, CHECKS[check], result, finding, at, deadline)


def _doubts(report: ForgettingReport | None, calendar: Calendar) -> Iterator[str]:
    if report is None:
        yield "There is no proof yet. Run the DAG prove_forgetting, or: lethe prove"
    elif not report.is_valid:
        yield (
            f"The proof of {calendar.words(report.at)} is not valid, so its checks count for nothing: "
            f"{'; '.join(report.problems) or 'it does not say why'}. Run prove_forgetting again, or: lethe prove"
        )
    elif (age := calendar.clock() - report.at) > STALE:
        yield f"The newest proof is {age.days} days old; one is due each week. Run prove_forgetting, or: lethe prove"


def _past(report: ForgettingReport) -> Past:
    results = [one.result for one in report.checks]
    kept, broken, unknown = (results.count(result) for result in ("kept", "broken", "unknown"))
    return Past(report.at, report.is_valid, kept, broken, unknown, report.seconds)


def _newest(store: Store, folder: str, kind: type[AnyRecord], warnings: list[str]) -> AnyRecord | None:
    return next(_read(store, folder, kind, warnings, 1), None)


def _read(store: Store, folder: str, kind: type[AnyRecord], warnings: list[str], most: int) -> Iterator[AnyRecord]:
    """The newest records of a folder; one that is damaged is told, and is none."""
    place = store.place("reports")
    for name in islice(newest_first(place, folder), most):
        try:
            if record := read_record(place, name, kind):
                yield record
        except RefusedError:
            warnings.append(f"The report {name} is damaged and counts as none.")
