"""Hits for detection: from lines in the combined layout, or from rows that say only what a test is about."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from schemas.window import EVENTS, HITS

COMBINED: Final = re.compile(r'(\S+) \S+ (\S+) \[([^]]+)\] "(\S+) (\S+) (\S+)" (\d+) (\d+) "([^"]*)" "([^"]*)"')
START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def read_combined(text: str) -> pa.Table:
    """Lines of the combined layout → HITS."""
    return make_hits(_hit(line) for line in text.splitlines())


def _hit(line: str) -> dict[str, Any]:
    address, user, moment, method, target, protocol, status, size, referrer, agent = COMBINED.fullmatch(line).groups()
    path, mark, query = target.partition("?")
    return {
        "client_ip": address,
        "remote_user": None if user == "-" else user,
        "requested_at": datetime.strptime(moment, "%d/%b/%Y:%H:%M:%S %z"),
        "request_line": f"{method} {target} {protocol}",
        "method": method,
        "path": path,
        "query": query if mark else None,
        "protocol": protocol,
        "status": int(status),
        "bytes_sent": int(size),
        "referrer": None if referrer == "-" else referrer,
        "user_agent": None if agent == "-" else agent,
    }


def make_hits(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows → HITS: GET / by one address, a second apart, unless a row says otherwise."""
    usual = {"log": "www", "file": "access.log", "client_ip": "192.0.2.1", "method": "GET", "path": "/"}
    usual |= {"status": 200, "bytes_sent": 0}
    numbered = enumerate(rows, start=1)
    placed = [usual | {"line_number": n, "requested_at": START + timedelta(seconds=n)} | row for n, row in numbered]
    return pa.Table.from_pylist(placed, schema=HITS)


def make_events(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows → EVENTS of one scenario and address, a second apart, unless a row says otherwise."""
    usual = {"scenario": "login-bruteforce", "log": "www", "file": "access.log", "client_ip": "192.0.2.1"}
    usual |= {"status": 200}
    numbered = enumerate(rows, start=1)
    placed = [usual | {"line_number": n, "occurred_at": START + timedelta(seconds=n)} | row for n, row in numbered]
    return pa.Table.from_pylist(placed, schema=EVENTS)
