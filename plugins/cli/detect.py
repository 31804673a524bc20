"""`lethe detect-format`: in which format a log is written, how sure that is, and what to write into the policy."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer

from plugins.logs.files import read_blocks
from schemas.log_format import log_formats
from schemas.refusals import FormatError, RefusedError
from transforms.parsing.formats import Detected, detect_layouts, rivals_of
from transforms.parsing.layout import Layout

SAMPLE_BYTES: Final = 1024 * 1024
SURE: Final = 0.9  # of the lines; a log has a few broken ones
TOLD: Final = (
    *("client", "user", "forwarded", "request", "path", "target", "status"),
    *("referrer", "user_agent", "vhost", "level", "message"),
)
IN_WORDS: Final = {"forwarded": "addresses from proxies", "request": "request line", "vhost": "host"}


def detect_format(
    files: Annotated[list[Path], typer.Argument(help="Log files, plain or compressed.", readable=False)],
) -> None:
    """Say in which format each file is written, how sure that is and why, and what to write into the policy.

    Only the first 1,000 lines are looked at; none is shown.
    """
    problems = []
    for path in files:
        sample = b"".join(islice(read_blocks(path, SAMPLE_BYTES), 1))
        try:
            found = detect_layouts(sample)
            refuse_unsure(found)
        except FormatError as error:
            problems.append(f"{path}: {error}")
        else:
            typer.echo("\n".join([str(path), *(f"  {line}" for line in describe(found, sample))]))
    if problems:
        raise RefusedError("\n".join(problems))


def refuse_unsure(found: Detected) -> None:
    """Raise FormatError with what else it could be."""
    if found.doubt:
        raise FormatError(f"{_named(found.layouts[0])} would fit, but {found.doubt}")
    if found.share < SURE:
        names = ", ".join(map(_named, found.layouts))
        raise FormatError(
            f"only {found.share:.0%} of its first {found.lines:,} lines fit {names}; "
            "say the format: the server's own LogFormat or log_format string"
        )


def describe(found: Detected, sample: bytes) -> Iterator[str]:
    """What was found, in a few lines without anything of the log."""
    first = found.layouts[0]
    shares = [f"{_named(layout)} ({count:,})" for layout, count in zip(found.layouts, found.counts, strict=True)]
    yield f"format   {', '.join(shares)}"
    yield f"sure     {found.share:.1%} of the first {found.lines:,} lines fit; {_why(first)}"
    if rivals := rivals_of(found, sample):
        told = ", ".join(f"{_named(layout)} ({count:,})" for layout, count in rivals)
        yield f"besides  these would read lines too, but say less or are less usual: {told}"
    key = "format" if first.kind == "access" else "error_format"
    value = first.name if len(found.layouts) == 1 else "detect"
    quoted = f"'{value}'" if '"' in value or "\\" in value else json.dumps(value)
    yield f"policy   {key} = {quoted}"


def _named(layout: Layout) -> str:
    written = log_formats().get(layout.name)
    return f"{layout.name} [{written.title}]" if written else layout.name


def _why(layout: Layout) -> str:
    has = [IN_WORDS.get(one, one.replace("_", " ")) for one in TOLD if one in layout.meanings]
    return f"each has a time, {', '.join(has)}"
