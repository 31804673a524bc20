"""A few lines behind each target of a backtest, as the log has them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from plugins.backtest.running import Backtest
from plugins.steps.days import look_at_day
from plugins.store.store import Store
from transforms.statistics.blocks import in_blocks
from transforms.statistics.day import Day

Row = dict[str, Any]
PLACE: Final = ("log", "file", "line_number")
OF_HITS: Final = ("requested_at", "method", "vhost", "path", "query", "status", "user_agent")
OF_ERRORS: Final = ("logged_at", "vhost", "level", "message")


def evidence_of(store: Store, found: Backtest, targets: Collection[str], most: int = 3) -> dict[str, list[Row]]:
    """The first lines of each target, oldest first; every text in them is as a visitor sent it."""
    wanted = _first_places(found, targets, most)
    numbers = pa.array([number for _, _, number in wanted], pa.int64())
    lines: dict[str, list[Row]] = {one.target: [] for one in found.targets if one.target in targets}
    for day in found.days:
        for block in _rows(look_at_day(store, day), bool(found.scenario.error)):
            for row in block.filter(pc.is_in(block["line_number"], numbers)).to_pylist():
                for target in wanted.get(tuple(row.pop(name) for name in PLACE), ()):
                    lines[target].append(row)
    return {target: sorted(rows, key=lambda row: next(iter(row.values()))) for target, rows in lines.items() if rows}


def _rows(day: Day, of_errors: bool) -> Iterator[pa.Table]:
    return in_blocks(day.errors if of_errors else day.hits).read([*(OF_ERRORS if of_errors else OF_HITS), *PLACE])


def _first_places(found: Backtest, targets: Collection[str], most: int) -> dict[tuple[str, ...], list[str]]:
    """The places of lines, each with the targets behind which it stands."""
    target_of = dict(zip(found.alerts["alert"].to_pylist(), found.alerts["target"].to_pylist(), strict=True))
    seen: Counter[str] = Counter()
    places: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in found.evidence.select(["alert", *PLACE]).to_pylist():
        target = target_of[row.pop("alert")]
        if target in targets and seen[target] < most:
            seen[target] += 1
            places[tuple(row.values())].append(target)
    return places
