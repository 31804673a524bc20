"""Parts of a report → tables as a page shows them."""

from dataclasses import dataclass
from typing import Final

from plugins.report.wording import Wording
from schemas.report import Column, Part, Value

FIGURES: Final = {"count", "bytes", "seconds", "share"}


@dataclass(frozen=True)
class Cell:
    """`text` is plain; `order` is what its column is sorted by, if not by the text."""

    text: str
    is_figure: bool
    order: str | None


@dataclass(frozen=True)
class Table:
    """A table with its headings; `more` is how many rows it leaves out."""

    name: str
    headings: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int


def show_table(part: Part, words: Wording) -> Table:
    """In the order of the part, numbers in the forms of the language."""
    headings = tuple(Cell(words.title(one.name, part.name), _is_figure(one), None) for one in part.columns)
    rows = tuple(
        tuple(_cell(column, value, words) for column, value in zip(part.columns, row, strict=True)) for row in part.rows
    )
    return Table(part.name, headings, rows, part.more)


def _cell(column: Column, value: Value, words: Wording) -> Cell:
    text = words.value(column.name, column.unit, value)
    if column.unit == "text":
        return Cell(text, False, None)
    return Cell(text, _is_figure(column), "" if value is None else _order(value))


def _order(value: Value) -> str:
    """As JavaScript reads a number; a day as it is written everywhere."""
    if isinstance(value, float):
        return f"{value:.6g}".replace("inf", "Infinity")
    return str(value)


def _is_figure(column: Column) -> bool:
    return column.unit in FIGURES
