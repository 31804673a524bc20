"""A day of hand-made hits → its tables; a test says only what it is about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from schemas.policy import Policy, load_policy
from schemas.window import ERRORS, HITS
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import Day, compute_day, compute_final_day

DAY = date(2026, 7, 1)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
POLICY = """
[site]
name = "www.example.org"
timezone = "UTC"
[statistics]
smallest_group = 1
"""


Rows = list[dict[str, Any]]


def policy(extra: str = "") -> Policy:
    """The tests' policy, with further lines of its section [statistics]."""
    return load_policy(POLICY + extra)


def folding(smallest_group: int, extra: str = "") -> Policy:
    """The tests' policy, with groups of fewer visitors folded."""
    return load_policy(POLICY.replace("smallest_group = 1", f"smallest_group = {smallest_group}") + extra)


def hit(path: str | None = "/", seconds: float = 0, **differences: Any) -> dict[str, Any]:
    """A person's pageview at noon plus `seconds`."""
    row: dict[str, Any] = {
        "log": "www",
        "file": "access.log",
        "line_number": 1,
        "client_ip": "192.0.2.1",
        "requested_at": NOON + timedelta(seconds=seconds),
        "method": "GET",
        "path": path,
        "status": 200,
        "bytes_sent": 100,
        "user_agent": FIREFOX,
    }
    return row | differences


def error(message: str, **differences: Any) -> dict[str, Any]:
    """An entry of the error log at noon."""
    row = {"log": "www", "file": "error.log", "line_number": 1, "logged_at": NOON, "level": "error"}
    return row | {"message": message} | differences


def day_of(*hits: dict[str, Any], errors: tuple[dict[str, Any], ...] = (), **others: Any) -> Day:
    """The day with these lines; hits stand in the log as given."""
    numbered = [row | {"line_number": number} for number, row in enumerate(hits, start=1)]
    return Day(
        DAY,
        pa.Table.from_pylist(numbered, schema=HITS),
        pa.Table.from_pylist(list(errors), schema=ERRORS),
        **others,
    )


def tables(
    *hits: dict[str, Any], errors: tuple[dict[str, Any], ...] = (), under: Policy | None = None, **others: Any
) -> dict[str, list[dict[str, Any]]]:
    """Every published table of the day as rows, without `day`."""
    computed = compute_day(
        day_of(*hits, errors=errors, **others), load_scenarios(), Context(under or policy()), "final"
    )
    return {name: table.drop_columns("day").to_pylist() for name, table in computed.items()}


def visit_log(*hits: dict[str, Any], under: Policy | None = None) -> dict[str, list[dict[str, Any]]]:
    """The visit log of the day as rows, without `day`."""
    _, log = compute_final_day(day_of(*hits), load_scenarios(), Context(under or policy()))
    return {name: table.drop_columns("day").to_pylist() for name, table in log.items()}


def only(rows: list[dict[str, Any]], **figures: Any) -> bool:
    """There is one row, and it has these figures."""
    return len(rows) == 1 and {name: rows[0][name] for name in figures} == figures
