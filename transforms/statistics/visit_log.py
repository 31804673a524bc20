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
from transforms.statistics.fold import FOLDED, HOST, codes_of, with_codes
from transforms.statistics.folded_day import PAGE, SOURCE, FoldedDay
from transforms.statistics.shown import Mask, is_shown

MINUTE: Final = 60_000_000
# keys whose last one is a column of the log → the table that says whether it may be shown
SHOWN_IN: Final = {
    SOURCE: "sources_daily",
    (HOST, "browser"): "devices_daily",
    (HOST, "os"): "devices_daily",
    (HOST, "country"): "countries_daily",
}
OF_PATHS: Final = ("pages_daily", "downloads_daily", "not_found_daily", "response_times_daily")
# Of RFC 9110 §9, RFC 5789 and WebDAV (RFC 4918 §9); any other is the client's own word, and may say anything
METHODS: Final = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
        *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"),
    )
)


def compute_visit_log(folded: FoldedDay, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables of `schemas.visit_log.VISIT_LOG`, without ignored hits, and with visits of people only.

    Rows are sorted by what they say, so that their order tells nothing about who made them. Only values that the
    day's `tables` (in codes) show for the same host are shown here too; a visit has those that its tables have.
    """
    coded = folded.coded
    return {
        "hits": _in_words("hits", _hits(folded, tables), coded),
        "visits": _in_words("visits", _visits(folded), coded),
    }


def _hits(folded: FoldedDay, tables: Mapping[str, pa.Table]) -> pa.Table:
    coded, rows = folded.coded, folded.relations["logged"]
    if folded.smallest > 1:
        shown = {"path": _shows_path(rows, tables)}
        shown |= {keys[-1]: is_shown(rows, keys, tables[table], keys) for keys, table in SHOWN_IN.items()}
        for name, is_seen in shown.items():
            codes, (unknown,) = codes_of(rows, name), coded.context.code(name, [None]).tolist()
            rows = with_codes(rows, name, np.where(is_seen | (codes == unknown), codes, FOLDED))
    return (
        rows.append_column("minute", pa.array(rows["instant"].to_numpy() // MINUTE * MINUTE))
        .append_column("client_network", pa.array(_code_networks(coded.window_hits["client_ip"], coded.context)))
        .append_column("method", pa.array(_code_methods(coded.window_hits["method"], coded.context)))
    )


def _shows_path(rows: pa.Table, tables: Mapping[str, pa.Table]) -> Mask:
    """By the table that counts the hit; of hits that none counts, by any."""
    pages, files, missing, timed = (is_shown(rows, PAGE, tables[name], PAGE) for name in OF_PATHS)
    kinds = [rows[name].to_numpy() for name in ("is_pageview", "is_download")] + [codes_of(rows, "status") == 404]
    return np.select(kinds, [pages, files, missing], pages | files | missing | timed)


def _visits(folded: FoldedDay) -> pa.Table:
    coded, actions = folded.coded, folded.relations["actions"]
    for table, name in (("sources_daily", "source"), ("countries_daily", "country")):
        actions = with_codes(actions, name, codes_of(folded.rows(table), name))
    paths = np.full(len(actions), FOLDED)  # of downloads, which neither begin nor end a visit of pages
    paths[actions["is_pageview"].to_numpy(zero_copy_only=False)] = codes_of(folded.rows("pages_daily"), "path")
    coded.connection.register("actions", with_codes(actions, "path", paths))
    visits = coded.connection.sql(read_query("transforms.statistics", "visits")).to_arrow_table()
    coded.connection.unregister("actions")
    (unknown,) = coded.context.code("path", [None]).tolist()
    for name in ("entry_path", "exit_path"):
        visits = with_codes(visits, name, visits[name].fill_null(unknown).to_numpy())
    return visits


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
