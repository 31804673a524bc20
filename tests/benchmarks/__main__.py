"""CPU seconds and memory of whole processes over generated logs, and ratios to GoAccess where it is installed."""

import argparse
import platform
import sys
import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.measuring import Cost, compare, machine, version
from tests.benchmarks.traffic import A_DAY, write_log

MILLION = 1_000_000
GOACCESS = "goaccess"
STATISTICS = "lethe statistics"


def commands(log: Path) -> dict[str, list[str]]:
    """What is measured: GoAccess counts the same lines, without detecting, anonymising or checking."""
    lethe = str(Path(sys.executable).with_name("lethe"))
    found = {
        GOACCESS: [
            *(GOACCESS, str(log), "--log-format=COMBINED", "--no-global-config", "--num-tests=0", "--no-progress"),
            *("-o", "{out}/report.json"),
        ],
        STATISTICS: [lethe, "statistics", str(log), "--format", "combined", "--out", "{out}/out"],
        "parse to sealed Parquet": [sys.executable, "-m", "tests.benchmarks.sealing", str(log), "{out}"],
    }
    return found if version(GOACCESS) else {name: command for name, command in found.items() if name != GOACCESS}


def report(lines: int, costs: dict[str, Cost]) -> None:
    """One row a command."""
    print(f"\n{lines:,} lines | CPU s | µs a line | lines per CPU s | peak MB | to GoAccess")
    print("--- | --- | --- | --- | --- | ---")
    for name, cost in costs.items():
        ratio = f"{costs[GOACCESS].seconds / cost.seconds:.2f} × less CPU" if GOACCESS in costs else "not installed"
        print(
            f"{name} | {cost.seconds:.1f} | {cost.seconds * MILLION / lines:.2f} | {lines / cost.seconds:,.0f}"
            f" | {cost.peak:,.0f} | {ratio}"
        )
    print(f"\n{costs['parse to sealed Parquet'].said}")


def report_growth(results: dict[int, dict[str, Cost]]) -> None:
    """What a further million lines costs, between one size and the next."""
    steps = list(pairwise(sorted(results)))
    for name in results[min(results)]:
        rises = [
            (results[more][name].seconds - results[less][name].seconds) * MILLION / (more - less)
            for less, more in steps
        ]
        told = ", ".join(
            f"{rise:.2f} s from {less:,} to {more:,}" for rise, (less, more) in zip(rises, steps, strict=True)
        )
        growth = "".join(f"; growth {later / earlier:.2f}" for earlier, later in pairwise(rises))
        print(f"a further million lines, {name}: {told}{growth}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[MILLION, 10 * MILLION], help="sizes of logs")
    parser.add_argument("--a-day", type=int, default=A_DAY, help="lines of a day")
    parser.add_argument("--rounds", type=int, default=3, help="each command so often, in turns; medians are shown")
    parser.add_argument("--folder", type=Path, help="where the logs are made, and found again; else they go")
    asked = parser.parse_args()
    peer = version(GOACCESS) or "no GoAccess, so there is nothing to compare with"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, Python {platform.python_version()}, {peer}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        results = {}
        for lines in sorted(asked.lines):
            log = folder / f"combined-{lines}-{asked.a_day}.log"
            if not log.exists():
                write_log(log, lines, asked.a_day)
            results[lines] = compare(commands(log), asked.rounds)
            report(lines, results[lines])
        if len(results) > 1:
            print()
            report_growth(results)


if __name__ == "__main__":
    main()
