"""A day of the window → codes: its hits, the actions of its visits, its errors, and the evidence against attackers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.scenario import Scenario
from schemas.window import HITS, LATE
from transforms.detection.count import find_alerts
from transforms.detection.match import frequent_events, match_together
from transforms.detection.match_errors import match_errors
from transforms.distinct import Distincts, distinct_values
from transforms.statistics.blocks import Blocks, in_blocks
from transforms.statistics.coded import CODED, Context, code_countries, code_hits, code_vhosts, is_ignored
from transforms.statistics.templates import message_template, published_level, published_module
from transforms.statistics.traffic import TRAFFIC, sum_traffic
from transforms.statistics.visitors import Visitors, one_a_visitor, spell_clients
from transforms.visits.actions import ACTIONS, cut_into_visits

# The border: what is published is made of these columns; one that is not named here leaves the window in no form.
LEAVING_HITS: Final = (
    *("log", "file", "line_number", "client_ip", "client_host", "requested_at", "method", "path", "query", "status"),
    *("bytes_sent", "referrer", "user_agent", "vhost", "request_seconds"),
)
LEAVING_ERRORS: Final = (
    *("log", "file", "line_number", "logged_at", "client_ip", "level", "module", "code", "vhost"),
    *("request_line", "message"),
)
OF_VISIT_LOG: Final = (
    *("instant", "vhost", "path", "status", "bytes_sent", "source_kind", "source", "agent_kind", "browser", "os"),
    *("device_class", "country", "is_pageview", "is_download"),
)
PARTS: Final = {
    name: pa.schema([schema.field(column) for column in columns])
    for name, schema, columns in (
        ("seen", CODED, ("visitor", "vhost", "agent_kind", "agent", "is_person")),
        ("not_found", CODED, ("visitor", "vhost", "path", "referrer_host")),
        ("timed", CODED, ("visitor", "vhost", "path", "bucket", "request_microseconds")),
        ("actions", CODED, ACTIONS),
        ("logged", CODED, OF_VISIT_LOG),
        ("window_hits", HITS, ("line_number", "client_ip", "method")),
    )
}
# the published column, whence it comes, and what is published of a value
PUBLISHED_OF_ERRORS: Final = (
    ("level", "level", published_level),
    ("module", "module", published_module),
    ("message_template", "message", message_template),
)


@dataclass(frozen=True)
class Day:
    """One local day's share of the window: tables of `schemas.window`, and counts of lines that are not in them.

    Hits are in the order of the log. `late` are the lines of closed days that were read on this one. `events` are those
    of all scenarios, as matched when the hits were read; without them the hits are matched again.
    """

    day: date
    hits: pa.Table | Blocks
    errors: pa.Table
    continuations: int = 0
    quarantined: int = 0
    late: pa.Table = field(default_factory=LATE.empty_table)
    events: pa.Table | Blocks | None = None


@dataclass(frozen=True)
class CodedDay:
    """A day as DuckDB may see it; the vocabulary of `context` tells what its codes stand for."""

    day: Day
    traffic: pa.Table  # hits without ignored ones, summed: as by `sum_traffic`
    seen: pa.Table  # a row for each visitor and host of them
    not_found: pa.Table
    timed: pa.Table
    actions: pa.Table
    errors: pa.Table
    evidence: pa.Table
    context: Context
    connection: duckdb.DuckDBPyConnection
    logged: pa.Table  # for the visit log only, a row a hit: OF_VISIT_LOG
    window_hits: pa.Table  # beside it: what has no codes, and is not for DuckDB


def code_day(day: Day, scenarios: Sequence[Scenario], context: Context, *, with_visit_log: bool = False) -> CodedDay:
    """A day in codes; detection sees ignored hits too, nothing else does."""
    alerts, evidence = _find_alerts(day, scenarios, context)
    attackers = {client for client in distinct_values(evidence["client_ip"])[1] if client}
    parts = _code_hits(in_blocks(day.hits), attackers, context, with_visit_log=with_visit_log)
    actions = cut_into_visits(parts["actions"], context.policy.statistics.visit_gap)
    pa.default_memory_pool().release_unused()  # what the blocks took, for what follows
    return CodedDay(
        day=day,
        traffic=parts["traffic"],
        seen=one_a_visitor(parts["seen"]),
        not_found=parts["not_found"],
        timed=parts["timed"],
        actions=actions,
        errors=_code_errors(spell_clients(day.errors.select(LEAVING_ERRORS).unify_dictionaries()), context),
        evidence=_code_evidence(alerts, evidence, context),
        context=context,
        connection=context.connection,
        logged=parts["logged"],
        window_hits=parts["window_hits"].unify_dictionaries(),
    )


def _code_hits(hits: Blocks, attackers: set[str], context: Context, *, with_visit_log: bool) -> dict[str, pa.Table]:
    """What is not ignored, block by block: of each hit no more is kept than its tables are made of."""
    visitors = Visitors()
    parts = {name: [schema.empty_table()] for name, schema in {**PARTS, "traffic": TRAFFIC}.items()}
    for block in map(spell_clients, hits.read(LEAVING_HITS)):
        ignored = is_ignored(block, context)
        kept = block.filter(pa.array(~ignored)) if ignored.any() else block
        coded = code_hits(kept, attackers, visitors, context)
        found = {
            "seen": one_a_visitor(coded.select(PARTS["seen"].names)),
            "not_found": coded.filter(pc.equal(coded["status"], 404)),
            "timed": coded.filter(coded["is_timed"]),
            "actions": coded.filter(pc.or_(coded["is_pageview"], coded["is_download"])),
            **({"logged": coded, "window_hits": kept} if with_visit_log else {}),
        }
        for name, table in found.items():
            parts[name].append(table.select(PARTS[name].names))
        parts["traffic"].append(sum_traffic(coded))
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


@cache
def read_query(package: str, name: str) -> str:
    """The SELECT in a file of a package."""
    return resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _find_alerts(day: Day, scenarios: Sequence[Scenario], context: Context) -> tuple[pa.Table, pa.Table]:
    """The alerts of this day's events alone, and their evidence."""
    acting = [scenario for scenario in scenarios if scenario.mode == "ban"]
    if day.events is None:
        hits = in_blocks(day.hits)
        of_hits = match_together(lambda columns: map(spell_clients, hits.read(columns)), acting, context.known)
        events = pa.concat_tables([of_hits, match_errors(spell_clients(day.errors.unify_dictionaries()), acting)])
    else:
        events = frequent_events(in_blocks(day.events).read, acting)
    alerts, evidence = find_alerts(events, acting, context.policy.allowed, context.owner_of)
    return alerts, spell_clients(evidence.unify_dictionaries())


def _code_errors(errors: pa.Table, context: Context) -> pa.Table:
    values = Distincts(errors)
    columns = {
        "visitor": values["client_ip"][0],
        "vhost": code_vhosts(values["vhost"], context),
    }
    for name, source, publish in PUBLISHED_OF_ERRORS:
        codes, texts = values[source]
        columns[name] = context.code(name, [None if text is None else publish(text) for text in texts])[codes]
    return pa.table(columns)


def _code_evidence(alerts: pa.Table, evidence: pa.Table, context: Context) -> pa.Table:
    """An alert's vhost is that of its first hit; its country that of each address."""
    alert = evidence["alert"].to_numpy()
    order = np.lexsort((evidence["line_number"].to_numpy(), evidence["occurred_at"].cast(pa.int64()).to_numpy(), alert))
    values = Distincts(evidence)
    vhosts = code_vhosts(values["vhost"], context)
    numbers, first = np.unique(alert[order], return_index=True)
    by_number = dict(zip(alerts["alert"].to_pylist(), alerts["outcome"].to_pylist(), strict=True))
    places = np.searchsorted(numbers, alert)
    scenario, names = values["scenario"]
    return pa.table(
        {
            "alert": alert,
            "scenario": context.code("scenario", names)[scenario],
            "outcome": context.code("outcome", [by_number[number] for number in numbers.tolist()])[places],
            "vhost": vhosts[order[first]][places],
            "country": code_countries(values["client_ip"], context),
            "address": values["client_ip"][0],
            "visitor": values["client_ip"][0],
        }
    )
