"""The one-shot: log files → the tables of every day in them, in one process, and nothing of it kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import maxminddb
import pyarrow as pa

from plugins.logs.reading import choose_layouts, parse_file, reading_of, refuse_wrong_format
from schemas.policy import Policy
from schemas.refusals import EmptyError, RefusedError
from schemas.statistics import TABLES
from transforms.detection.load import load_scenarios
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed
from transforms.statistics.coded import Context
from transforms.statistics.compute import Day, compute_day
from transforms.statistics.split import join_blocks, split_days

Progress = Callable[[str], None]


@dataclass
class Analysis:
    """What was read and what came of it; `tables` holds every day of a table."""

    lines: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    days: list[Day] = field(default_factory=list)
    tables: dict[str, pa.Table] = field(default_factory=dict)


def read_logs(
    logs: Sequence[Path], errors: Sequence[Path], log_format: str, policy: Policy, now: datetime, tell: Progress
) -> list[Parsed]:
    """Every file parsed, oldest first (names of rotated files tell nothing); error logs are always detected.

    An empty file among others is passed over: a log is empty right after it was rotated, and a good error log always.
    """
    if not logs and not errors:
        raise RefusedError("there is no log to read; name at least one file")
    reading = reading_of(policy, now)
    files, empty = [], []
    for path, wanted in [*((path, log_format) for path in logs), *((path, "detect") for path in errors)]:
        try:
            files.append((path.name, _read_log(path, wanted, reading, tell)))
        except EmptyError as nothing:
            empty.append(nothing)
    if not files:
        raise empty[0]
    return [file for _, file in sorted(files, key=lambda named: (_first_instant(named[1]), named[0]))]


def _read_log(path: Path, log_format: str, reading: Reading, tell: Progress) -> Parsed:
    blocks = []
    for block in parse_file(path, choose_layouts(path, log_format), reading):
        blocks.append(block)
        tell(f"reading {path}: {sum(block.lines for block in blocks):,} lines")
    parsed = join_blocks(blocks)
    misfits = sum(reason != "forged" for reason in parsed.quarantine["reason"].to_pylist())  # clients can send those
    refuse_wrong_format(path, misfits, parsed.lines)
    return parsed


def _first_instant(file: Parsed) -> int:
    instants = [*file.hits["requested_at"][:1], *file.errors["logged_at"][:1]]
    return min((instant.value for instant in instants), default=0)


def analyse(files: Sequence[Parsed], policy: Policy, now: datetime, tell: Progress) -> Analysis:
    """All days of the files, complete and final."""
    days = split_days(files, ZoneInfo(policy.site.timezone), now.astimezone(ZoneInfo(policy.site.timezone)).date())
    scenarios = load_scenarios()
    with open_country_data(policy) as reader:
        context = Context(policy, reader)
        computed = []
        for day in days:
            tell(f"computing {day.day}: {len(day.hits):,} hits")
            computed.append(compute_day(day, scenarios, context, "final"))
    lines = sum(file.lines for file in files)
    counted = sum(row for table in computed for row in table["days"]["lines"].to_pylist())
    if counted != lines:
        raise AssertionError(f"{lines} lines were read and {counted} are in the days; nothing is published")
    return Analysis(
        lines=lines,
        reasons=Counter(reason for file in files for reason in file.quarantine["reason"].to_pylist()),
        days=days,
        tables={name: pa.concat_tables([day[name] for day in computed]) for name in TABLES} if computed else {},
    )


def open_country_data(policy: Policy) -> "closing[maxminddb.Reader] | nullcontext[None]":
    """The reader of `[places] country_data`, or none where the policy names none."""
    path = policy.places.country_data
    if not path:
        return nullcontext()
    try:
        return closing(maxminddb.open_database(path))
    except FileNotFoundError:
        raise RefusedError(f"places.country_data: {path} does not exist; name a .mmdb file or leave it empty") from None
    except (maxminddb.InvalidDatabaseError, OSError):
        raise RefusedError(f"places.country_data: {path} cannot be read as a MaxMind database (.mmdb)") from None
