"""`lethe parse`: what each line of a log becomes."""

import heapq
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import typer

from plugins.cli.terminal import to_json
from plugins.logs.reading import choose_layouts, parse_file
from schemas.refusals import RefusedError
from schemas.window import PLACE
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed

FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        help="A name (combined, iis, caddy, nginx_error, …), detect, a map of JSON keys, or the server's own string.",
    ),
]


def parse(
    files: Annotated[list[Path], typer.Argument(help="Log files, plain or compressed.", readable=False)],
    log_format: FormatOption = "detect",
    timezone: Annotated[str, typer.Option(help="Zone of times without offset (error logs).")] = "UTC",
) -> None:
    """Print one JSON line per input line, in order: a hit, an error entry, what it continues, or why it is unread."""
    try:
        reading = Reading(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RefusedError(f"--timezone is {timezone!r}; allowed are IANA names such as Europe/Oslo") from None
    for path in files:
        for parsed in parse_file(path, choose_layouts(path, log_format), reading):
            sys.stdout.writelines(to_json(line) + "\n" for line in _in_order(parsed))


def _in_order(parsed: Parsed) -> Iterator[dict[str, Any]]:
    streams = [
        ((row.pop("line_number"), {"hit": row}) for row in _rows(parsed.hits)),
        ((row.pop("line_number"), {"error": row}) for row in _rows(parsed.errors)),
        ((row["line_number"], {"continues": row["continues"]}) for row in _rows(parsed.continuations)),
        ((row["line_number"], {"quarantine": row["reason"]}) for row in _rows(parsed.quarantine)),
    ]
    for number, content in heapq.merge(*streams, key=lambda pair: pair[0]):
        yield {"line": number, **content}


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    kept = [name for name in table.schema.names if name == "line_number" or name not in {field.name for field in PLACE}]
    for batch in table.select(kept).to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()
