"""A rebuild whose days are computed by several processes, checked by one, then published.

Between the steps the tables lie in the state place; they are aggregates, in which nobody can be told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from plugins.checking import UncheckedError
from plugins.steps.checked import check_day
from plugins.steps.days import publish_day
from plugins.steps.rebuilding import Computed, compute_provisional, publish_provisional
from plugins.store.parquet import read_parquet
from plugins.store.records import read_record, write_record
from plugins.store.store import Store, Tell
from schemas.receipts import Record
from schemas.refusals import RefusedError
from schemas.statistics import TABLES


class Waiting(Record):
    """Computed tables that wait; they are void when the day's keys are others, as after an erasure."""

    version: str
    generations: tuple[str, ...]
    is_checked: bool = False


@dataclass
class Checked:
    """The days whose tables may be published, and which rules the others break."""

    days: list[date] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def compute_part(store: Store, days: Sequence[date], tell: Tell) -> None:
    """Compute days and let their tables wait, instead of older ones.

    RefusedError, when all others are done, for days that cannot be computed.
    """
    problems = []
    for day in days:
        try:
            with store.writing(day):
                _compute(store, day, tell)
        except RefusedError as error:
            problems.append(f"{day} is not published anew: {error}")
    if problems:
        raise RefusedError("; ".join(problems))


def check_part(store: Store, days: Sequence[date]) -> Checked:
    """Check what waits for these days."""
    result = Checked()
    for day in days:
        with store.writing(day):
            if not (waiting := read_record(store.place("state"), _record(day), Waiting)):
                continue
            try:
                check_day(store, day, _tables(store, day))
                write_record(store.place("state"), _record(day), waiting.model_copy(update={"is_checked": True}))
                result.days.append(day)
            except UncheckedError as error:
                result.problems.append(f"{day} is not published anew: {error}")
    return result


def publish_part(store: Store, days: Sequence[date]) -> list[date]:
    """Publish what was checked, unless the day was closed or rewritten meanwhile; returns the published days."""
    published = []
    for day in days:
        with store.writing(day):
            waiting = read_record(store.place("state"), _record(day), Waiting)
            if waiting and waiting.is_checked and _is_valid(store, day, waiting):
                publish_provisional(store, day, Computed(waiting.version, _tables(store, day)))
                published.append(day)
            discard_computed(store, day)
    return published


def discard_computed(store: Store, day: date) -> None:
    """Remove what waits for the day; the record first, since without it the tables are nobody's. The lock is held."""
    state = store.place("state")
    waiting = [name for name in state.names("computed/") if name.endswith(f"/{day}.parquet")]
    for name in (*state.names(_record(day)), *waiting):
        state.remove(name)


def _compute(store: Store, day: date, tell: Tell) -> None:
    discard_computed(store, day)
    if computed := compute_provisional(store, day, tell):
        publish_day(store.place("state"), day, {f"computed/{name}": table for name, table in computed.tables.items()})
        waiting = Waiting(version=computed.version, generations=tuple(store.keys.generations(day)))
        write_record(store.place("state"), _record(day), waiting)


def _is_valid(store: Store, day: date, waiting: Waiting) -> bool:
    return not store.marks.get(day) and tuple(store.keys.generations(day)) == waiting.generations


def _tables(store: Store, day: date) -> dict[str, pa.Table]:
    state = store.place("state")
    return {name: read_parquet(state.get(f"computed/{name}/{day}.parquet")) for name in TABLES}


def _record(day: date) -> str:
    return f"computed/{day}.json"
