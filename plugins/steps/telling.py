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
FIGURES: Final = re.compile(
    r"(?<![0-9-])[0-9]+(?![0-9-])"
)  # hours and shares change while it is the same trouble; days do not


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
        if subject not in told or now - told[subject] >= AGAIN:
            news.append(trouble)
            lasting[subject] = now
        else:
            lasting[subject] = told[subject]
    if lasting != told:
        write_record(state, TROUBLES, Told(at=lasting))
    return news


def is_news(store: Store, failure: str) -> bool:
    """Whether a failure, of which each run tells anew, was not told within a day; it counts as told from now on."""
    now, subject = store.clock(), FIGURES.sub("#", failure)
    recent = {one: at for one, at in _told(store, FAILURES).items() if now - at < AGAIN}
    if subject in recent:
        return False
    write_record(store.place("state"), FAILURES, Told(at=recent | {subject: now}))
    return True


def _told(store: Store, name: str) -> dict[str, datetime]:
    before = read_record(store.place("state"), name, Told)
    return before.at if before else {}
