"""Which troubles are news: each is told when it begins, and again each day for as long as it lasts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from plugins.steps.checked import last_checks
from plugins.steps.judging import odd_days
from plugins.steps.results import warnings
from plugins.steps.subjects import subject_of
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.receipts import Record

TROUBLES: Final = "told/troubles.json"
FAILURES: Final = "told/failures.json"
AGAIN: Final = timedelta(days=1)


class Told(Record):
    """When each trouble that lasts was told last."""

    at: dict[str, datetime]


def new_warnings(store: Store) -> list[str]:
    """What was published and is odd, and was not before the checks and judgements of the last 24 hours."""
    now = store.clock()
    checks = {day: found for day, found in last_checks(store).items() if _is_recent(found.told_from, now)}
    judged = {day: found for day, found in odd_days(store).items() if _is_recent(found.at, now)}
    return warnings(checks, judged)


def take_news(store: Store, troubles: Iterable[str]) -> list[str]:
    """Those that have not been told within a day; they count as told from now on."""
    now, state = store.clock(), store.place("state")
    before = _told(store, TROUBLES)
    failures = _told(store, FAILURES)
    told = {one: max(told.get(one, at) for told in (before, failures)) for one, at in (failures | before).items()}
    lasting, news = {}, []
    for trouble in troubles:
        subject = subject_of(trouble)
        if _is_recent(told.get(subject), now):
            lasting[subject] = told[subject]
        else:
            news.append(trouble)
            lasting[subject] = now
    if lasting != before:
        write_record(state, TROUBLES, Told(at=lasting))
    return news


def is_news(store: Store, failure: str) -> bool:
    """Whether a failure, which each run meets anew, was not told within a day, nor as a trouble."""
    told = (_told(store, name).get(subject_of(failure)) for name in (FAILURES, TROUBLES))
    return not any(_is_recent(at, store.clock()) for at in told)


def note_told(store: Store, failure: str) -> None:
    """It has reached whoever wants to know."""
    with store.locks.held("told"):
        now = store.clock()
        recent = {one: at for one, at in _told(store, FAILURES).items() if _is_recent(at, now)}
        write_record(store.place("state"), FAILURES, Told(at=recent | {subject_of(failure): now}))


def _is_recent(at: datetime | None, now: datetime) -> bool:
    """Within a day; what was noted under a clock that was ahead is not."""
    return at is not None and timedelta() <= now - at < AGAIN


def _told(store: Store, name: str) -> dict[str, datetime]:
    before = read_record(store.place("state"), name, Told)
    return before.at if before else {}
