"""A day → all its published tables. A day stands alone: nothing of another day is needed or used."""

from collections.abc import Mapping, Sequence
from datetime import date

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
from transforms.statistics.folded_day import RELATIONS, FoldedDay
from transforms.statistics.visit_log import compute_visit_log

__all__ = ["Day", "compute_day", "compute_final_day"]


def compute_day(day: Day, scenarios: Sequence[Scenario], context: Context, state: str) -> dict[str, pa.Table]:
    """The tables of `schemas.statistics.TABLES`, each cast to its schema and sorted by its keys.

    `state` is `provisional` while the day is open, `final` after. Hits are in the order of the log.
    """
    folded = FoldedDay(code_day(day, scenarios, context))
    return _statistics(_count(folded), folded.coded, scenarios, state)


def compute_final_day(
    day: Day, scenarios: Sequence[Scenario], context: Context
) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """What stays of a day that closes: its tables as by `compute_day`, and its visit log."""
    folded = FoldedDay(code_day(day, scenarios, context, with_visit_log=True))
    counted = _count(folded)
    return _statistics(counted, folded.coded, scenarios, "final"), compute_visit_log(folded, counted)


def _count(folded: FoldedDay) -> dict[str, pa.Table]:
    """The tables that are queries, in codes."""
    connection, tables = folded.coded.connection, {}
    for name, relation in RELATIONS.items():
        connection.register(relation, folded.rows(name))
        tables[name] = connection.sql(read_query("transforms.statistics", name)).to_arrow_table()
        connection.unregister(relation)  # it would keep the day's rows while the next one is read
    return tables


def _statistics(
    counted: Mapping[str, pa.Table], coded: CodedDay, scenarios: Sequence[Scenario], state: str
) -> dict[str, pa.Table]:
    tables = {name: _in_words(table, TABLES[name], coded.context) for name, table in counted.items()}
    tables["late_daily"] = _late(coded.day.late)
    tables["days"] = _days(coded, scenarios, state)
    return {name: _publish(tables[name], published, coded.day.day) for name, published in TABLES.items()}


def _in_words(table: pa.Table, published: Published, context: Context) -> pa.Table:
    for index, name in enumerate(published.keys):
        if name not in KEY_TYPES:
            table = table.set_column(index, name, context.decode(name, table[name].to_numpy()))
    return table


def _late(late: pa.Table) -> pa.Table:
    """Lines of closed days by log and reason."""
    plain = late.cast(pa.schema([("log", pa.string()), ("reason", pa.string()), ("lines", pa.int64())]))
    return plain.group_by(["log", "reason"]).aggregate([("lines", "sum")]).rename_columns(plain.column_names)


def _days(coded: CodedDay, scenarios: Sequence[Scenario], state: str) -> pa.Table:
    day, context = coded.day, coded.context
    hits = pc.sum(coded.traffic["hits"], min_count=0).as_py()
    row = {
        "state": state,
        "lines": len(day.hits) + len(day.errors) + day.continuations + day.quarantined,
        "hits": hits,
        "errors": len(day.errors),
        "continuations": day.continuations,
        "ignored": len(day.hits) - hits,
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
