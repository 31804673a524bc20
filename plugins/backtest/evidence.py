"""A few lines behind each target of a backtest, as the log has them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from plugins.backtest.running import Backtest
from plugins.steps.days import day_receipts, load_day
from plugins.store.store import Store
from transforms.statistics.blocks import in_blocks

Place = tuple[str, str, int]  # log, file and number of a line
PLACE: Final = ("log", "file", "line_number")
OF_HITS: Final = ("requested_at", "method", "vhost", "path", "query", "status", "user_agent")
OF_ERRORS: Final = ("logged_at", "vhost", "level", "message")


def evidence_of(
    store: Store, found: Backtest, targets: Collection[str], most: int = 3
) -> dict[str, list[dict[str, Any]]]:
    """The first lines of each target, oldest first; every text in them is as a visitor sent it."""
    wanted = _first_places(found, targets, most)
    lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for day in found.days:
        for block in _rows(store, found, day):
            near = block.filter(pc.is_in(block["line_number"], pa.array([place[2] for place in wanted], pa.int64())))
            for row in near.to_pylist():
                for target in wanted.get((row["log"], row["file"], row["line_number"]), ()):
                    lines[target].append({name: text for name, text in row.items() if name not in PLACE})
    ordered = [one.target for one in found.targets if one.target in lines]
    return {target: sorted(lines[target], key=lambda row: next(iter(row.values()))) for target in ordered}


def _rows(store: Store, found: Backtest, day: Any) -> Iterator[pa.Table]:
    loaded = load_day(store.window, day, day_receipts(store, day), partial(store.keys.look, day))
    if found.scenario.error:
        return iter([loaded.errors.select([*OF_ERRORS, *PLACE])])
    return in_blocks(loaded.hits).read([*OF_HITS, *PLACE])


def _first_places(found: Backtest, targets: Collection[str], most: int) -> dict[Place, list[str]]:
    target_of = dict(zip(found.alerts["alert"].to_pylist(), found.alerts["target"].to_pylist(), strict=True))
    seen: Counter[str] = Counter()
    places: defaultdict[Place, list[str]] = defaultdict(list)
    for row in found.evidence.select(["alert", *PLACE]).to_pylist():
        target = target_of[row["alert"]]
        if target in targets and seen[target] < most:
            seen[target] += 1
            places[row["log"], row["file"], row["line_number"]].append(target)
    return places
