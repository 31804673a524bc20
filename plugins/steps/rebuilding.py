"""The statistics of open days, computed again where something was added."""

from collections.abc import Callable
from datetime import date

from plugins.analysis import open_country_data
from plugins.checking import check_tables
from plugins.steps.days import day_receipts, load_open_day, publish_day, version_of
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.receipts import Record
from schemas.refusals import RefusedError
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day


class Published(Record):
    """What a day's provisional tables were computed from."""

    version: str


def rebuild(store: Store, tell: Callable[[str], None]) -> list[date]:
    """Publish every open day anew that changed since it was last published; returns these days.

    RefusedError, when all others are done, for days that cannot be computed.
    """
    store.check_setting()
    rebuilt, problems = [], []
    for day in store.open_days():
        try:
            if not store.calendar.is_past(day) and _rebuild_day(store, day, tell):
                rebuilt.append(day)
        except RefusedError as error:
            problems.append(f"{day} is not published anew: {error}")
    if problems:
        raise RefusedError("; ".join(problems))
    return rebuilt


def _rebuild_day(store: Store, day: date, tell: Callable[[str], None]) -> bool:
    scenarios = load_scenarios()
    record = f"published/{day}.json"
    with store.writing(day):
        if store.marks.get(day):
            return False
        receipts = day_receipts(store, day)
        current = Published(version=version_of(day, receipts, store, scenarios))
        if read_record(store.place("state"), record, Published) == current:
            return False
        tell(f"computing {day}")
        data = load_open_day(store, day, receipts)
        with open_country_data(store.policy) as reader:
            tables = compute_day(data, scenarios, Context(store.policy, reader), "provisional")
        check_tables(tables)
        publish_day(store.place("statistics"), day, tables)
        write_record(store.place("state"), record, current)
    return True
