"""The statistics of open days, computed again where something was added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from plugins.databases import open_countries, open_databases
from plugins.scenarios import scenarios_of
from plugins.steps.checked import check_day
from plugins.steps.days import day_receipts, load_open_day, publish_day, version_of
from plugins.store.file_days import FileDays
from plugins.store.records import remembered, write_record
from plugins.store.store import Store, Tell
from schemas.dictionary import version
from schemas.receipts import Receipt, Record
from schemas.refusals import RefusedError
from transforms.enriching.agents import agent_lists_version
from transforms.enriching.countries import country_data_version
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day


class Published(Record):
    """What a day's provisional tables were computed from."""

    version: str


@dataclass(frozen=True)
class Computed:
    """A day's provisional tables, and what they were computed from."""

    version: str
    tables: Mapping[str, pa.Table]


def rebuild(store: Store, tell: Tell) -> list[date]:
    """Publish every open day anew that changed since it was last published; returns these days.

    RefusedError, when all others are done, for days that cannot be computed.
    """
    rebuilt, problems = [], []
    context = Context(store.policy)
    for day in changed_days(store):
        try:
            with store.writing(day):
                if computed := compute_provisional(store, day, tell, context):
                    check_day(store, day, computed.tables)
                    publish_provisional(store, day, computed)
                    rebuilt.append(day)
        except RefusedError as error:
            problems.append(f"{day} is not published anew: {error}")
    if problems:
        raise RefusedError("; ".join(problems))
    return rebuilt


def changed_days(store: Store) -> list[date]:
    """The open days whose published tables lag behind what was read, or behind the policy."""
    store.check_setting()
    file_days = store.file_days(from_memory=True)
    days = sorted(store.readable_days())
    return [
        day for day in days if not _is_published(store, day, _version(store, day, _receipts(store, day, file_days)))
    ]


def compute_provisional(store: Store, day: date, tell: Tell, context: Context | None = None) -> Computed | None:
    """A day's tables; None where they would be those that are published, or the day ends. The day's lock is held.

    What `context` knows of the texts of other days of this run is not worked out again.
    """
    if store.marks.get(day):
        return None
    receipts = day_receipts(store, day, store.file_days(from_memory=True))
    version = _version(store, day, receipts)
    if _is_published(store, day, version):
        return None
    tell(f"computing {day}")
    data = load_open_day(store, day, receipts)
    with open_databases(store.policy) as databases:
        known = replace(context or Context(store.policy), **databases._asdict())
        return Computed(version, compute_day(data, scenarios_of(store.policy), known, "provisional"))


def publish_provisional(store: Store, day: date, computed: Computed) -> None:
    """Put tables that were checked where analysts read. The day's lock is held."""
    publish_day(store.place("statistics"), day, computed.tables)
    write_record(store.place("state"), _record(day), Published(version=computed.version))


def _receipts(store: Store, day: date, file_days: FileDays) -> Sequence[Receipt]:
    """None where a receipt is damaged: whoever computes the day says which."""
    try:
        return day_receipts(store, day, file_days)
    except RefusedError:
        return ()


def _version(store: Store, day: date, receipts: Sequence[Receipt]) -> str:
    """Also the lists and data that hits are looked up in, and the columns: an upgrade computes open days anew."""
    with open_countries(store.policy) as reader:
        countries = country_data_version(reader)
    parts = version_of(day, receipts, store, scenarios_of(store.policy)), agent_lists_version(), countries
    return f"{', '.join(parts)}, tables {version()}"


def _is_published(store: Store, day: date, version: str) -> bool:
    return remembered(store.place("state"), _record(day), Published) == Published(version=version)


def _record(day: date) -> str:
    return f"published/{day}.json"
