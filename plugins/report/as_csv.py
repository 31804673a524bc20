"""Published tables as CSV, RFC 4180, in UTF-8: for whoever opens them with a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from plugins.report.reading import list_files
from plugins.report.shelf import read_published
from plugins.store.door import Place
from schemas.refusals import RefusedError
from schemas.statistics import TABLES
from transforms.report.period import Period
from transforms.report.relations import of_host

# What a spreadsheet computes, whatever that nobody sees stands before it; the wide signs too. Excel splits at another
# sign than the comma where people write 1,5, and then ends a cell, or a row, in the middle of a quoted text.
FORMULA: Final = re.compile(
    r"(^|[;\t|\r\n])(?=[\"\s\0-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@＝＋－＠])"
)


def check_table(name: str) -> str:
    """The name, if a published table has it."""
    if name not in TABLES:
        raise RefusedError(f"there is no such table; there are {', '.join(TABLES)}")
    return name


def write_csv(place: Place, name: str, period: Period, vhost: str | None = None) -> Iterator[str]:
    """The rows of a table's days, day by day, so that a day is in memory at once; first the names of the columns.

    Of one virtual host only those of it, of a table that tells hosts apart.

    Where a spreadsheet would take a text, or what follows a semicolon, tab, bar or line end in it, for a formula, an
    apostrophe stands before it. Instants are UTC, ISO 8601; what is missing is empty; the bucket without an upper bound
    is `inf`.
    """
    schema = TABLES[check_table(name)].schema
    yield _lines([schema.names])
    for file in sorted(list_files(place, period, [name])):
        yield _lines(_rows(of_host(read_published(place, schema, file), vhost)))


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    columns = [_cells(column) for column in table.columns]
    return zip(*columns, strict=True)


def _cells(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        return [_inert(value) for value in column.cast(pa.string()).to_pylist()]
    values: list[Any] = column.to_pylist()
    if pa.types.is_timestamp(column.type):
        return [_instant(value) for value in values]
    return values


def _inert(text: str | None) -> str | None:
    return FORMULA.sub(r"\1'", text) if text else text


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _lines(rows: Any) -> str:
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows(rows)
    return sink.getvalue()
