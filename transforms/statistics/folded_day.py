"""A coded day as its tables show it: hosts folded for all of them alike, other small groups as the keys of each say."""

from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import TABLES
from transforms.distinct import Codes
from transforms.statistics.day import CodedDay
from transforms.statistics.fold import FOLDED, HOST, codes_of, fold_cells, fold_hosts
from transforms.visits.goals import find_conversions

# table → the relation its query reads
RELATIONS: Final = {
    "traffic_hourly": "hits",
    "visits_daily": "actions",
    "pages_daily": "pageviews",
    "sources_daily": "actions",
    "transitions_daily": "transitions",
    "devices_daily": "actions",
    "countries_daily": "actions",
    "downloads_daily": "downloads",
    "goals_daily": "conversions",
    "status_daily": "hits",
    "not_found_daily": "not_found",
    "agents_daily": "hits",
    "errors_daily": "errors",
    "attacks_daily": "evidence",
    "response_times_daily": "timed",
}
OF_PAGEVIEWS: Final = ("visitor", HOST, "path", "to_path", "dwell", "is_entry", "is_exit", "is_bounce")


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
            words = partial(_words, self.coded)
            if "agent" in published.folded:  # robots' names are nobody's secret
                people = rows.select(("visitor", *published.keys)).filter(rows["is_person"])
                rows = _with_agents(rows, fold_cells(people, published, self.smallest, words))
            else:
                rows = fold_cells(rows, published, self.smallest, words)
            self._folded[key] = rows
        return self._folded[key]


def _words(coded: CodedDay, column: str, codes: Codes) -> list[str]:
    return list(coded.context.decode(column, codes).to_pylist())


def _with_agents(rows: pa.Table, people: pa.Table) -> pa.Table:
    agents = codes_of(rows, "agent").copy()
    agents[rows["is_person"].to_numpy(zero_copy_only=False)] = codes_of(people, "agent")
    return rows.set_column(rows.schema.get_field_index("agent"), "agent", pa.array(agents))


def _published_hosts(coded: CodedDay) -> Codes | None:
    """The code of each host in all tables of the day; None where nothing is folded."""
    smallest = coded.context.policy.statistics.smallest_group
    if smallest <= 1 or not len(coded.hits) + len(coded.errors):
        return None
    (site,) = coded.context.code(HOST, [coded.context.policy.site.name]).tolist()
    people = coded.hits.select((HOST, "visitor")).filter(coded.hits["is_person"])
    populations = [
        _everybody(coded),
        *((codes_of(rows, HOST), codes_of(rows, "visitor")) for rows in (people, coded.actions)),
    ]
    return fold_hosts(populations, smallest, site, partial(_words, coded, HOST))


def _everybody(coded: CodedDay) -> tuple[Codes, Codes]:
    """The hosts and visitors of all hits, and of errors on hosts that no hit has."""
    hosts, visitors = codes_of(coded.hits, HOST), codes_of(coded.hits, "visitor")
    others = coded.errors.filter(~np.isin(codes_of(coded.errors, HOST), np.unique(hosts)))
    if not len(others):
        return hosts, visitors
    apart = codes_of(others, "visitor").astype(np.int64) + int(visitors.max(initial=-1)) + 1
    return np.concatenate([hosts, codes_of(others, HOST)]), np.concatenate([visitors, apart])


def _with_hosts(rows: pa.Table, hosts: Codes | None) -> pa.Table:
    if hosts is None or not len(rows):
        return rows
    if np.array_equal(hosts, np.arange(len(hosts))) and pc.max(rows[HOST]).as_py() < len(hosts):
        return rows
    codes = codes_of(rows, HOST)  # of attackers' hits that the policy ignores the host may be in no table
    known = np.append(hosts, np.full(max(int(codes.max()) + 1 - len(hosts), 0), FOLDED))
    return rows.set_column(rows.schema.get_field_index(HOST), HOST, pa.array(known[codes]))


def _relations(coded: CodedDay) -> dict[str, pa.Table]:
    """What the queries read, all in codes, the hosts folded."""
    hosts = _published_hosts(coded)
    hits, actions = _with_hosts(coded.hits, hosts), _with_hosts(coded.actions, hosts)
    pageviews = actions.select(OF_PAGEVIEWS).filter(actions["is_pageview"])
    moves = pageviews.select(("visitor", HOST, "path", "to_path")).filter(pc.is_valid(pageviews["to_path"]))
    return {
        "hits": hits,
        "actions": actions,
        "pageviews": pageviews,
        "transitions": moves.rename_columns(["from_path" if n == "path" else n for n in moves.column_names]),
        "downloads": actions.filter(actions["is_download"]),
        "conversions": find_conversions(actions, coded.context.policy.goals, coded.context),
        "not_found": _with_hosts(coded.not_found, hosts),
        "timed": _with_hosts(coded.timed, hosts),
        "errors": _with_hosts(coded.errors, hosts),
        "evidence": _with_hosts(coded.evidence, hosts),
    }
