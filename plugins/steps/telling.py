"""Which troubles are news: each is told when it begins, and again each day for as long as it lasts."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.receipts import Record

TROUBLES: Final = "told/troubles.json"
FAILURES: Final = "told/failures.json"
AGAIN: Final = timedelta(days=1)
# Hours and shares change while it is the same trouble; days, and numbers in names, do not.
FIGURES: Final = re.compile(r"(?<![\w./-])[0-9]+(?![\w/-]|[.][0-9a-z])")


class Told(Record):
    """When each trouble that lasts was told last."""

    at: dict[str, datetime]


def take_news(store: Store, troubles: Iterable[str]) -> list[str]:
    """Those that have not been told within a day; they count as told from now on."""
    now, state = store.clock(), store.place("state")
    told = _told(store, TROUBLES)
    lasting, news = {}, []
    for trouble in troubles:
        subject = FIGURES.sub("#", trouble)
        if subject not in told or not timedelta() <= now - told[subject] < AGAIN:
            news.append(trouble)
            lasting[subject] = now
        else:
            lasting[subject] = told[subject]
    if lasting != told:
        write_record(state, TROUBLES, Told(at=lasting))
    return news


def is_news(store: Store, failure: str) -> bool:
    """Whether a failure, which each run meets anew, was not told within a day."""
    told = _told(store, FAILURES).get(FIGURES.sub("#", failure))
    return told is None or not timedelta() <= store.clock() - told < AGAIN


def note_told(store: Store, failure: str) -> None:
    """It has reached whoever wants to know."""
    with store.locks.held("told"):
        now = store.clock()
        recent = {one: at for one, at in _told(store, FAILURES).items() if timedelta() <= now - at < AGAIN}
        write_record(store.place("state"), FAILURES, Told(at=recent | {FIGURES.sub("#", failure): now}))


def _told(store: Store, name: str) -> dict[str, datetime]:
    before = read_record(store.place("state"), name, Told)
    return before.at if before else {}
