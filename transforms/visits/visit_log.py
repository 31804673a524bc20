"""A closed day → its visit log: rows of hits and visits that name no client, only the network it came from."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.statistics import OTHER, UNKNOWN
from schemas.visit_log import VISIT_LOG
from transforms.anonymising.addresses import truncate_addresses
from transforms.distinct import Codes, distinct_values
from transforms.statistics.coded import Context
from transforms.statistics.day import CodedDay, read_query
from transforms.statistics.fold import FOLDED, codes_of
from transforms.statistics.folded_day import FoldedDay

MINUTE: Final = 60_000_000
FOLDED_OF_HITS: Final = ("path", "source", "browser", "os", "country")
# Of RFC 9110 §9, RFC 5789 and WebDAV (RFC 4918 §9); any other is the client's own word, and may say anything
METHODS: Final = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
        *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"),
    )
)


def compute_visit_log(folded: FoldedDay, shown: Mapping[str, Codes]) -> dict[str, pa.Table]:
    """The tables of `schemas.visit_log.VISIT_LOG`, without ignored hits, and with visits of people only.

    Rows are sorted by what they say, so that their order tells nothing about who made them. Only values that are
    `shown` in the day's tables (codes by kind) are shown here too; a visit has those that its tables have.
    """
    coded = folded.coded
    return {
        "hits": _in_words("hits", _hits(folded, shown), coded),
        "visits": _in_words("visits", _visits(folded), coded),
    }


def _hits(folded: FoldedDay, shown: Mapping[str, Codes]) -> pa.Table:
    coded, rows = folded.coded, folded.relations["hits"]
    for name in coded.logged.column_names:
        rows = rows.append_column(name, coded.logged[name])
    if folded.smallest > 1:
        for name in FOLDED_OF_HITS:
            codes = codes_of(rows, name)
            rows = _with(rows, name, np.where(np.isin(codes, _survivors(shown[name], coded, name)), codes, FOLDED))
    return (
        rows.append_column("minute", pa.array(rows["instant"].to_numpy() // MINUTE * MINUTE))
        .append_column("client_network", pa.array(_code_networks(coded.window_hits["client_ip"], coded.context)))
        .append_column("method", pa.array(_code_methods(coded.window_hits["method"], coded.context)))
    )


def _survivors(shown: Codes, coded: CodedDay, name: str) -> Codes:
    """Also `unknown`, of which nothing can be told: robots have no browser."""
    return np.append(shown, coded.context.code(name, [None]))


def _visits(folded: FoldedDay) -> pa.Table:
    coded, actions = folded.coded, folded.relations["actions"]
    for table, name in (("sources_daily", "source"), ("countries_daily", "country")):
        actions = _with(actions, name, folded.rows(table)[name])
    paths = np.full(len(actions), FOLDED)  # of downloads, which neither begin nor end a visit of pages
    paths[actions["is_pageview"].to_numpy(zero_copy_only=False)] = codes_of(folded.rows("pages_daily"), "path")
    coded.connection.register("actions", _with(actions, "path", paths))
    visits = coded.connection.sql(read_query("transforms.visits", "visits")).to_arrow_table()
    (unknown,) = coded.context.code("path", [None]).tolist()
    for name in ("entry_path", "exit_path"):
        visits = _with(visits, name, visits[name].fill_null(unknown))
    return visits


def _with(rows: pa.Table, name: str, codes: Codes | pa.ChunkedArray) -> pa.Table:
    column = codes if isinstance(codes, pa.ChunkedArray) else pa.array(codes)
    return rows.set_column(rows.schema.get_field_index(name), name, column)


def _code_networks(clients: pa.ChunkedArray, context: Context) -> Codes:
    codes, addresses = distinct_values(clients)
    kept = context.policy.truncation
    networks = truncate_addresses(pa.array(addresses, pa.string()), kept.ipv4_prefix, kept.ipv6_prefix)
    return context.code("client_network", networks.to_pylist())[codes]


def _code_methods(methods: pa.ChunkedArray, context: Context) -> Codes:
    codes, values = distinct_values(methods)
    known = [UNKNOWN if value is None else value if value in METHODS else OTHER for value in values]
    return context.code("method", known)[codes]


def _in_words(name: str, codes: pa.Table, coded: CodedDay) -> pa.Table:
    """Codes → texts, in the schema's columns and types, sorted by each column in turn."""
    schema = VISIT_LOG[name]
    columns, keys = [pa.array([coded.day.day] * len(codes), pa.date32())], []
    for column in schema.names[1:]:
        values = codes[column].to_numpy()
        is_text = pa.types.is_string(schema.field(column).type)
        columns.append(coded.context.decode(column, values) if is_text else pa.array(values))
        keys.append(_ranks(columns[-1]) if is_text else values)
    return pa.table(columns, names=schema.names).take(pa.array(np.lexsort(keys[::-1]))).cast(schema)


def _ranks(texts: pa.DictionaryArray) -> np.ndarray:
    """For each row its text's place in the alphabet, in as few bits as it takes: they sort faster."""
    ranks = pc.rank(texts.dictionary, tiebreaker="min").to_numpy()
    places: np.ndarray = ranks.astype(np.min_scalar_type(len(ranks)))[texts.indices.to_numpy()]
    return places
