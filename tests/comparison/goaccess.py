"""GoAccess, by the definitions of its manual and by itself.

https://goaccess.io/man: a visitor is an address, a date and a user agent; "HTTP requests with a 4xx status are not
counted to the unique visitors count".
"""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from tests.comparison.hits import Hit

ABSENT = "goaccess is not installed: this test compares with it (Debian's package goaccess)"
# It takes a last field without its closing quote, whatever follows that quote, and sizes below zero.
LENIENT = re.compile(
    r'(?:\S+:\d+ )?(\S+) \S+ \S+ \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d) ([+-]\d{4})\] "(\S+) (\S+)[^"]*"'
    r' (\d{3}) (-?\d+|-) "[^"]*" "([^"]*)'
)


def run_goaccess(log: Path, log_format: str, folder: Path, *options: str) -> dict[str, Any]:
    """What the program itself says of a file; days are those of the offsets in it.

    In a zone with summer time, in the last hour of a winter's day, it takes a day in summer for the next one.
    """
    program = shutil.which("goaccess")
    if not program:
        pytest.skip(ABSENT)
    report = folder / "goaccess.json"
    command = [program, str(log), f"--log-format={log_format}", "--num-tests=0", "-o", str(report)]
    command += ["--no-global-config", "--no-progress", *options]
    zone = os.environ | {"TZ": "UTC"}
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, env=zone)
    return json.loads(report.read_bytes().decode(errors="replace"))


def by_status(report: dict[str, Any]) -> Counter[str]:
    """Its hits by status."""
    items = [item for kind in report["status_codes"]["data"] for item in kind["items"]]
    return Counter({item["data"].split()[0]: item["hits"]["count"] for item in items})


def by_day(report: dict[str, Any], figure: str) -> Counter[str]:
    """Its hits, bytes or visitors by day, in ISO 8601."""
    rows = report["visitors"]["data"]
    return Counter({f"{row['data'][:4]}-{row['data'][4:6]}-{row['data'][6:]}": row[figure]["count"] for row in rows})


def read_leniently(number: int, line: str) -> Hit | None:
    """The hit that GoAccess takes a line for that Lethe does not trust."""
    found = LENIENT.match(line)
    if not found:
        return None
    address, stamp, offset, method, path, status, size, agent = found.groups()
    try:
        ip_address(address)
        at = datetime.strptime(f"{stamp} {offset}", "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return None
    sent = 0 if size == "-" else int(size)
    return Hit(number, address, address, agent, at, method, path, int(status), sent, kind="quarantined")


def makes_a_visitor(hit: Hit) -> bool:
    """Whether the hit's visitor is counted, by the manual."""
    return hit.status // 100 != 4
