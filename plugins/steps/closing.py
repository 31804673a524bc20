"""The end of a day: its tables become final, then its key is shredded, on both sides, and nothing opens it again."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, timedelta
from typing import Final, Literal

import pyarrow as pa

from plugins.analysis import open_country_data
from plugins.checking import check_tables
from plugins.logs.discovering import log_paths
from plugins.steps.days import count_lines, day_receipts, load_day, publish_day, published_day
from plugins.steps.expiring import expire
from plugins.steps.importing import carry_out_imports
from plugins.store.clock import check_clock, record_run, times_of
from plugins.store.locks import BusyError
from plugins.store.store import Store
from schemas.receipts import Mark
from schemas.refusals import RefusedError
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_final_day

Tell = Callable[[str], None]
AHEAD: Final = timedelta(hours=1)  # what falls due before the next run, which comes in an hour


def believe_clock(store: Store, is_right: bool) -> None:
    """Raise ClockError where neither the logs nor the places confirm what time it is."""
    paths = [path for log in store.policy.logs for _, path in log_paths(log, store.base)]
    told = [moment for place in store.places.values() if (moment := place.clock())]
    check_clock(store.clock(), store.place("state"), [*times_of(paths), *told], is_right)


def close_due(store: Store, actor: str, tell: Tell, clock_is_right: bool = False) -> tuple[list[Mark], list[str]]:
    """Close what is due, oldest first, then expire what is old; what fails is told and keeps no other day open."""
    believe_clock(store, clock_is_right)
    with suppress(BusyError), store.locks.held("ingest", wait=False):  # else the ingest at work does it
        carry_out_imports(store, actor)
    due = [day for day in store.open_days() if store.calendar.is_due(day, AHEAD)]
    closed = _close_all(store, [*store.marks.days("closing"), *due], actor, tell)
    expire(store)
    record_run(store.clock(), store.place("state"))
    return closed


def close_expired(store: Store, actor: str, tell: Tell) -> tuple[list[Mark], list[str]]:
    """Shred what is past its deadline, and finish what was begun; nothing of it is read."""
    past = [day for day in store.open_days() if store.calendar.is_past(day)]
    return _close_all(store, [*store.marks.days("closing"), *past], actor, tell)


def close_day(store: Store, day: date, actor: str, tell: Tell, give_up: bool = False) -> Mark:
    """Close a day now. One that is past its deadline, or given up, is not opened: its last tables become final."""
    with store.writing(day):
        mark = store.marks.get(day)
        if mark is None:
            tell(f"closing {day}")
            mark = _give_up(store, day, "given up") if give_up else _finalise(store, day)
            store.marks.put(mark)
        if mark.state == "closed":
            return mark
        store.keys.shred(day)
        for name in list(store.window.names(day)):
            store.window.place.remove(name)
        store.place("state").remove(f"published/{day}.json")
        store.audit.append(
            store.clock(),
            actor,
            "close",
            once=f"close {day}",
            day=str(day),
            how=mark.how,
            lines=mark.lines,
            missing=mark.missing,
        )
        mark = mark.model_copy(update={"state": "closed"})
        store.marks.put(mark)
    return mark


def _close_all(store: Store, days: Iterable[date], actor: str, tell: Tell) -> tuple[list[Mark], list[str]]:
    marks, problems = [], []
    for day in sorted(set(days)):
        try:
            marks.append(close_day(store, day, actor, tell))
        except RefusedError as error:
            problems.append(f"{day} is not closed: {error}")
        except OSError as error:  # of this day's files, perhaps; what fails for all fails for the next day too
            problems.append(f"{day} is not closed: {error.filename}: {error.strerror}")
    return marks, problems


def _finalise(store: Store, day: date) -> Mark:
    """The last rebuild; too late for that, what was published last becomes final."""
    if store.calendar.is_past(day):
        return _give_up(store, day, "expired")
    scenarios = load_scenarios()
    receipts = day_receipts(store, day)
    data = load_day(store.window, day, receipts, lambda generation: store.keys.get(day, generation))
    with open_country_data(store.policy) as reader:
        tables, visit_log = compute_final_day(data, scenarios, Context(store.policy, reader))
    check_tables(tables)
    publish_day(store.place("visit_log"), day, visit_log)
    publish_day(store.place("statistics"), day, tables)
    return Mark(day=day, state="closing", how="rebuilt", lines=count_lines(receipts, day), since=store.clock())


def _give_up(store: Store, day: date, how: Literal["expired", "given up"]) -> Mark:
    receipted = count_lines(day_receipts(store, day), day)
    last = published_day(store.place("statistics"), day)
    lines = 0
    if last is not None:
        lines = last["lines"][0].as_py()
        final = last.set_column(last.schema.get_field_index("state"), last.schema.field("state"), pa.array(["final"]))
        publish_day(store.place("statistics"), day, {"days": final})
    missing = max(0, receipted - lines)
    return Mark(day=day, state="closing", how=how, lines=lines, missing=missing, since=store.clock())
