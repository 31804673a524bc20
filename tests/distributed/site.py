"""Logs of three kinds, a policy for them, and all that a store says about them, to compare."""

import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plugins.blocklist.decisions import Decisions
from plugins.steps.closing import close_due
from plugins.steps.detecting import detect
from plugins.steps.ingest import ingest
from plugins.steps.rebuilding import rebuild
from plugins.store.store import open_store
from tests.stores import comparable_rows, silent
from tests.traffic import generate, policy_with, write_country_database

# log → seed, days ago of its first day, days, scale; what is older than the window is imported
LOGS = {"www": (1, 3, 3, 0.5), "archive": (2, 40, 1, 0.2), "shop": (3, 3, 3, 1.0)}
FIRST = ("www", "archive")  # are there from the beginning


def write_site(folder: Path) -> None:
    """Write `policy.toml`, the logs that are there from the beginning, and apart from them those that come later."""
    folder.mkdir(parents=True, exist_ok=True)
    write_country_database(folder / "countries.mmdb")
    (folder / "policy.toml").write_text(_policy(folder), encoding="utf-8")
    for log, (seed, ago, days, scale) in LOGS.items():
        place = folder / ("logs" if log in FIRST else "coming") / log
        place.mkdir(parents=True)
        (folder / "logs" / log).mkdir(exist_ok=True)
        generate(place, seed, (datetime.now(UTC) - timedelta(days=ago)).date(), days, scale)
        for file in place.iterdir():  # nobody writes to them any more, so that their last lines count too
            os.utime(file, (time.time() - 100_000,) * 2)


def _policy(folder: Path) -> str:
    head, _, log = policy_with(f"{folder}/countries.mmdb").partition("[[logs]]")
    text = head
    for name in LOGS:
        inside = log.replace('"www"', f'"{name}"')
        for file in ("access.log*", "timed.log", "apache_error.log", "nginx_error.log"):
            inside = inside.replace(f'"{file}"', f'"{folder}/logs/{name}/{file}"')
        text += f"[[logs]]{inside}\n"
    return text


def deliver(folder: Path, log: str) -> None:
    """Let the files of a log come, all at once."""
    (folder / "coming" / log).rename(folder / "logs" / log)


def read_alone(policy: Path) -> None:
    """What the DAGs do, one after the other in this process."""
    store = open_store(policy)
    assert ingest(store, "operations", silent).problems == []
    detect(store, "operations", silent)
    rebuild(store, silent)
    marks, problems = close_due(store, "operations", silent)
    assert (marks, problems) == ([], [])


def figures(policy: Path) -> dict[str, Any]:
    """Tables row by row, counts of receipts by log, closed days, and whom the blocklist holds for what."""
    store = open_store(policy)
    counts: dict[str, Counter[str]] = {log: Counter() for log in LOGS}
    for shard in store.receipts.shards():
        receipt = store.receipts.get(shard)
        assert receipt
        counts[receipt.log].update({name: number for name, number in receipt.counts.model_dump().items() if number})
    return {
        "tables": {
            folder.name: Counter(row for path in folder.glob("*.parquet") for row in comparable_rows(path))
            for folder in sorted((policy.parent / "store" / "statistics").iterdir())
        },
        "counts": counts,
        "open": store.open_days(),
        "marks": [
            (mark.day, mark.how, mark.lines) for day in store.marks.days("closed") if (mark := store.marks.get(day))
        ],
        "decisions": Counter((one.target, one.scenario) for one in Decisions(store).all()),
    }
