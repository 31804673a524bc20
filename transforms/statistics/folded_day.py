"""A coded day as its tables show it: small groups folded, and what one table hides not shown in another of its rows."""

from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.statistics import TABLES, UNKNOWN
from transforms.statistics.day import CodedDay
from transforms.statistics.fold import FOLDED, HOST, Cells, Population, codes_of, fold_cells, with_codes
from transforms.statistics.goals import find_conversions
from transforms.statistics.hosts import published_hosts, with_hosts
from transforms.statistics.shown import is_hidden, is_shown
from transforms.statistics.visitors import one_a_visitor

# table → the relation its query reads
RELATIONS: Final = {
    "traffic_hourly": "traffic",
    "visits_daily": "actions",
    "pages_daily": "pageviews",
    "sources_daily": "actions",
    "transitions_daily": "transitions",
    "devices_daily": "actions",
    "countries_daily": "actions",
    "downloads_daily": "downloads",
    "goals_daily": "conversions",
    "status_daily": "traffic",
    "not_found_daily": "not_found",
    "agents_daily": "traffic",
    "errors_daily": "errors",
    "attacks_daily": "evidence",
    "response_times_daily": "timed",
}
OF_PAGEVIEWS: Final = ("visitor", HOST, "path", "to_vhost", "to_path", "dwell", "is_entry", "is_exit", "is_bounce")
BROWSERS: Final = ((HOST, HOST), ("agent", "browser"))  # of all hits, and of actions
PAGE: Final = (HOST, "path")
SOURCE: Final = (HOST, "source_kind", "source")


class FoldedDay:
    """The relations of a day; `rows` folds them, each once."""

    def __init__(self, coded: CodedDay) -> None:
        self.coded = coded
        self.smallest = coded.context.policy.statistics.smallest_group
        self.relations = _relations(coded)
        self._folded: dict[tuple[str, tuple[str, ...]], pa.Table] = {}

    def rows(self, table: str) -> pa.Table:
        """What the query of a table reads; tables that fold the same keys of the same relation share it."""
        published, relation = TABLES[table], RELATIONS[table]
        key = relation, published.keys if len(published.folded) > 1 else ()
        if key not in self._folded:
            rows = self.relations[relation]
            prepare = PREPARED.get(table)
            if prepare and self.smallest > 1 and len(rows):
                rows = prepare(self, rows)
            if table != "agents_daily":  # robots' names are nobody's secret, and people's are folded by now
                rows = fold_cells(rows, published, self.smallest, self.words)
            self._folded[key] = rows
        return self._folded[key]

    def words(self, rows: pa.Table, key: str) -> list[str]:
        """The texts in a column of codes."""
        return list(self.coded.context.decode(key, codes_of(rows, key)).to_pylist())

    @cached_property
    def hides_browser(self) -> NDArray[np.bool_]:
        """By host and browser, each code and one: `agents_daily` and `devices_daily` both have pageviews by browser."""
        seen, actions = self.relations["seen"], self.relations["actions"]
        people = seen.filter(seen["is_person"])
        acting = one_a_visitor(actions.select(("visitor", HOST, "browser")))
        populations = [Population(people, (HOST, "agent")), Population(acting, (HOST, "browser"))]
        cells = Cells(populations, self.smallest, self.words)
        for number in (0, 1):
            cells.protect(number, (HOST,))
        hosts, browsers = (np.append(codes_of(people, name), codes_of(acting, key)) + 1 for name, key in BROWSERS)
        hides = np.zeros((int(hosts.max(initial=0)) + 1, int(browsers.max(initial=0)) + 1), bool)
        hides[hosts, browsers] = cells.hidden[np.concatenate(cells.of_rows)]
        return hides

    def prepare_agents(self, rows: pa.Table) -> pa.Table:
        """People's browsers folded."""
        agents, people = codes_of(rows, "agent").copy(), rows["is_person"].to_numpy()
        seen, hosts = agents[people], codes_of(rows, HOST)[people]
        agents[people] = np.where(self.hides_browser[hosts + 1, seen + 1], FOLDED, seen)
        return with_codes(rows, "agent", agents)

    def prepare_devices(self, rows: pa.Table) -> pa.Table:
        """The same browsers folded."""
        return _fold_where(rows, "browser", self.hides_browser[codes_of(rows, HOST) + 1, codes_of(rows, "browser") + 1])

    def prepare_transitions(self, rows: pa.Table) -> pa.Table:
        """Only pages that `pages_daily` shows."""
        for host, path in ((HOST, "from_path"), ("to_vhost", "to_path")):
            shown = is_shown(rows, (host, path), self.rows("pages_daily"), PAGE)
            rows = _fold_where(rows, path, ~shown)
        return rows

    def prepare_goals(self, rows: pa.Table) -> pa.Table:
        """Only sources that `sources_daily` shows, and pages that `pages_daily` does."""
        shown = is_shown(rows, SOURCE, self.rows("sources_daily"), SOURCE)
        rows = _fold_where(rows, "source", ~shown)
        shown = is_shown(rows, (HOST, "entry_path"), self.rows("pages_daily"), PAGE)
        (unknown,) = self.coded.context.code("path", [UNKNOWN]).tolist()
        return _fold_where(rows, "entry_path", ~shown & (codes_of(rows, "entry_path") != unknown))

    def prepare_times(self, rows: pa.Table) -> pa.Table:
        """No page that `pages_daily` hides; other paths are in no table but this one."""
        hidden = is_hidden(rows, PAGE, self.relations["pageviews"], self.rows("pages_daily"), PAGE)
        return _fold_where(rows, "path", hidden)


PREPARED: Final[dict[str, Callable[[FoldedDay, pa.Table], pa.Table]]] = {
    "agents_daily": FoldedDay.prepare_agents,
    "devices_daily": FoldedDay.prepare_devices,
    "transitions_daily": FoldedDay.prepare_transitions,
    "goals_daily": FoldedDay.prepare_goals,
    "response_times_daily": FoldedDay.prepare_times,
}


def _fold_where(rows: pa.Table, column: str, is_folded: np.ndarray) -> pa.Table:
    return with_codes(rows, column, np.where(is_folded, FOLDED, codes_of(rows, column)))


def _relations(coded: CodedDay) -> dict[str, pa.Table]:
    """What the queries read, all in codes, the hosts folded."""
    hosts = published_hosts(coded)
    actions = with_hosts(coded.actions, hosts, (HOST, "to_vhost"))
    pageviews = actions.select(OF_PAGEVIEWS).filter(actions["is_pageview"])
    moves = pageviews.select(("visitor", HOST, "path", "to_vhost", "to_path"))
    moves = moves.filter(pc.is_valid(moves["to_path"]))
    return {
        "traffic": with_hosts(coded.traffic, hosts),
        "seen": with_hosts(coded.seen, hosts),
        "logged": with_hosts(coded.logged, hosts),
        "actions": actions,
        "pageviews": pageviews,
        "transitions": moves.rename_columns(["from_path" if n == "path" else n for n in moves.column_names]),
        "downloads": actions.filter(actions["is_download"]),
        "conversions": find_conversions(actions, coded.context.policy.goals, coded.context),
        "not_found": with_hosts(coded.not_found, hosts),
        "timed": with_hosts(coded.timed, hosts),
        "errors": with_hosts(coded.errors, hosts),
        "evidence": with_hosts(coded.evidence, hosts),
    }
