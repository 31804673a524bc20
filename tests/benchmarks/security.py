"""How much of attacks is seen, how often in vain, and how fast: `python -m tests.benchmarks.security`."""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from multiprocessing import Process
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from plugins.logs.reading import parse_file, reading_of
from schemas.policy import Policy
from schemas.scenario import Scenario
from schemas.window import HITS
from tests.benchmarks.measuring import Cost, machine, measure
from tests.benchmarks.open_days import print_growth
from tests.benchmarks.peers import CROWDSEC, FAIL2BAN, crowdsec, fail2ban
from tests.benchmarks.recall import print_recall
from tests.benchmarks.texts import make_texts
from tests.benchmarks.traffic import write_log
from transforms.detection.count import find_alerts
from transforms.detection.decide import BanRule, decide
from transforms.detection.dictionaries import compact
from transforms.detection.load import load_scenarios
from transforms.detection.match import match_events
from transforms.detection.targets import NEVER
from transforms.parsing.naming import named_layout

MILLION: Final = 1_000_000
A_SHARD: Final = 64_000  # lines of 16 MiB
MIXED, PAYLOADS, RAW = 200_000, 20_000, 10.0  # lines and targets a CPU second, and CPU seconds: what is to be reached
OF_FAIL2BAN, OF_CROWDSEC = 100_000, 10_000  # lines, since they take their time
RULE: Final = BanRule(timedelta(hours=4), timedelta(days=7), ZoneInfo("UTC"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.security", description=__doc__)
    parser.add_argument("--lines", type=int, default=MILLION, help="of the log")
    asked = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine()}, Python {platform.python_version()}")
    print_recall(os.environ.get("LETHE_DATA", ""))
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "access.log")
        writer = Process(target=write_log, args=(log, asked.lines))  # whose memory is not what the next ones begin with
        writer.start()
        writer.join()
        print_peers(log, asked.lines, Path(name))
        print_speed(log)
    print_growth()


def print_speed(log: Path) -> None:
    """In this process, from tables of hits."""
    scenarios = load_scenarios()
    hits = _parse(log)
    print(f"\n{len(scenarios)} scenarios | CPU s | a CPU second | to reach")
    print("--- | --- | --- | ---")
    _row("mixed traffic: matching", len(hits), MIXED, lambda: match_events(hits, scenarios))
    _row("mixed traffic: hits to decisions", len(hits), MIXED, lambda: _decide([hits], scenarios))
    shards = [_apart(hits.slice(begin, A_SHARD)) for begin in range(0, len(hits), A_SHARD)]
    _row("the same, shard by shard", len(hits), MIXED, lambda: _decide(shards, scenarios))
    apart = _distinct_targets(200_000)
    _row("no target twice, escapes in each", len(apart), 0, lambda: _decide([apart], scenarios))
    carrying = [one for one in scenarios if any(match.payload for match in one.match)]
    _row("payloads: distinct targets", len(apart), PAYLOADS, lambda: match_events(apart, carrying))


def print_peers(log: Path, lines: int, folder: Path) -> None:
    """Whole processes, from a file to decisions."""
    print("\nfrom a file | lines | CPU s | lines per CPU s | peak MB | Lethe is faster")
    print("--- | --- | --- | --- | --- | ---")
    lethe = str(Path(sys.executable).with_name("lethe"))
    own = measure([lethe, "alerts", "--format", "combined", str(log)])
    speed = lines / own.seconds
    _peer("lethe alerts", lines, own, speed)
    print(f"to reach: {RAW * lines / MILLION:.1f} CPU s")
    short = _head(log, folder / "fail2ban.log", OF_FAIL2BAN)
    costs = [measure(command) for command in fail2ban(short).values()]
    for name, cost in zip(fail2ban(short), costs, strict=True):
        _peer(f"{FAIL2BAN}, {name}", OF_FAIL2BAN, cost, speed)
    if costs:
        total = Cost(sum(cost.seconds for cost in costs), max(cost.peak for cost in costs))
        _peer(f"{FAIL2BAN}, these {len(costs)}", OF_FAIL2BAN, total, speed)
    (folder / CROWDSEC).mkdir()
    commands = crowdsec(_head(log, folder / "crowdsec.log", OF_CROWDSEC), folder / CROWDSEC)
    for cost in [measure(command) for command in commands][1:]:
        _peer("crowdsec, replay", OF_CROWDSEC, cost, speed)
    for name in (FAIL2BAN, CROWDSEC):
        if not shutil.which(name):
            print(f"{name} is not installed, so it is not compared with (Debian: apt-get install {name.split('-')[0]})")


def _parse(log: Path) -> pa.Table:
    blocks = parse_file(log, (named_layout("combined"),), reading_of(Policy(), datetime.now(UTC)))
    return pa.concat_tables([block.hits for block in blocks]).unify_dictionaries().combine_chunks()


def _apart(hits: pa.Table) -> pa.Table:
    """With dictionaries of its own, as a shard's are."""
    return compact(dict(zip(hits.column_names, hits.columns, strict=True)), HITS)


def _decide(shards: Sequence[pa.Table], scenarios: Sequence[Scenario]) -> pa.Table:
    events = pa.concat_tables([match_events(hits, scenarios) for hits in shards])
    alerts, _ = find_alerts(events, scenarios, [])
    return decide(alerts, scenarios, RULE, NEVER)


def _distinct_targets(count: int) -> pa.Table:
    """A hit each: a third of them pages, a third with a query, a third with escapes in it."""
    pages = make_texts().pages.to_pylist()
    queries = (None, "gclid=Cj0KCQjw{}&utm_source=letter", "q=caf%C3%A9+%2B+bl%C3%A5b%C3%A6r%20{}&back=%2Fshop%2Fcart")
    start = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [
        {
            "log": "www",
            "file": "access.log",
            "line_number": number,
            "client_ip": f"2001:db8:{number % 20_000:x}::1",
            "requested_at": start + timedelta(seconds=number // 4),
            "method": "GET",
            "path": f"{pages[number % len(pages)]}/{number}",
            "query": (query := queries[number % 3]) and query.format(number),
            "status": 200,
            "bytes_sent": 512,
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        }
        for number in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=HITS)


def _row(what: str, count: int, reach: int, work: Callable[[], Any]) -> None:
    begin = time.process_time()
    work()
    seconds = time.process_time() - begin
    print(f"{what} | {seconds:.2f} | {count / seconds:,.0f} | {f'{reach:,}' if reach else ''}", flush=True)


def _peer(what: str, lines: int, cost: Cost, speed: float) -> None:
    ratio = speed * cost.seconds / lines
    print(f"{what} | {lines:,} | {cost.seconds:.1f} | {lines / cost.seconds:,.0f} | {cost.peak:,.0f} | {ratio:,.1f} ×")


def _head(log: Path, short: Path, lines: int) -> Path:
    with log.open("rb") as whole, short.open("wb") as file:
        file.writelines(islice(whole, lines))
    return short


if __name__ == "__main__":
    main()
