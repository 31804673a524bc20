"""A log file → parsed tables, block by block, in the layout asked for or found."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from plugins.logs.files import read_blocks
from plugins.logs.log_file import LogFile
from plugins.logs.origins import Origin
from plugins.logs.suspecting import refuse_what_is_no_log
from schemas.policy import Policy
from schemas.policy_model import Log
from schemas.refusals import FormatError, RefusedError
from transforms.anonymising.secrets import USUAL_KEYS, SecretKeys
from transforms.parsing.formats import detect_layouts
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import error_layouts, named_layout
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.secrets import parse_scrubbed

SAMPLE_BYTES: Final = 1024 * 1024
Where = Path | Origin
LARGE_BLOCK: Final = 16 * 1024 * 1024  # where a whole file is read at once: fewer values are looked at twice
AHEAD: Final = timedelta(hours=1)  # a server's clock may be wrong by so much; more is the future


def reading_of(policy: Policy, now: datetime) -> Reading:
    """How lines are read that belong to no log of the policy: as those of its first one."""
    log = policy.logs[0] if policy.logs else Log(timezone=policy.site.timezone)
    return log_reading(log, now, secret_keys_of(policy))


def log_reading(log: Log, now: datetime, secret_keys: SecretKeys = USUAL_KEYS) -> Reading:
    """How a log's lines are read; those more than an hour after `now` go into quarantine."""
    return Reading(ZoneInfo(log.timezone), log.trusted_proxies, _latest(now), secret_keys)


def secret_keys_of(policy: Policy) -> SecretKeys:
    """The keys whose values are not kept; a key that tells pages or campaigns apart is no secret."""
    shown = (*policy.statistics.page_query_keys, *policy.statistics.campaign_keys)
    return SecretKeys(policy.site.secret_query_keys, shown)


def _latest(now: datetime) -> int:
    return (now + AHEAD - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def choose_layouts(where: Where, log_format: str) -> tuple[Layout, ...]:
    """The layouts of a file: the one named, or those found in its first lines for `detect`."""
    if log_format != "detect":
        return (named_layout(log_format),)
    sample = next(read_blocks(where, SAMPLE_BYTES), b"")
    try:
        return detect_layouts(sample).layouts
    except FormatError as error:
        raise FormatError(f"{name_of(where)}: {error}") from None


def name_of(where: Where) -> str:
    return str(where) if isinstance(where, Path) else where.name


def read_sample(where: Where, kind: str, log: Log, now: datetime) -> Parsed | None:
    """The lines at the beginning of a log's file; None where they cannot be read."""
    return _parse_part(lambda: next(read_blocks(where, SAMPLE_BYTES), b""), where, kind, log, now)


def read_end(where: Where, kind: str, log: Log, now: datetime) -> Parsed | None:
    """The last lines of a log's file; None where they cannot be read."""
    return _parse_part(lambda: _last_lines(where), where, kind, log, now)


def _last_lines(where: Where) -> bytes:
    file = LogFile(where)
    length = file.length()
    begin = max(0, length - SAMPLE_BYTES)
    content = file.read(begin, length)
    return content.partition(b"\n")[2] if begin else content


def _parse_part(part: Callable[[], bytes], where: Where, kind: str, log: Log, now: datetime) -> Parsed | None:
    try:
        layouts = error_layouts(log.error_format) if kind == "error" else choose_layouts(where, log.format)
        return Parser(layouts, log.name, "", log_reading(log, now)).parse_block(part())
    except Exception:  # noqa: BLE001 - whoever reads the whole file says what is wrong with it, be it a mistake of ours
        return None


def instants(parsed: Parsed | None) -> list[pa.ChunkedArray]:
    """When the lines were written, of hits and of errors."""
    return [parsed.hits["requested_at"], parsed.errors["logged_at"]] if parsed else []


def parse_file(path: Path, layouts: Sequence[Layout], reading: Reading, log: str = "log") -> Iterator[Parsed]:
    """The file's blocks as tables of `schemas.window`; `file` is the file's name."""
    parser = Parser(layouts, log, os.fsencode(path.name).decode(errors="replace"), reading)
    first_line = 1
    for piece in LogFile(path).pieces(0, is_final=True, piece_bytes=LARGE_BLOCK):
        parsed = parse_scrubbed(parser, piece.lines, first_line)
        if not piece.begin and not len(parsed.hits) and not len(parsed.errors):
            refuse_what_is_no_log(str(path), piece)
        first_line += parsed.lines
        yield parsed


def refuse_wrong_format(path: Path, quarantined: int, lines: int) -> None:
    """Raise where more than half of a file went into quarantine: that is no log, or not one of this format."""
    if quarantined * 2 > lines:
        raise RefusedError(
            f"{path} does not fit the format: {quarantined} of its {lines} lines could not be read; "
            "say its real format with --format, or let it be found with --format detect"
        )
