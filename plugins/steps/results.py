"""Results of checks and judgements in words: for the status page, for doctor, and for whoever is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from plugins.steps.checked import Broken, Checks
from plugins.steps.judging import Judged
from schemas.statistics import TABLES
from schemas.suites import COLUMNS, SUMS

SAID: Final = {"sums": "sums of days", "sums_by_host": "sums of hosts", "sums_by_agent_kind": "sums of kinds of agents"}


@dataclass(frozen=True)
class Result:
    """The last check of a table: how many rules, and of the days shown those on which one did not hold."""

    table: str
    rules: int
    at: datetime
    broken: int
    worst: str


def results(checks: Mapping[date, Checks]) -> list[Result]:
    """A row a table, and one for each comparison of tables; `checks` are of the last days."""
    if not checks:
        return []
    newest = max(checks.values(), key=lambda one: one.at)
    return [_result(table, newest, checks) for table in (*TABLES, *SUMS) if table in newest.rules]


def _result(table: str, newest: Checks, checks: Mapping[date, Checks]) -> Result:
    severities = [{one.severity for one in found.broken if one.table == table} for found in checks.values()]
    worst = "critical" if any("critical" in one for one in severities) else "warning" if any(severities) else ""
    rules = newest.rules[table] + (newest.rules.get(COLUMNS, 0) if table in TABLES else 0)
    return Result(SAID.get(table, table), rules, newest.at, sum(map(bool, severities)), worst)


def unpublished(checks: Mapping[date, Checks]) -> list[str]:
    """Which days were not published anew, and why, in sentences."""
    return [
        f"{day} is not published anew, and what was published of it before stays: {_say(one)}"
        for day, found in checks.items()
        for one in found.broken
        if one.severity == "critical"
    ]


def warnings(checks: Mapping[date, Checks], judged: Mapping[date, Judged]) -> list[str]:
    """What was published and is odd, by rules and beside other weeks; newest days first."""
    found = []
    for day in sorted({*checks, *judged}, reverse=True):
        found += [f"{day}: {_say(one)}" for one in checks[day].warnings] if day in checks else []
        found += [f"{day}: {one.words}" for one in judged[day].odd] if day in judged else []
    return found


def _say(one: Broken) -> str:
    return f"{SAID.get(one.table, one.table)} should keep the rule “{one.words}”"
