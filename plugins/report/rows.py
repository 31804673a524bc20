"""Rows of a part by the names of its columns, and what a chart makes of their values."""

from http import HTTPStatus
from math import isfinite
from typing import Any, Final

from plugins.report.wording import Wording, inert
from schemas.report import SUMS, Part, Value

Chart = dict[str, Any]
Row = dict[str, Value]

LABEL: Final = 60  # characters of a name; the browser cuts it to what there is room for
STATUSES: Final = {int(one): one.phrase for one in HTTPStatus}
NAMELESS: Final = {"", "unknown"}


def rows_of(part: Part) -> list[Row]:
    """The rows by name of column."""
    names = [column.name for column in part.columns]
    return [dict(zip(names, row, strict=True)) for row in part.rows]


def drawn_of(part: Part) -> list[Row]:
    """The rows of its chart: over all rows of the part, the largest first and what was folded last."""
    if part.name not in SUMS:
        return rows_of(part)
    names = [written.partition(":")[0] for written in SUMS[part.name]]
    return [dict(zip(names, row, strict=True)) for row in part.sums]


def names_of(rows: list[Row], key: str, words: Wording) -> list[str]:
    """What bars are called: a source without a name by its kind, and one whose name another kind has too by both."""
    found = [str(row[key]) for row in rows]
    return [_named(row, name, found.count(name) > 1, key, words) for row, name in zip(rows, found, strict=True)]


def _named(row: Row, name: str, is_ambiguous: bool, key: str, words: Wording) -> str:
    if key != "source":
        return label(words, key, name)
    kind = words.text("source_kind", str(row["source_kind"]))
    if name in NAMELESS:
        return kind
    return f"{label(words, key, name)} ({kind})" if is_ambiguous else label(words, key, name)


def unit_of(part: Part, column: str) -> str:
    return next(one.unit for one in part.columns if one.name == column)


def label(words: Wording, key: str, name: str) -> str:
    """Of a bar or a page of the flows."""
    if key == "hour_of_day":
        return words.hour(float(name))
    if key == "status":
        return f"{name} {STATUSES.get(int(name), '')}".strip()
    return inert(words.text(key, name), LABEL)


def drawable(value: Any) -> float | None:
    """None for what is longer than what was measured."""
    return None if value is None or not isfinite(value) else value
