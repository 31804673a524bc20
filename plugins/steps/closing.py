"""The end of a day: its tables become final, then its key is shredded, on both sides, and nothing opens it again."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final

from plugins.backups.target import Target
from plugins.blocklist.exporting import remove_expired, renew_exports
from plugins.incidents.notices import end_notices
from plugins.logs.finding import find_files
from plugins.logs.local import Local
from plugins.mistakes import describe_mistake
from plugins.notice.archive import archive_notice
from plugins.scenarios import scenarios_of
from plugins.steps.checked import forget_checks
from plugins.steps.days import count_lines, day_receipts, load_open_day, publish_final
from plugins.steps.expiring import expire
from plugins.steps.giving_up import give_up_day
from plugins.steps.importing import carry_out_imports, sweep_window
from plugins.steps.judging import judge_days
from plugins.steps.merging import merge_at_rest
from plugins.steps.originals import delete_originals
from plugins.steps.rebuild_parts import discard_computed
from plugins.store.clock import ClockError, check_clock, record_run, times_of
from plugins.store.locks import BusyError
from plugins.store.store import Store, Tell
from schemas.receipts import Mark
from schemas.refusals import RefusedError

UNREAD: Final = ("expired", "given up")  # days whose tables are those that were published last
AHEAD: Final = timedelta(hours=3)  # what falls due before the next hourly run; two of them may fail or be late


def believe_clock(store: Store, is_right: bool) -> None:
    """Raise ClockError where neither the logs nor the places confirm what time it is.

    A replay has a clock of its own, of which nobody else knows anything, and its logs are still there.
    """
    if store.is_replay:
        return
    origins = [origin for log in store.policy.logs for _, origin in find_files(log, store.base)]
    paths = [origin.path for origin in origins if isinstance(origin, Local)]
    told = [*times_of(paths), *(moment for place in store.places.values() if (moment := place.clock()))]
    for origin in origins:
        with suppress(RefusedError):  # other machines were asked when they were listed
            told += [] if isinstance(origin, Local) else [datetime.fromtimestamp(origin.look().changed_at, UTC)]
    check_clock(store.clock(), store.place("state"), told, is_right, store.calendar.zone)


def close_due(store: Store, actor: str, tell: Tell, clock_is_right: bool = False) -> tuple[list[Mark], list[str]]:
    """Close what is due, oldest first, then expire what is old; what fails is told and keeps no other day open.

    The exported blocklist is renewed whatever else fails, for it may name addresses of days that end now.
    """
    try:
        believe_clock(store, clock_is_right)
    except ClockError:
        remove_expired(store)
        raise
    try:
        with suppress(BusyError), store.locks.held("ingest", wait=False):  # else the ingest at work does it
            carry_out_imports(store, actor)
        due = [day for day in store.open_days() if store.calendar.is_due(day, AHEAD)]
        marks, problems = _close_all(store, [*store.marks.days("closing"), *due], actor, tell)
    finally:
        unpublished = renew_exports(store)
    expire(store)
    archive_notice(store)
    record_run(store.clock(), store.place("state"), is_right=clock_is_right)
    with suppress(BusyError), store.locks.held("ingest", wait=False):
        sweep_window(store)
        merge_at_rest(store)
    kept = delete_originals(store, actor, tell)
    return marks, [*problems, *unpublished, *kept, *_judge(store)]


def _judge(store: Store) -> list[str]:
    """The last of all, since nothing depends on it: whatever goes wrong in it is told, and undoes no closing."""
    try:
        judge_days(store)
    except RefusedError as error:
        wrong = str(error)
    except OSError as error:
        wrong = f"{error.filename}: {error.strerror}"
    except Exception as error:  # noqa: BLE001 - see above
        wrong = describe_mistake(error)
    else:
        return []
    return [f"the last days are not compared with others: {wrong}"]


def close_expired(store: Store, actor: str, tell: Tell) -> tuple[list[Mark], list[str]]:
    """Shred what is past its deadline, and finish what was begun; nothing of it is read."""
    past = [day for day in store.open_days() if store.calendar.is_past(day)]
    marks, problems = _close_all(store, [*store.marks.days("closing"), *past], actor, tell)
    return marks, [*problems, *(renew_exports(store) if marks or problems else [])]


def close_day(store: Store, day: date, actor: str, tell: Tell, give_up: bool = False) -> Mark:
    """Close a day now. One that is past its deadline, or given up, is not opened: its last tables become final."""
    mark = _close(store, day, actor, tell, give_up)
    if unpublished := renew_exports(store):
        raise RefusedError(f"{day} is closed, but {unpublished[0]}")
    return mark


def _close(store: Store, day: date, actor: str, tell: Tell, give_up: bool = False) -> Mark:
    with store.writing(day):
        mark = store.marks.get(day)
        if mark is None:
            tell(f"closing {day}")
            mark = _end(store, day, tell, give_up)
        store.keys.shred(day)
        if mark.state == "closed":
            return mark
        _record_closing(store, mark)
        for name in list(store.window.names(day)):
            store.window.place.remove(name)
        for made in ("published", "detected"):
            store.place("state").remove(f"{made}/{day}.json")
        end_notices(store, day, actor)
        if mark.how in UNREAD:
            forget_checks(store, day)
        discard_computed(store, day)
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


def _record_closing(store: Store, mark: Mark) -> None:
    """Where the backups lie, so that no restore opens the day again; the day is not closed before it stands there."""
    Target(store.place("backups")).record_closing(mark.model_copy(update={"state": "closed"}))


def _end(store: Store, day: date, tell: Tell, give_up: bool) -> Mark:
    """The mark of a day whose tables are final. Past its deadline the key goes even where they cannot be written."""
    try:
        mark = give_up_day(store, day, "given up", tell) if give_up else _finalise(store, day, tell)
        store.marks.put(mark)
    except Exception:
        if give_up or store.calendar.is_past(day):
            store.keys.shred(day)  # what is sealed keeps the day known, so that the next run marks it
        raise
    return mark


def _close_all(store: Store, days: Iterable[date], actor: str, tell: Tell) -> tuple[list[Mark], list[str]]:
    """Also shreds the keys of closed days that came back, with a restored disk perhaps."""
    marks, problems = [], []
    returned = store.keys.days().intersection(store.marks.days("closed"))
    for day in sorted({*days, *returned}):
        try:
            mark = _close(store, day, actor, tell)
            marks += [] if day in returned else [mark]
        except RefusedError as error:
            problems.append(f"{day} is not closed: {error}")
        except OSError as error:  # of this day's files, perhaps; what fails for all fails for the next day too
            problems.append(f"{day} is not closed: {error.filename}: {error.strerror}")
    return marks, problems


def _finalise(store: Store, day: date, tell: Tell) -> Mark:
    """The last rebuild; too late for that, what was published last becomes final."""
    if store.calendar.is_past(day):
        return give_up_day(store, day, "expired", tell)
    receipts = day_receipts(store, day)
    data = load_open_day(store, day, receipts)
    publish_final(store, data, scenarios_of(store.policy))
    return Mark(day=day, state="closing", how="rebuilt", lines=count_lines(receipts, day), since=store.clock())
