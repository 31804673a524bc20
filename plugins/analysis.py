"""The one-shot: log files → the tables of every day in them, in one process, and nothing of it kept."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import pyarrow as pa

from plugins.databases import open_databases
from plugins.logs.reading import choose_layouts, parse_file, reading_of, refuse_wrong_format
from plugins.scenarios import scenarios_of
from schemas.policy import Policy
from schemas.refusals import EmptyError, RefusedError
from schemas.statistics import TABLES
from schemas.window import HITS
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day
from transforms.statistics.gathering import GATHERED_HITS, Gathered, Gatherer, gathered_days
from transforms.statistics.split import join_blocks

T = TypeVar("T")
Progress = Callable[[str], None]
NO_MISFITS: Final = {"forged", "header"}  # clients can send the one, servers write the other


@dataclass
class Analysis:
    """What was read and what came of it; `tables` holds every day of a table."""

    lines: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    hits_with_agent: int = 0
    tables: dict[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True)
class Logs:
    """Which files to read, how, and whom to tell; error logs are always detected."""

    logs: Sequence[Path]
    errors: Sequence[Path]
    log_format: str
    reading: Reading
    tell: Progress

    def each(self, take: Callable[[Iterator[Parsed]], T]) -> list[tuple[str, T]]:
        """What `take` makes of each file's blocks, by the file's name.

        An empty file among others is passed over: a log is empty right after it was rotated, and a good error log
        always.
        """
        if not self.logs and not self.errors:
            raise RefusedError("there is no log to read; name at least one file")
        files, empty = [], []
        wanted = [*((path, self.log_format) for path in self.logs), *((path, "detect") for path in self.errors)]
        for path, log_format in wanted:
            try:
                files.append((path.name, take(self._blocks(path, log_format))))
            except EmptyError as nothing:
                empty.append(nothing)
        if not files:
            raise empty[0]
        return files

    def _blocks(self, path: Path, log_format: str) -> Iterator[Parsed]:
        lines = misfits = 0
        for block in parse_file(path, choose_layouts(path, log_format), self.reading):
            lines += block.lines
            misfits += sum(reason not in NO_MISFITS for reason in block.quarantine["reason"].to_pylist())
            self.tell(f"reading {path}: {lines:,} lines")
            yield block
        refuse_wrong_format(path, misfits, lines)


def read_logs(
    logs: Sequence[Path], errors: Sequence[Path], log_format: str, policy: Policy, now: datetime, tell: Progress
) -> list[Parsed]:
    """Every file parsed and in memory, oldest first (names of rotated files tell nothing)."""
    files = Logs(logs, errors, log_format, reading_of(policy, now), tell).each(join_blocks)
    return [file for _, file in sorted(files, key=lambda named: (_first_instant(named[1]), named[0]))]


def _first_instant(file: Parsed) -> int:
    instants = [*file.hits["requested_at"][:1], *file.errors["logged_at"][:1]]
    return min((instant.value for instant in instants), default=0)


def analyse_logs(
    logs: Sequence[Path], errors: Sequence[Path], log_format: str, policy: Policy, now: datetime, tell: Progress
) -> Analysis:
    """Read and compute: all days of the files, complete and final, of which one at a time is in memory as it stands."""
    gatherer = _gatherer(policy, now)
    reading = replace(reading_of(policy, now), left_out=frozenset(HITS.names).difference(GATHERED_HITS))
    files = Logs(logs, errors, log_format, reading, tell).each(gatherer.gather)
    files.sort(key=lambda named: (named[1].starts_at, named[0]))
    return _analyse([file for _, file in files], policy, tell)


def analyse(files: Sequence[Parsed], policy: Policy, now: datetime, tell: Progress) -> Analysis:
    """As `analyse_logs`, of files that are read already."""
    gatherer = _gatherer(policy, now)
    return _analyse([gatherer.gather([file]) for file in files], policy, tell)


def _gatherer(policy: Policy, now: datetime) -> Gatherer:
    zone = ZoneInfo(policy.site.timezone)
    return Gatherer(zone, now.astimezone(zone).date())


def _analyse(files: Sequence[Gathered], policy: Policy, tell: Progress) -> Analysis:
    scenarios, computed = scenarios_of(policy), []
    with open_databases(policy) as databases:
        context = Context(policy, *databases)
        for day in gathered_days(files):
            tell(f"computing {day.day}: {len(day.hits):,} hits")
            computed.append(compute_day(day, scenarios, context, "final"))
    lines = sum(file.lines for file in files)
    counted = sum(row for table in computed for row in table["days"]["lines"].to_pylist())
    if counted != lines:
        raise AssertionError(f"{lines} lines were read and {counted} are in the days; nothing is published")
    return Analysis(
        lines=lines,
        reasons=sum((file.reasons for file in files), Counter()),
        hits_with_agent=sum(file.hits_with_agent for file in files),
        tables={name: pa.concat_tables([day[name] for day in computed]) for name in TABLES} if computed else {},
    )
