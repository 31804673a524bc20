"""A day's hits as integer codes: what DuckDB computes on. No address, agent or path ever enters it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote

import maxminddb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.policy import Policy
from schemas.statistics import OTHER, UNKNOWN
from transforms.anonymising.addresses import unwrap_ip
from transforms.anonymising.grouping import publish_path
from transforms.distinct import Codes, Vocabulary, distinct_values, pair_codes
from transforms.enriching.agents import classify_agents
from transforms.enriching.campaigns import classify_campaigns
from transforms.enriching.countries import look_up_countries
from transforms.enriching.hosts import published_host
from transforms.enriching.referrers import classify_referrers
from transforms.parsing.values import is_within
from transforms.visits.kinds import classify_paths, plain_path

HOUR: Final = 3_600_000_000
BUCKETS: Final = np.array([10 ** (k / 10) for k in range(-30, 31)])  # seconds: 10 per decade, 0.001 to 1000
# kinds of text that several columns share; any other column's kind is its own name
KINDS: Final = {"from_path": "path", "to_path": "path", "entry_path": "path", "exit_path": "path"}


@dataclass(frozen=True)
class Context:
    """What is the same for every day: the policy, and the lists and data that values are looked up in."""

    policy: Policy
    country_reader: maxminddb.Reader | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def code(self, kind: str, texts: Sequence[str | None]) -> Codes:
        """The texts' codes in the vocabulary; a missing one is `unknown`."""
        return self.vocabulary.encode(kind, [UNKNOWN if text is None else text for text in texts])

    def decode(self, column: str, codes: Codes) -> pa.DictionaryArray:
        """The texts that the codes of a column stand for; a folded one is `(other)`."""
        return self.vocabulary.decode(KINDS.get(column, column), codes, OTHER)


def is_ignored(hits: pa.Table, policy: Policy) -> NDArray[np.bool_]:
    """Hits that the policy leaves out of every figure but `ignored`: by exact path, or by the client's network."""
    paths, path_values = distinct_values(hits["path"])
    clients, client_values = distinct_values(hits["client_ip"])
    by_path = np.array([plain_path(path) in policy.statistics.ignore_paths for path in path_values], bool)
    networks = policy.statistics.exclude_networks
    by_client = np.array([client is not None and is_within(client, networks) for client in client_values], bool)
    ignored: NDArray[np.bool_] = by_path[paths] | by_client[clients]
    return ignored


def spell_clients(table: pa.Table) -> pa.Table:
    """One spelling a client: a listener for both families logs ::ffff:192.0.2.1 for 192.0.2.1."""
    codes, clients = distinct_values(table["client_ip"])
    plain = [None if client is None else str(unwrap_ip(ipaddress.ip_address(client))) for client in clients]
    spelled = pa.array(plain, pa.string()).dictionary_encode().take(pa.array(codes))
    return table.set_column(table.schema.get_field_index("client_ip"), "client_ip", spelled)


def code_hits(hits: pa.Table, attackers: set[str], context: Context) -> pa.Table:
    """Hits (`schemas.window.HITS`, of one day, in the order of the log) → a table of integers and booleans.

    Clients, `attackers` among them, are spelled as by `spell_clients`.
    """
    agents = _agent_columns(hits, attackers, context)
    paths = _path_columns(hits, context)
    is_person = agents.pop("is_person")
    status = hits["status"].fill_null(0).to_numpy()
    succeeded = (status >= 200) & (status < 300)
    methods, method_values = distinct_values(hits["method"])
    is_get = np.array([value == "GET" for value in method_values], bool)[methods]
    is_post = np.array([value == "POST" for value in method_values], bool)[methods]
    kind = paths.pop("path_kind")
    instants = hits["requested_at"].cast(pa.int64()).to_numpy()
    columns = {
        "position": np.arange(len(hits)),
        "instant": instants,
        "hour": instants // HOUR * HOUR,
        "status": status,
        "bytes_sent": hits["bytes_sent"].to_numpy(),
        "vhost": code_vhosts(hits["vhost"], context),
        "is_person": is_person,
        # Matomo's rule: redirects and errors are no pageviews, "not modified" is one
        "is_pageview": is_person & (is_get | is_post) & (succeeded | (status == 304)) & (kind == "page"),
        "is_download": is_person & is_get & succeeded & (kind == "download"),
        **agents,
        **paths,
        **_source_columns(hits, context),
        **_time_columns(hits),
    }
    return pa.table(columns)


def code_vhosts(vhosts: pa.ChunkedArray, context: Context) -> Codes:
    """Where the log names no virtual host, the site's name stands; a client may have sent anything as `Host`."""
    codes, values = distinct_values(vhosts)
    site = context.policy.site
    own = {site.name, *site.hosts}
    names = [site.name if not value else value if value in own else published_host(value) for value in values]
    return context.code("vhost", names)[codes]


def code_countries(clients: pa.ChunkedArray, context: Context) -> Codes:
    codes, values = distinct_values(clients)
    return context.code("country", look_up_countries(values, context.country_reader).to_pylist())[codes]


def code_visitors(table: pa.Table, names: Sequence[str]) -> Codes:
    """A code for each distinct combination of the named columns: of address and user agent, a visitor."""
    codes = np.zeros(len(table), np.int64)
    for name in names:
        codes, _ = pair_codes(codes, distinct_values(table[name])[0])
    return codes


def _agent_columns(hits: pa.Table, attackers: set[str], context: Context) -> dict[str, Codes]:
    agents, agent_values = distinct_values(hits["user_agent"])
    clients, client_values = distinct_values(hits["client_ip"])
    table = classify_agents(agent_values)
    columns = {
        name: context.code(name, table[name].to_pylist())[agents]
        for name in ("agent_kind", "agent", "browser", "os", "device_class")
    }
    attacks = np.array([client in attackers for client in client_values], bool)[clients]
    attack, human = context.vocabulary.encode("agent_kind", ["attack", "human"])
    columns["agent_kind"] = np.where(attacks, attack, columns["agent_kind"])
    columns["is_person"] = columns["agent_kind"] == human
    columns["visitor"] = code_visitors(hits, ("client_ip", "client_host", "user_agent"))
    columns["country"] = code_countries(hits["client_ip"], context)
    return columns


def _path_columns(hits: pa.Table, context: Context) -> dict[str, np.ndarray]:
    """`path` is what tells pages apart: the path, and the query keys that the policy names for it."""
    paths, path_values = distinct_values(hits["path"])
    plain = [plain_path(value) for value in path_values]
    kinds = classify_paths(plain)
    published = [None if value is None else publish_path(value) for value in plain]
    columns = {"path_kind": kinds[paths]}
    keys = context.policy.statistics.page_query_keys
    if not keys:
        return {**columns, "path": context.code("path", published)[paths]}
    queries, query_values = distinct_values(hits["query"])
    suffixes = [_page_query(value, keys) for value in query_values]
    pairs, first = pair_codes(paths, queries)
    pages = [(published[paths[row]], suffixes[queries[row]] if kinds[paths[row]] == "page" else "") for row in first]
    texts = [None if path is None else path + suffix for path, suffix in pages]
    return {**columns, "path": context.code("path", texts)[pairs]}


def _page_query(query: str | None, keys: Sequence[str]) -> str:
    """`?p=1`: the policy's keys in the policy's order, the first value of each, one spelling a page."""
    given = dict(reversed(parse_qsl(query or "")))
    kept = [f"{quote(key)}={quote(publish_path(given[key]), safe='{}')}" for key in keys if key in given]
    return f"?{'&'.join(kept)}" if kept else ""


def _source_columns(hits: pa.Table, context: Context) -> dict[str, Codes]:
    """How a visitor came, by this hit alone: a campaign's keys count before the referrer."""
    referrers, referrer_values = distinct_values(hits["referrer"])
    queries, query_values = distinct_values(hits["query"])
    by_referrer = classify_referrers(referrer_values, context.policy.site.hosts)
    by_query = classify_campaigns(query_values, context.policy.statistics.campaign_keys)
    is_campaign = by_query["is_campaign"].to_numpy(zero_copy_only=False)[queries]
    kinds = context.code("source_kind", by_referrer["source_kind"].to_pylist())[referrers]
    sources = context.code("source", by_referrer["source"].to_pylist())[referrers]
    campaign = context.code("source_kind", ["campaign"])[0]
    campaign_sources = context.code("source", by_query["source"].to_pylist())[queries]
    return {
        "source_kind": np.where(is_campaign, campaign, kinds),
        "source": np.where(is_campaign, campaign_sources, sources),
        "campaign": context.code("campaign", by_query["campaign"].to_pylist())[queries],
        "referrer_host": context.code("referrer_host", by_referrer["referrer_host"].to_pylist())[referrers],
    }


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
