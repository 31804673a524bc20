"""A day → all its published tables. A day stands alone: nothing of another day is needed or used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.policy import policy_version
from schemas.scenario import Scenario
from schemas.statistics import KEY_TYPES, OTHER, TABLES, Published
from transforms.detection.count import find_alerts
from transforms.detection.load import scenarios_version
from transforms.detection.match import match_events
from transforms.distinct import Vocabulary, distinct_values
from transforms.enriching.agents import agent_lists_version
from transforms.enriching.countries import country_data_version
from transforms.statistics.coded import (
    Context,
    code_countries,
    code_hits,
    code_vhosts,
    code_visitors,
    is_ignored,
    plain_client,
)
from transforms.statistics.fold import fold_small_groups
from transforms.statistics.templates import message_template

# kinds of text that several columns share; any other column's kind is its own name
KINDS: Final = {"from_path": "path", "to_path": "path"}
MEMORY_LIMIT: Final = "1GB"
ACTIONS_AT_ONCE: Final = 1_000_000
ACTION_COLUMNS: Final = (
    *("visitor", "instant", "position", "vhost", "path", "is_pageview", "is_download"),
    *("source_kind", "source", "campaign", "device_class", "os", "browser", "country"),
)

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
    "status_daily": "hits",
    "not_found_daily": "not_found",
    "agents_daily": "hits",
    "errors_daily": "errors",
    "attacks_daily": "evidence",
    "response_times_daily": "timed",
}


@dataclass(frozen=True)
class Day:
    """One local day's share of the window: tables of `schemas.window`, and counts of lines that are not in them."""

    day: date
    hits: pa.Table
    errors: pa.Table
    continuations: int = 0
    quarantined: int = 0
    late: int = 0


def compute_day(day: Day, scenarios: Sequence[Scenario], context: Context, state: str) -> dict[str, pa.Table]:
    """The tables of `schemas.statistics.TABLES`, each cast to its schema and sorted by its keys.

    `state` is `provisional` while the day is open, `final` after. Hits are in the order of the log.
    """
    hits = day.hits.unify_dictionaries()
    errors = day.errors.unify_dictionaries()
    ignored = is_ignored(hits, context.policy)
    context = replace(context, vocabulary=Vocabulary())  # a day stands alone
    connection = open_engine()
    relations = _relations(connection, hits, ignored, errors, scenarios, context)
    tables = {name: _compute(connection, TABLES[name], relations, context) for name in RELATIONS}
    tables["days"] = _days(day, int(ignored.sum()), state, scenarios, context)
    return {name: _publish(tables.get(name), published, day.day) for name, published in TABLES.items()}


def open_engine() -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads and writes no file: what it spilled would be readable."""
    return duckdb.connect(
        config={"enable_external_access": False, "temp_directory": "", "memory_limit": MEMORY_LIMIT, "threads": 2}
    )


@cache
def read_query(package: str, name: str) -> str:
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _relations(
    connection: duckdb.DuckDBPyConnection,
    hits: pa.Table,
    ignored: np.ndarray,
    errors: pa.Table,
    scenarios: Sequence[Scenario],
    context: Context,
) -> dict[str, pa.Table]:
    """What the queries read, all in codes; detection sees ignored hits too, nothing else does."""
    acting = [scenario for scenario in scenarios if scenario.mode == "ban"]
    allowlist = [str(network) for network in context.policy.blocklist.allowlist]
    alerts, evidence = find_alerts(match_events(hits, acting), acting, allowlist)
    attackers = {client for client in map(plain_client, distinct_values(evidence["client_ip"])[1]) if client}
    coded = code_hits(hits.filter(pa.array(~ignored)) if ignored.any() else hits, attackers, context)
    actions = _cut_into_visits(connection, coded, context)
    pageviews = actions.filter(actions["is_pageview"])
    moves = pageviews.filter(pc.is_valid(pageviews["to_path"]))
    return {
        "hits": coded,
        "actions": actions,
        "pageviews": pageviews,
        "transitions": moves.rename_columns(["from_path" if n == "path" else n for n in moves.column_names]),
        "downloads": actions.filter(actions["is_download"]),
        "not_found": coded.filter(pc.equal(coded["status"], 404)),
        "timed": coded.filter(coded["is_timed"]),
        "errors": _code_errors(errors, context),
        "evidence": _code_evidence(alerts, evidence.unify_dictionaries(), context),
    }


def _cut_into_visits(connection: duckdb.DuckDBPyConnection, hits: pa.Table, context: Context) -> pa.Table:
    """The actions of all visitors, some visitors at a time, so that memory does not grow with the day."""
    gap = context.policy.statistics.visit_gap // timedelta(microseconds=1)
    query = read_query("transforms.visits", "actions")
    acts = hits.filter(pc.or_(hits["is_pageview"], hits["is_download"])).select(ACTION_COLUMNS)
    share = acts["visitor"].to_numpy() % (len(acts) // ACTIONS_AT_ONCE + 1)
    parts = []
    for number in range(int(share.max(initial=0)) + 1):
        connection.register("acts", acts.filter(pa.array(share == number)))
        parts.append(connection.sql(query, params={"gap": gap}).to_arrow_table())
    return pa.concat_tables(parts)


def _code_errors(errors: pa.Table, context: Context) -> pa.Table:
    columns = {
        "visitor": code_visitors(errors, ("client_ip",)),
        "vhost": code_vhosts(errors["vhost"], context),
    }
    for name, source in (("level", "level"), ("module", "module"), ("message_template", "message")):
        codes, values = distinct_values(errors[source])
        if name == "message_template":
            values = [None if value is None else message_template(value) for value in values]
        columns[name] = context.code(name, values)[codes]
    return pa.table(columns)


def _code_evidence(alerts: pa.Table, evidence: pa.Table, context: Context) -> pa.Table:
    """An alert's vhost is that of its first hit; its country that of each address."""
    alert = evidence["alert"].to_numpy()
    order = np.lexsort((evidence["line_number"].to_numpy(), evidence["occurred_at"].cast(pa.int64()).to_numpy(), alert))
    vhosts = code_vhosts(evidence["vhost"], context)
    numbers, first = np.unique(alert[order], return_index=True)
    by_number = dict(zip(alerts["alert"].to_pylist(), alerts["outcome"].to_pylist(), strict=True))
    places = np.searchsorted(numbers, alert)
    scenario, names = distinct_values(evidence["scenario"])
    return pa.table(
        {
            "alert": alert,
            "scenario": context.code("scenario", names)[scenario],
            "outcome": context.code("outcome", [by_number[number] for number in numbers.tolist()])[places],
            "vhost": vhosts[order[first]][places],
            "country": code_countries(evidence["client_ip"], context),
            "address": code_visitors(evidence, ("client_ip",)),
            "visitor": code_visitors(evidence, ("client_ip", "user_agent")),
        }
    )


def _compute(
    connection: duckdb.DuckDBPyConnection, published: Published, relations: dict[str, pa.Table], context: Context
) -> pa.Table:
    relation = RELATIONS[published.name]
    rows = relations[relation]
    smallest = context.policy.statistics.smallest_group
    for name in published.folded:
        # robots' names are nobody's secret
        only = rows["is_person"].to_numpy(zero_copy_only=False) if name == "agent" else None
        rows = fold_small_groups(rows, (name,), smallest, only)
    connection.register(relation, rows)
    result = connection.sql(read_query("transforms.statistics", published.name)).to_arrow_table()
    for index, name in enumerate(published.keys):
        if name not in KEY_TYPES:
            texts = context.vocabulary.decode(KINDS.get(name, name), result[name].to_numpy(), OTHER)
            result = result.set_column(index, name, texts)
    return result


def _days(day: Day, ignored: int, state: str, scenarios: Sequence[Scenario], context: Context) -> pa.Table:
    hits, errors = len(day.hits), len(day.errors)
    row = {
        "state": state,
        "lines": hits + errors + day.continuations + day.quarantined,
        "hits": hits - ignored,
        "errors": errors,
        "continuations": day.continuations,
        "ignored": ignored,
        "quarantined": day.quarantined,
        "late": day.late,
        "policy_version": policy_version(context.policy),
        "scenarios_version": scenarios_version(scenarios),
        "agent_lists_version": agent_lists_version(),
        "country_data_version": country_data_version(context.country_reader),
    }
    return pa.table({name: [value] for name, value in row.items()})


def _publish(table: pa.Table | None, published: Published, day: date) -> pa.Table:
    if table is None:
        return published.schema.empty_table()
    dated = table.select([*published.keys, *published.figures]).add_column(
        0, "day", pa.array([day] * len(table), pa.date32())
    )
    ordered = dated.sort_by([(key, "ascending") for key in published.keys]) if published.keys else dated
    return ordered.cast(published.schema)
