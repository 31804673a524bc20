"""A day's hits as integer codes: what DuckDB computes on. No address, agent or path ever enters it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import duckdb
import maxminddb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.policy import Policy
from schemas.statistics import OTHER, UNKNOWN
from transforms.anonymising.left_over import hide_left_over
from transforms.detection.count import OwnerOf
from transforms.distinct import (
    Codes,
    DistinctValues,
    Make,
    Remembered,
    Vocabulary,
    dictionary_codes,
    distinct_values,
    pair_codes,
    printable,
)
from transforms.enriching.agents import Agent, classify_agent
from transforms.enriching.countries import look_up_countries
from transforms.enriching.hosts import published_host
from transforms.enriching.referrers import Source, classify_referrer, own_names
from transforms.parsing.values import is_within
from transforms.statistics.classifying import find_country, read_campaign, read_page_query, read_path
from transforms.statistics.visitors import Visitors
from transforms.visits.kinds import plain_path

MEMORY_LIMIT: Final = "1GB"
BUCKETS: Final = np.array([10 ** (k / 10) for k in range(-30, 31)])  # seconds: 10 per decade, 0.001 to 1000
BOUNDS: Final = np.append(BUCKETS, np.inf)
SMALL, WIDE = pa.int16(), pa.int32()  # for names of the lists, and for what clients may send
# A coded hit takes 60 bytes: ten million of them are on one day of a large site.
CODED: Final = pa.schema(
    [
        *(("visitor", WIDE), ("instant", pa.int64()), ("status", WIDE), ("bytes_sent", pa.int64()), ("vhost", WIDE)),
        *((name, pa.bool_()) for name in ("is_person", "is_pageview", "is_download", "is_timed")),
        *((name, SMALL) for name in ("agent_kind", "agent", "browser", "os", "device_class", "country")),
        *(("path", WIDE), ("source_kind", SMALL), ("source", WIDE), ("referrer_host", WIDE), ("campaign", WIDE)),
        *(("bucket", pa.float64()), ("request_microseconds", pa.int64())),
    ]
)
# kinds of text that several columns share; any other column's kind is its own name
KINDS: Final = {
    **dict.fromkeys(("from_path", "to_path", "entry_path", "exit_path"), "path"),
    "to_vhost": "vhost",
    "agent": "browser",
}
OURS: Final = {"client_network", "goal"}  # kinds of which no text is a client's


def open_engine() -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads and writes no file: what it spilled would be readable."""
    return duckdb.connect(
        config={"enable_external_access": False, "temp_directory": "", "memory_limit": MEMORY_LIMIT, "threads": 2}
    )


@dataclass(frozen=True)
class Context:
    """What is the same for every day: the policy, and the lists and data that values are looked up in."""

    policy: Policy
    country_reader: maxminddb.Reader | None = None
    owner_of: OwnerOf | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    known: Remembered = field(default_factory=Remembered)
    connection: duckdb.DuckDBPyConnection = field(default_factory=open_engine)

    def code(self, kind: str, texts: Sequence[str | None]) -> Codes:
        """The texts' codes in the vocabulary; a missing one is `unknown`."""
        known = [UNKNOWN if text is None else text for text in texts]
        if kind not in OURS:
            own = {self.policy.site.name, *self.policy.site.hosts}
            known = [text if text in own else hide_left_over(printable(text)) for text in known]
        return self.vocabulary.encode(KINDS.get(kind, kind), known)

    def code_rows(self, rows: Iterable[tuple[str | None, ...]], kinds: Sequence[str]) -> NDArray[np.int64]:
        """The codes of rows of texts, a column a kind."""
        columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
        return np.stack([self.code(kind, column) for kind, column in zip(kinds, columns, strict=True)], axis=1)

    def decode(self, column: str, codes: Codes) -> pa.DictionaryArray:
        """The texts that the codes of a column stand for; a folded one is `(other)`."""
        return self.vocabulary.decode(KINDS.get(column, column), codes, OTHER)


def is_ignored(hits: pa.Table, context: Context) -> NDArray[np.bool_]:
    """Hits that the policy leaves out of every figure but `ignored`: by exact path, or by the client's network."""
    unwanted = frozenset(context.policy.statistics.ignore_paths)
    networks = context.policy.statistics.exclude_networks
    ignored = np.zeros(len(hits), bool)
    if unwanted:
        paths, dictionary = dictionary_codes(hits["path"])
        by_path = context.known.look_up("ignored", _each(lambda path: plain_path(path) in unwanted), dictionary)
        ignored |= by_path[0][paths]
    if networks:
        clients, dictionary = dictionary_codes(hits["client_ip"])
        is_inside = _each(lambda client: client is not None and is_within(client, networks))
        ignored |= context.known.look_up("excluded", is_inside, dictionary)[0][clients]
    return ignored


def _each(holds: Callable[[str | None], bool]) -> Make:
    return lambda texts: np.array([[holds(text)] for text in texts], bool)


def code_hits(hits: pa.Table, attackers: set[str], visitors: Visitors, context: Context) -> pa.Table:
    """Hits (`schemas.window.HITS`, of one day, in the order of the log) → a table of CODED.

    Clients, `attackers` among them, are spelled as by `spell_clients`.
    """
    agents = _agent_columns(hits, attackers, context)
    paths = _path_columns(hits, context)
    status = hits["status"].fill_null(0).to_numpy()
    succeeded = (status >= 200) & (status < 300)
    methods, method_values = distinct_values(hits["method"])
    is_get = np.array([value == "GET" for value in method_values], bool)[methods]
    is_post = np.array([value == "POST" for value in method_values], bool)[methods]
    is_person, is_page, is_file = agents.pop("is_person"), paths.pop("is_page"), paths.pop("is_file")
    columns = {
        "visitor": visitors.number(hits),
        "instant": hits["requested_at"].cast(pa.int64()),
        "status": status,
        "bytes_sent": hits["bytes_sent"],
        "vhost": code_vhosts(distinct_values(hits["vhost"]), context),
        "is_person": is_person,
        # Matomo's rule: redirects and errors are no pageviews, "not modified" is one
        "is_pageview": is_person & (is_get | is_post) & (succeeded | (status == 304)) & is_page,
        "is_download": is_person & is_get & succeeded & is_file,
        **agents,
        **paths,
        **_source_columns(hits, context),
        **_time_columns(hits),
    }
    return pa.table(columns).select(CODED.names).cast(CODED)


def code_vhosts(vhosts: DistinctValues, context: Context) -> Codes:
    """Where the log names no virtual host, the site's name stands; a client may have sent anything as `Host`."""
    codes, values = vhosts
    site = context.policy.site
    own = {site.name, *site.hosts}
    names = [site.name if not value else value if value in own else published_host(value) for value in values]
    return context.code("vhost", names)[codes]


def code_countries(clients: DistinctValues, context: Context) -> Codes:
    codes, values = clients
    if context.country_reader is None:
        return np.full(len(codes), context.code("country", [None])[0])
    return context.code("country", look_up_countries(values, context.country_reader).to_pylist())[codes]


def _agent_columns(hits: pa.Table, attackers: set[str], context: Context) -> dict[str, Codes]:
    agents, dictionary = dictionary_codes(hits["user_agent"])
    clients, addresses = dictionary_codes(hits["client_ip"])
    columns = _looked_up("agent", classify_agent, Agent._fields, dictionary, agents, context)
    is_attacker = np.append(np.asarray(pc.is_in(addresses, pa.array(attackers, pa.string()))), False)
    attack, human = context.code("agent_kind", ["attack", "human"])
    columns["agent_kind"] = np.where(is_attacker[clients], attack, columns["agent_kind"])
    columns["is_person"] = columns["agent_kind"] == human
    if context.country_reader is None:
        return columns | {"country": np.full(len(hits), context.code("country", [UNKNOWN]))}
    look = partial(find_country, reader=context.country_reader)
    return columns | _looked_up("country", look, ("country",), addresses, clients, context)


def _looked_up(
    what: str,
    classify: Callable[[str | None], tuple[str | None, ...]],
    kinds: Sequence[str],
    dictionary: pa.Array,
    codes: Codes,
    context: Context,
) -> dict[str, Codes]:
    """For each row the codes of what its text is classified as."""
    rows = context.known.look_up(what, lambda new: context.code_rows(map(classify, new), kinds), dictionary)
    return {kind: column[codes] for kind, column in zip(kinds, rows, strict=True)}


def _path_columns(hits: pa.Table, context: Context) -> dict[str, np.ndarray]:
    """`path` is what tells pages apart: the path, and the query keys that the policy names for it."""
    paths, dictionary = dictionary_codes(hits["path"])
    read = partial(read_path, background=context.policy.statistics.background_paths)
    columns = _looked_up("path", read, ("path_kind", "path"), dictionary, paths, context)
    page, file = context.code("path_kind", ["page", "download"])
    is_page, is_file = columns["path_kind"] == page, columns["path_kind"] == file
    published = columns["path"]
    if keys := context.policy.statistics.page_query_keys:
        queries, dictionary = dictionary_codes(hits["query"])
        look = partial(read_page_query, keys=keys)
        suffixes = _looked_up("page query", look, ("page_query",), dictionary, queries, context)["page_query"]
        published = _with_queries(published, np.where(is_page, suffixes, context.code("page_query", [""])), context)
    return {"is_page": is_page, "is_file": is_file, "path": published}


def _with_queries(paths: Codes, suffixes: Codes, context: Context) -> Codes:
    pairs, first = pair_codes(paths, suffixes)
    parts = [
        context.decode(kind, codes[first]).to_pylist() for kind, codes in (("path", paths), ("page_query", suffixes))
    ]
    return context.code("path", list(map("".join, zip(*parts, strict=True))))[pairs]


def _source_columns(hits: pa.Table, context: Context) -> dict[str, Codes]:
    """How a visitor came, by this hit alone: a campaign's keys count before the referrer."""
    referrers, dictionary = dictionary_codes(hits["referrer"])
    look = partial(classify_referrer, own=own_names(context.policy.site.hosts))
    columns = _looked_up("referrer", look, Source._fields, dictionary, referrers, context)
    queries, dictionary = dictionary_codes(hits["query"])
    marks = partial(read_campaign, keys=context.policy.statistics.campaign_keys)
    marked = _looked_up("campaign", marks, ("is_campaign", "source", "campaign"), dictionary, queries, context)
    is_campaign = marked["is_campaign"] == context.code("is_campaign", ["yes"])
    columns["source"] = np.where(is_campaign, marked["source"], columns["source"])
    columns["source_kind"] = np.where(is_campaign, context.code("source_kind", ["campaign"]), columns["source_kind"])
    return {**columns, "campaign": marked["campaign"]}


def _time_columns(hits: pa.Table) -> dict[str, np.ndarray]:
    """`bucket` is the upper bound in seconds; the microseconds are whole, so that any order gives the same sum."""
    seconds = hits["request_seconds"].to_numpy()
    timed = ~np.isnan(seconds)
    return {
        "is_timed": timed,
        "bucket": BOUNDS[np.searchsorted(BUCKETS, np.where(timed, seconds, 0.0))],
        "request_microseconds": np.rint(np.where(timed, seconds, 0.0) * 1_000_000).astype(np.int64),
    }
