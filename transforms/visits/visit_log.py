"""A closed day → its visit log: rows of hits and visits that name no client, only the network it came from."""

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
from transforms.statistics.fold import fold_small_groups

MINUTE: Final = 60_000_000
FOLDED_OF_HITS: Final = ("vhost", "path", "source", "browser", "os", "country")
FOLDED_OF_VISITS: Final = ("vhost", "path", "source", "country")
# Of RFC 9110 §9, RFC 5789 and WebDAV (RFC 4918 §9); any other is the client's own word, and may say anything
METHODS: Final = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
        *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"),
    )
)


def compute_visit_log(coded: CodedDay) -> dict[str, pa.Table]:
    """The tables of `schemas.visit_log.VISIT_LOG`, without ignored hits, and with visits of people only.

    Rows are sorted by what they say, so that their order tells nothing about who made them; values behind which stand
    too few visitors are folded, among all hits, or among the actions of people.
    """
    return {"hits": _in_words("hits", _hits(coded), coded), "visits": _in_words("visits", _visits(coded), coded)}


def _hits(coded: CodedDay) -> pa.Table:
    rows = _fold(coded.hits, FOLDED_OF_HITS, coded.context)
    return (
        rows.append_column("minute", pa.array(rows["instant"].to_numpy() // MINUTE * MINUTE))
        .append_column("client_network", pa.array(_code_networks(coded.window_hits["client_ip"], coded.context)))
        .append_column("method", pa.array(_code_methods(coded.window_hits["method"], coded.context)))
    )


def _visits(coded: CodedDay) -> pa.Table:
    coded.connection.register("actions", _fold(coded.actions, FOLDED_OF_VISITS, coded.context))
    visits = coded.connection.sql(read_query("transforms.visits", "visits")).to_arrow_table()
    (unknown,) = coded.context.code("path", [None]).tolist()
    for name in ("entry_path", "exit_path"):
        visits = visits.set_column(visits.schema.get_field_index(name), name, visits[name].fill_null(unknown))
    return visits


def _fold(rows: pa.Table, names: tuple[str, ...], context: Context) -> pa.Table:
    for name in names:
        rows = fold_small_groups(rows, name, context.policy.statistics.smallest_group)
    return rows


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
