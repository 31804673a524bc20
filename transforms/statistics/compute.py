"""A day → all its published tables. A day stands alone: nothing of another day is needed or used."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from schemas.policy import policy_version
from schemas.scenario import Scenario
from schemas.statistics import KEY_TYPES, TABLES, Published
from transforms.detection.load import scenarios_version
from transforms.enriching.agents import agent_lists_version
from transforms.enriching.countries import country_data_version
from transforms.statistics.coded import Context
from transforms.statistics.day import CodedDay, Day, code_day, read_query
from transforms.statistics.fold import fold_small_groups
from transforms.visits.visit_log import compute_visit_log

__all__ = ["Day", "compute_day", "compute_final_day"]

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


def compute_day(day: Day, scenarios: Sequence[Scenario], context: Context, state: str) -> dict[str, pa.Table]:
    """The tables of `schemas.statistics.TABLES`, each cast to its schema and sorted by its keys.

    `state` is `provisional` while the day is open, `final` after. Hits are in the order of the log.
    """
    return _statistics(code_day(day, scenarios, context), scenarios, state)


def compute_final_day(
    day: Day, scenarios: Sequence[Scenario], context: Context
) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """What stays of a day that closes: its tables as by `compute_day`, and its visit log."""
    coded = code_day(day, scenarios, context)
    return _statistics(coded, scenarios, "final"), compute_visit_log(coded)


def _statistics(coded: CodedDay, scenarios: Sequence[Scenario], state: str) -> dict[str, pa.Table]:
    relations = {name: Folded(rows, coded.context) for name, rows in _relations(coded).items()}
    tables = {name: _compute(TABLES[name], relations[relation], coded) for name, relation in RELATIONS.items()}
    tables["late_daily"] = _late(coded.day.late)
    tables["days"] = _days(coded, scenarios, state)
    return {name: _publish(tables[name], published, coded.day.day) for name, published in TABLES.items()}


def _relations(coded: CodedDay) -> dict[str, pa.Table]:
    """What the queries read, all in codes."""
    actions, hits = coded.actions, coded.hits
    pageviews = actions.filter(actions["is_pageview"])
    moves = pageviews.filter(pc.is_valid(pageviews["to_path"]))
    return {
        "hits": hits,
        "actions": actions,
        "pageviews": pageviews,
        "transitions": moves.rename_columns(["from_path" if n == "path" else n for n in moves.column_names]),
        "downloads": actions.filter(actions["is_download"]),
        "not_found": hits.filter(pc.equal(hits["status"], 404)),
        "timed": hits.filter(hits["is_timed"]),
        "errors": coded.errors,
        "evidence": coded.evidence,
    }


class Folded:
    """The rows of a relation; many tables fold the same columns."""

    def __init__(self, rows: pa.Table, context: Context) -> None:
        self.rows = rows
        self.smallest = context.policy.statistics.smallest_group
        self._columns: dict[str, pa.ChunkedArray] = {}

    def by(self, names: Sequence[str]) -> pa.Table:
        """The rows, with small groups of these columns folded."""
        rows = self.rows
        for name in names:
            rows = rows.set_column(rows.schema.get_field_index(name), name, self._column(name))
        return rows

    def _column(self, name: str) -> pa.ChunkedArray:
        if name not in self._columns:
            # robots' names are nobody's secret
            only = self.rows["is_person"].to_numpy(zero_copy_only=False) if name == "agent" else None
            self._columns[name] = fold_small_groups(self.rows, name, self.smallest, only)[name]
        return self._columns[name]


def _compute(published: Published, relation: Folded, coded: CodedDay) -> pa.Table:
    rows = relation.by(published.folded)
    coded.connection.register(RELATIONS[published.name], rows)
    result = coded.connection.sql(read_query("transforms.statistics", published.name)).to_arrow_table()
    for index, name in enumerate(published.keys):
        if name not in KEY_TYPES:
            result = result.set_column(index, name, coded.context.decode(name, result[name].to_numpy()))
    return result


def _late(late: pa.Table) -> pa.Table:
    """Lines of closed days by log and reason."""
    plain = late.cast(pa.schema([("log", pa.string()), ("reason", pa.string()), ("lines", pa.int64())]))
    return plain.group_by(["log", "reason"]).aggregate([("lines", "sum")]).rename_columns(plain.column_names)


def _days(coded: CodedDay, scenarios: Sequence[Scenario], state: str) -> pa.Table:
    day, context = coded.day, coded.context
    row = {
        "state": state,
        "lines": len(day.hits) + len(day.errors) + day.continuations + day.quarantined,
        "hits": len(coded.hits),
        "errors": len(day.errors),
        "continuations": day.continuations,
        "ignored": len(day.hits) - len(coded.hits),
        "quarantined": day.quarantined,
        "late": pc.sum(day.late["lines"], min_count=0).as_py(),
        "policy_version": policy_version(context.policy),
        "scenarios_version": scenarios_version(scenarios),
        "agent_lists_version": agent_lists_version(),
        "country_data_version": country_data_version(context.country_reader),
    }
    return pa.table({name: [value] for name, value in row.items()})


def _publish(table: pa.Table, published: Published, day: date) -> pa.Table:
    dated = table.add_column(0, "day", pa.array([day] * len(table), pa.date32()))
    typed = dated.select(published.schema.names).cast(published.schema)
    return typed.sort_by([(key, "ascending") for key in published.keys]) if published.keys else typed
