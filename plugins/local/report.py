"""What the store holds after a run: counts and names, no addresses."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from plugins.blocklist.breaker import unlisted
from plugins.blocklist.decisions import Decisions
from plugins.steps.watching import Watch
from plugins.store.door import Folder
from plugins.store.records import Receipts
from plugins.store.store import Store, open_store
from schemas.forgetting import CANARY_LOG

EXAMPLES: Final = (
    "import duckdb; print(duckdb.read_parquet('{pages}/*.parquet')"
    ".aggregate('path, sum(views) AS views').order('views DESC').limit(5))",
    "import pandas; print(pandas.read_parquet('{pages}').groupby('path').views.sum().nlargest(5))",
)


def report(policy: Path) -> list[tuple[str, str]]:
    """What was made, as pairs of a word and a figure."""
    store = open_store(policy)
    return [*_replay(store), *_lines(store), *_days(store), *_visits(store), *_goals(store), *_blocklist(store)]


def examples(policy: Path) -> list[str]:
    """Commands that read what was published, ready to run; none where it is not on a disk."""
    place = open_store(policy).place("statistics")
    if not isinstance(place, Folder):
        return []
    pages = _short(place.root) / "pages_daily"
    return [f'{_short(Path(sys.executable))} -c "{example.format(pages=pages)}"' for example in EXAMPLES]


def _replay(store: Store) -> Iterator[tuple[str, str]]:
    if store.is_replay:
        yield (
            "replay",
            f"of the past: it is {store.calendar.words(store.clock())} there; from tomorrow on its days close in turn",
        )


def _lines(store: Store) -> Iterator[tuple[str, str]]:
    counts = _counts(store.receipts)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in counts.items() if number)
    yield (
        "lines",
        f"{counts.total():,} ({kinds})" if kinds else "0; do the paths and formats of [[logs]] fit?",
    )
    reasons, is_all = Watch(store).reasons()  # of closed days nothing but the number is left
    by_reason: Counter[str] = Counter()
    for (_, reason), number in reasons.items():
        by_reason[reason] += number
    of_open = f"{_listed(by_reason) or 'none'}{'' if is_all else ', and more'}"
    yield "quarantine", f"{counts['quarantine']:,}; {by_reason.total():,} of them in open days: {of_open}"


def _counts(receipts: Receipts) -> Counter[str]:
    found: Counter[str] = Counter()
    shards = (shard for shard in receipts.shards() if shard.log != CANARY_LOG)
    for receipt in filter(None, map(receipts.get, shards)):
        found.update(receipt.counts.model_dump())
    return found


def _days(store: Store) -> Iterator[tuple[str, str]]:
    marks = filter(None, map(store.marks.get, store.marks.days("closed")))
    ended = Counter("imported" if mark.how == "imported" else "closed" for mark in marks)
    yield "days", f"{len(store.open_days())} open, {ended['imported']} imported, {ended['closed']} closed"


def _visits(store: Store) -> Iterator[tuple[str, str]]:
    if files := _files(store, "visits_daily"):
        rows = duckdb.read_parquet(files).aggregate("sum(visits), sum(unique_visitors), sum(pageviews)")
        visits, visitors, pageviews = rows.fetchall()[0]
        yield "visits", f"{visits or 0:,}, with {pageviews or 0:,} pageviews and {visitors or 0:,} visitor-days"


def _goals(store: Store) -> Iterator[tuple[str, str]]:
    if store.policy.goals and (files := _files(store, "goals_daily")):
        reached = dict(duckdb.read_parquet(files).aggregate("goal, sum(conversions)").fetchall())
        yield "goals", f"{_listed(Counter(reached)) or 'none'} (visits that reached each)"


def _files(store: Store, table: str) -> list[str]:
    """Those of a published table, none where they are not on a disk."""
    place = store.place("statistics")
    return [f"{place.where}/{name}" for name in place.names(f"{table}/")] if isinstance(place, Folder) else []


def _blocklist(store: Store) -> Iterator[tuple[str, str]]:
    decisions = Decisions(store)
    active = decisions.active(store.clock())
    left_out = unlisted(store, active)
    by_scenario = _listed(Counter(one.scenario for one in active if one.decision not in left_out))
    and_more = f" and {len(left_out):,} not published" if left_out else ""
    number, total = len(active) - len(left_out), decisions.count().total()
    yield "blocklist", f"{number:,} active{and_more} of {total:,} decisions: {by_scenario or 'none'}"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(
        f"{number:,} {name}" for name, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    )


def _short(path: Path) -> Path:
    """As it can be said from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
