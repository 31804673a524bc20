"""Which share of listed attacks an event is made of, and of which harmless requests."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from schemas.scenario import Scenario
from schemas.window import HITS
from transforms.detection.load import load_scenarios
from transforms.detection.match import match_events

FEW: Final = 3  # events that a bucket holds: of more, each may be harmless
BY_AGENT: Final = "scanner_agent"  # the class of which the agent tells; the others' agents were set at random
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
POOLED, EACH, BENIGN = 0.85, 0.60, 0.0005  # what is to be reached
Requests = list[dict[str, str]]


def print_recall(data: str) -> None:
    """A row a class."""
    folder = Path(data, "scanners")
    if not data or not folder.is_dir():
        print("\nrecall and false alarms need LETHE_DATA, a folder with scanners/requests.csv and scanners/benign.csv")
        return
    rules = [one for one in load_scenarios() if one.bucket.capacity <= FEW and one.mode == "ban" and not one.then]
    attacks, harmless = (_read(folder / name) for name in ("requests.csv", "benign.csv"))
    for attack in attacks:
        attack["user_agent"] = attack["user_agent"] if attack["class"] == BY_AGENT else BROWSER
    all_of = Counter(attack["class"] for attack in attacks)
    there, missing = (
        Counter(attacks[number]["class"] for number in seen(attacks, rules, status)) for status in (200, 404)
    )
    print(f"\nseen by {len(rules)} scenarios that ban after a few requests | of | answered 200 | 404 | to reach")
    print("--- | --- | --- | --- | ---")
    for name, count in sorted(all_of.items()):
        print(f"{name} | {count} | {there[name] / count:.1%} | {missing[name] / count:.1%} | {EACH:.0%}")
    shares = (f"{found.total() / len(attacks):.2%}" for found in (there, missing))
    print(f"all | {len(attacks)} | {' | '.join(shares)} | {POOLED:.0%}")
    alarms = len(seen(harmless, rules, 200))
    print(f"harmless | {len(harmless)} | {alarms / len(harmless):.3%} | | at most {BENIGN:.2%}")


def seen(requests: Requests, scenarios: Sequence[Scenario], status: int) -> set[int]:
    """The positions of the requests that are an event of one of the scenarios, when all are answered so."""
    events = match_events(pa.Table.from_pylist([*_rows(requests, status)], schema=HITS), scenarios)
    return set(events["line_number"].to_pylist())


def _rows(requests: Requests, status: int) -> Iterable[dict[str, object]]:
    for number, request in enumerate(requests):
        path, mark, query = request["request_target"].partition("?")
        yield {
            "line_number": number,
            "client_ip": "192.0.2.1",
            "requested_at": datetime(2026, 1, 5, tzinfo=UTC),
            "request_line": f"{request['method']} {request['request_target']} HTTP/1.1",
            "method": request["method"],
            "path": path,
            "query": query if mark else None,
            "status": status,
            "bytes_sent": 0,
            "user_agent": None if request["user_agent"] == "-" else request["user_agent"],
        }


def _read(path: Path) -> Requests:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
