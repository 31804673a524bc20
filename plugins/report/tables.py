"""Parts of a report → tables as a page shows them."""

from dataclasses import dataclass
from typing import Final

from plugins.report.wording import Wording
from schemas.report import Column, Part, Value

FIGURES: Final = {"count", "bytes", "seconds", "share"}


@dataclass(frozen=True)
class Cell:
    """`text` is plain; `order` is what a column is sorted by."""

    text: str
    is_figure: bool
    order: str


@dataclass(frozen=True)
class Table:
    """A table with its headings; `more` is how many rows it leaves out."""

    name: str
    headings: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int


def show_table(part: Part, words: Wording) -> Table:
    """In the order of the part, numbers in the forms of the language."""
    headings = tuple(Cell(words.title(one.name, part.name), _is_figure(one), one.name) for one in part.columns)
    rows = tuple(
        tuple(_cell(column, value, words) for column, value in zip(part.columns, row, strict=True)) for row in part.rows
    )
    return Table(part.name, headings, rows, part.more)


def _cell(column: Column, value: Value, words: Wording) -> Cell:
    order = "" if value is None else str(value)
    text = words.value(column.name, column.unit, value)
    return Cell(text, _is_figure(column), order if _is_figure(column) or column.unit == "day" else "")


def _is_figure(column: Column) -> bool:
    return column.unit in FIGURES
