"""A day's hits as integer codes: what DuckDB computes on. No address, agent or path ever enters it."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote

import maxminddb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.policy import Policy
from schemas.statistics import OTHER, UNKNOWN
from transforms.anonymising.addresses import unwrap_ip
from transforms.anonymising.grouping import publish_path
from transforms.distinct import Codes, Distincts, DistinctValues, Remembered, Vocabulary, distinct_values, pair_codes
from transforms.enriching.agents import Agent, classify_agent
from transforms.enriching.campaigns import classify_campaign
from transforms.enriching.countries import look_up_countries
from transforms.enriching.hosts import published_host
from transforms.enriching.referrers import Source, classify_referrer, own_names
from transforms.parsing.values import is_within
from transforms.visits.kinds import path_kinds, plain_path

HOUR: Final = 3_600_000_000
BUCKETS: Final = np.array([10 ** (k / 10) for k in range(-30, 31)])  # seconds: 10 per decade, 0.001 to 1000
CARRIER: Final = "^(::|64:ff9b:)"  # how an address begins that may stand for one of IPv4
# kinds of text that several columns share; any other column's kind is its own name
KINDS: Final = {"from_path": "path", "to_path": "path", "entry_path": "path", "exit_path": "path"}


@dataclass(frozen=True)
class Context:
    """What is the same for every day: the policy, and the lists and data that values are looked up in."""

    policy: Policy
    country_reader: maxminddb.Reader | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    known: Remembered = field(default_factory=Remembered)

    def code(self, kind: str, texts: Sequence[str | None]) -> Codes:
        """The texts' codes in the vocabulary; a missing one is `unknown`."""
        return self.vocabulary.encode(kind, [UNKNOWN if text is None else text for text in texts])

    def code_rows(self, rows: Iterable[tuple[str | None, ...]], kinds: Sequence[str]) -> NDArray[np.int64]:
        """The codes of rows of texts, a column a kind."""
        columns = list(zip(*rows, strict=True)) or [()] * len(kinds)
        return np.stack([self.code(kind, column) for kind, column in zip(kinds, columns, strict=True)], axis=1)

    def decode(self, column: str, codes: Codes) -> pa.DictionaryArray:
        """The texts that the codes of a column stand for; a folded one is `(other)`."""
        return self.vocabulary.decode(KINDS.get(column, column), codes, OTHER)


def is_ignored(values: Distincts, policy: Policy) -> NDArray[np.bool_]:
    """Hits that the policy leaves out of every figure but `ignored`: by exact path, or by the client's network."""
    paths, path_values = values["path"]
    ignored: NDArray[np.bool_] = np.zeros(len(paths), bool)
    if unwanted := frozenset(policy.statistics.ignore_paths):
        by_path = [
            path in unwanted or (path and path[0] != "/" and plain_path(path) in unwanted) for path in path_values
        ]
        ignored |= np.array(by_path, bool)[paths]
    if networks := policy.statistics.exclude_networks:
        clients, client_values = values["client_ip"]
        ignored |= np.array([client is not None and is_within(client, networks) for client in client_values], bool)[
            clients
        ]
    return ignored


def spell_clients(table: pa.Table) -> pa.Table:
    """One spelling a client: a listener for both families logs ::ffff:192.0.2.1 for 192.0.2.1."""
    column = table["client_ip"].combine_chunks()
    if not pc.any(pc.match_substring_regex(column.dictionary, pattern=CARRIER)).as_py():
        return table
    codes, clients = distinct_values(column)
    plain = [None if client is None else str(unwrap_ip(ipaddress.ip_address(client))) for client in clients]
    spelled = pa.array(plain, pa.string()).dictionary_encode().take(pa.array(codes))
    return table.set_column(table.schema.get_field_index("client_ip"), "client_ip", spelled)


def code_hits(hits: pa.Table, attackers: set[str], context: Context) -> pa.Table:
    """Hits (`schemas.window.HITS`, of one day, in the order of the log) → a table of integers and booleans.

    Clients, `attackers` among them, are spelled as by `spell_clients`.
    """
    values = Distincts(hits)
    agents = _agent_columns(values, attackers, context)
    paths = _path_columns(values, context)
    status = hits["status"].fill_null(0).to_numpy()
    succeeded = (status >= 200) & (status < 300)
    methods, method_values = values["method"]
    is_get = np.array([value == "GET" for value in method_values], bool)[methods]
    is_post = np.array([value == "POST" for value in method_values], bool)[methods]
    is_person, is_page, is_file = agents.pop("is_person"), paths.pop("is_page"), paths.pop("is_file")
    instants = hits["requested_at"].cast(pa.int64()).to_numpy()
    columns = {
        "position": np.arange(len(hits)),
        "instant": instants,
        "hour": instants // HOUR * HOUR,
        "status": status,
        "bytes_sent": hits["bytes_sent"].to_numpy(),
        "vhost": code_vhosts(values["vhost"], context),
        "is_person": is_person,
        # Matomo's rule: redirects and errors are no pageviews, "not modified" is one
        "is_pageview": is_person & (is_get | is_post) & (succeeded | (status == 304)) & is_page,
        "is_download": is_person & is_get & succeeded & is_file,
        **agents,
        **paths,
        **_source_columns(values, context),
        **_time_columns(hits),
    }
    return pa.table(columns)


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


def code_visitors(values: Distincts, names: Sequence[str]) -> Codes:
    """A code for each distinct combination of the named columns: of address and user agent, a visitor."""
    codes, _ = values[names[0]]
    for name in names[1:]:
        more, texts = values[name]
        codes = pair_codes(codes, more)[0] if len(texts) > 1 else codes
    return codes


def _agent_columns(values: Distincts, attackers: set[str], context: Context) -> dict[str, Codes]:
    agents, agent_values = values["user_agent"]
    clients, client_values = values["client_ip"]
    coded = context.known.look_up(
        "agent", lambda new: context.code_rows(map(classify_agent, new), Agent._fields), agent_values
    )
    columns = {name: codes[agents] for name, codes in zip(Agent._fields, coded, strict=True)}
    attacks = np.array([client in attackers for client in client_values], bool)[clients]
    attack, human = context.vocabulary.encode("agent_kind", ["attack", "human"])
    columns["agent_kind"] = np.where(attacks, attack, columns["agent_kind"])
    columns["is_person"] = columns["agent_kind"] == human
    columns["visitor"] = code_visitors(values, ("client_ip", "client_host", "user_agent"))
    columns["country"] = code_countries(values["client_ip"], context)
    return columns


def _path_columns(values: Distincts, context: Context) -> dict[str, np.ndarray]:
    """`path` is what tells pages apart: the path, and the query keys that the policy names for it."""
    paths, path_values = values["path"]
    kinds, published = context.known.look_up(
        "path", lambda new: context.code_rows(map(_read_path, new), ("path_kind", "path")), path_values
    )
    page, file = context.code("path_kind", ["page", "download"])
    columns = {"is_page": (kinds == page)[paths], "is_file": (kinds == file)[paths]}
    keys = context.policy.statistics.page_query_keys
    if not keys:
        return {**columns, "path": published[paths]}
    queries, query_values = values["query"]
    suffixes = [_page_query(value, keys) for value in query_values]
    pairs, first = pair_codes(paths, queries)
    pages = published[paths[first]]
    for number in np.flatnonzero((kinds == page)[paths[first]]):
        if suffix := suffixes[queries[first[number]]]:
            pages[number] = context.code("path", [(_read_path(path_values[paths[first[number]]])[1] or "") + suffix])[0]
    return {**columns, "path": pages[pairs]}


def _read_path(path: str | None) -> tuple[str, str | None]:
    """What kind of a path it is, and what is published of it."""
    plain = plain_path(path)
    return path_kinds().of(plain), None if plain is None else publish_path(plain)


def _page_query(query: str | None, keys: Sequence[str]) -> str:
    """`?p=1`: the policy's keys in the policy's order, the first value of each, one spelling a page."""
    given = dict(reversed(parse_qsl(query or "")))
    kept = [f"{quote(key)}={quote(publish_path(given[key]), safe='{}')}" for key in keys if key in given]
    return f"?{'&'.join(kept)}" if kept else ""


def _source_columns(values: Distincts, context: Context) -> dict[str, Codes]:
    """How a visitor came, by this hit alone: a campaign's keys count before the referrer."""
    referrers, referrer_values = values["referrer"]
    queries, query_values = values["query"]
    own, keys = own_names(context.policy.site.hosts), context.policy.statistics.campaign_keys
    coded = context.known.look_up(
        "referrer",
        lambda new: context.code_rows((classify_referrer(text, own) for text in new), Source._fields),
        referrer_values,
    )
    columns = {name: codes[referrers] for name, codes in zip(Source._fields, coded, strict=True)}
    marked = context.known.look_up(
        "campaign",
        lambda new: context.code_rows(
            (_read_campaign(text, keys) for text in new), ("is_campaign", "source", "campaign")
        ),
        query_values,
    )
    (yes,) = context.code("is_campaign", ["yes"])
    is_campaign = (marked[0] == yes)[queries]
    columns["campaign"] = marked[2][queries]
    if is_campaign.any():
        columns["source"] = np.where(is_campaign, marked[1][queries], columns["source"])
        columns["source_kind"] = np.where(
            is_campaign, context.code("source_kind", ["campaign"]), columns["source_kind"]
        )
    return columns


def _read_campaign(query: str | None, keys: Sequence[str]) -> tuple[str, str, str]:
    found = classify_campaign(query, keys)
    return "yes" if found.is_campaign else "no", found.source, found.campaign


def _time_columns(hits: pa.Table) -> dict[str, np.ndarray]:
    """`bucket` is the upper bound in seconds; the microseconds are whole, so that any order gives the same sum."""
    seconds = hits["request_seconds"].to_numpy()
    bounds = np.append(BUCKETS, np.inf)
    timed = ~np.isnan(seconds)
    return {
        "is_timed": timed,
        "bucket": bounds[np.searchsorted(BUCKETS, np.where(timed, seconds, 0.0))],
        "request_microseconds": np.rint(np.where(timed, seconds, 0.0) * 1_000_000).astype(np.int64),
    }
