"""Whether this machine's clock can be believed, before anything is forgotten because of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from plugins.store.door import Place
from plugins.store.records import read_record, write_record
from schemas.receipts import Record
from schemas.refusals import RefusedError

NAME: Final = "clock.json"
TRUSTED: Final = timedelta(days=1)
BACKWARDS: Final = timedelta(hours=1)


class ClockError(RefusedError):
    """The clock says something that nothing else confirms."""


class Witness(Record):
    """The newest instants that the store knows of: the last run whose clock was believed, and the newest line."""

    last_run: datetime
    newest_line: datetime | None = None


def in_words(instant: datetime, zone: tzinfo) -> str:
    """An instant for people: by the clock of a zone, which is named. Programs get ISO 8601 in UTC."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M} {zone}"


def check_clock(
    now: datetime, state: Place, others: Iterable[datetime], is_right: bool = False, zone: tzinfo = UTC
) -> None:
    """Raise ClockError where `now` is more than a day ahead of all else that knows the time, or behind the last run.

    `others`: times of files that others write, and what the places say. A person answers for it with `is_right`.
    A new store has nothing to lose, so there it is believed.
    """
    witness = read_record(state, NAME, Witness)
    if witness is None or is_right:
        return
    known = [witness.last_run, *others, *([witness.newest_line] if witness.newest_line else [])]
    clock = f"this machine's clock ({in_words(now, zone)})"
    if now - max(known) > TRUSTED:
        raise ClockError(
            f"{clock} is {_words(now - max(known))} ahead of everything else: logs, files and the last run "
            f"({in_words(max(known), zone)}); nothing was done. If it is right, say so with --clock-is-right"
        )
    if witness.last_run - now > BACKWARDS:
        raise ClockError(
            f"{clock} is {_words(witness.last_run - now)} behind the last run; nothing was done. Set it right, or say "
            "that it is with --clock-is-right"
        )


def record_run(now: datetime, state: Place, newest_line: datetime | None = None, is_right: bool = False) -> None:
    """A run is complete whose clock was believed; only a person's word moves the witness back."""
    before = read_record(state, NAME, Witness)
    lines = [line for line in (newest_line, before and before.newest_line) if line]
    last_run = max(now, before.last_run) if before and not is_right else now
    write_record(state, NAME, Witness(last_run=last_run, newest_line=max(lines, default=None)))


def times_of(paths: Iterable[Path]) -> list[datetime]:
    """When others last wrote these files; a missing one says nothing."""
    return [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in paths if path.exists()]


def _words(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{round(span.total_seconds() / 3600)} hours"
