"""What people see: progress, and tables."""

import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import typer
from rich.console import Console
from rich.table import Table

CLEAR: Final = "\r\x1b[K"  # of a line of a terminal
WIDTH: Final = 160  # where no terminal says how wide it is
SILENCE: Final = 5.0  # seconds between two lines of progress where there is no terminal


class Progress:
    """Says how far long work is: in place on a terminal, elsewhere a line now and then; standard error only."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, sentence: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"{CLEAR}{sentence}")
        elif time.monotonic() - self._told > SILENCE:
            self._told = time.monotonic()
            sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def say(*sentences: str) -> None:
    """For people, in place of the progress that may stand there."""
    _clear()
    for sentence in sentences:
        typer.echo(sentence)


def warn(*sentences: str) -> None:
    """On standard error, each as Lethe's own."""
    _clear()
    for sentence in sentences:
        typer.echo(f"lethe: {sentence}", err=True)


def fail_for(problems: Sequence[str]) -> None:
    """Warn of each; exit status 1 if there is one."""
    warn(*problems)
    if problems:
        raise typer.Exit(1)


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write(CLEAR)
        sys.stderr.flush()


def to_json(value: object, indent: int | None = None) -> str:
    """For programs; instants in UTC."""
    return json.dumps(value, indent=indent, default=_iso)


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; figures stand to the right, instants are to the minute, in UTC, and nothing is cut."""
    _clear()
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        is_number = bool(rows) and all(isinstance(row[index], int | float | None) for row in rows)
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    console.print()


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
