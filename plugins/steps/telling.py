"""Which troubles are news: each is told when it begins, and again each day for as long as it lasts."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.receipts import Record

NAME: Final = "told.json"
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
    before = read_record(state, NAME, Told)
    told = before.at if before else {}
    lasting, news = {}, []
    for trouble in troubles:
        subject = FIGURES.sub("#", trouble)
        if subject not in told or now - told[subject] >= AGAIN:
            news.append(trouble)
            lasting[subject] = now
        else:
            lasting[subject] = told[subject]
    if lasting != told:
        write_record(state, NAME, Told(at=lasting))
    return news
