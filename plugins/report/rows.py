"""Rows of a part by the names of its columns, and what a chart makes of their values."""

from http import HTTPStatus
from math import isfinite
from typing import Any, Final

from plugins.report.wording import Wording, inert
from schemas.report import Part, Value

Chart = dict[str, Any]
Row = dict[str, Value]

LABEL: Final = 60  # characters of a name; the browser cuts it to what there is room for
STATUSES: Final = {int(one): one.phrase for one in HTTPStatus}
KIND: Final = "\0"  # before the kind of a source that has no name
NAMELESS: Final = {"", "unknown"}


def rows_of(part: Part) -> list[Row]:
    """The rows by name of column."""
    names = [column.name for column in part.columns]
    return [dict(zip(names, row, strict=True)) for row in part.rows]


def unit_of(part: Part, column: str) -> str:
    return next(one.unit for one in part.columns if one.name == column)


def label(words: Wording, key: str, name: str) -> str:
    """Of a bar or a page of the flows."""
    if key == "hour_of_day":
        return words.hour(float(name))
    if key == "status":
        return f"{name} {STATUSES.get(int(name), '')}".strip()
    if name.startswith(KIND):
        return words.text("source_kind", name.removeprefix(KIND))
    return inert(words.text(key, name), LABEL)


def drawable(value: Any) -> float | None:
    """None for what is longer than what was measured."""
    return None if value is None or not isfinite(value) else value
