"""Window → tables, as a rebuild computes them: `python -m tests.benchmarks.tables [--lines N] [--a-day N]`."""

import argparse
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plugins.steps.days import day_receipts, load_open_day
from plugins.steps.ingest import ingest
from plugins.store.store import Store, open_store
from schemas.policy import Policy
from tests.benchmarks.measuring import machine, measure
from tests.benchmarks.traffic import FIRST_DAY, write_log
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day

MILLION = 1_000_000
POLICY = """
[site]
name = "www.example.org"
timezone = "UTC"
[keep]
security_window = "P30D"
[[logs]]
name = "www"
access = ["access.log"]
timezone = "UTC"
"""


def make_store(folder: Path, lines: int, a_day: int) -> None:
    """A store that has read a log of so many lines."""
    write_log(folder / "access.log", lines, a_day)
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    now = datetime.fromtimestamp(FIRST_DAY, UTC) + timedelta(days=-(-lines // a_day), hours=1)
    (folder / "now").write_text(now.isoformat(), encoding="utf-8")
    ingest(opened(folder), "operations", lambda _: None)


def opened(folder: Path) -> Store:
    return open_store(folder / "policy.toml", lambda: datetime.fromisoformat((folder / "now").read_text()))


def compute(folder: Path) -> None:
    """The tables of each open day."""
    store, context = opened(folder), Context(Policy())
    for day in store.open_days():
        if receipts := day_receipts(store, day):
            compute_day(load_open_day(store, day, receipts), load_scenarios(), context, "provisional")


def main() -> None:
    """Make a store, compute in a process of its own, and say what that cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=MILLION)
    parser.add_argument("--a-day", type=int, default=MILLION)
    parser.add_argument("--compute", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.compute:
        compute(asked.compute)
        return
    with tempfile.TemporaryDirectory() as name:
        make_store(Path(name), asked.lines, asked.a_day)
        cost = measure([sys.executable, "-m", "tests.benchmarks.tables", "--compute", name])
    print(f"{asked.lines:,} hits, {asked.a_day:,} a day: {cost.seconds:.1f} CPU s, {cost.peak:,.0f} MB ({machine()})")


if __name__ == "__main__":
    main()
