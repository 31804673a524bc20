"""Referrers: search, AI assistant, social network, another site, or the site itself."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import pyarrow as pa
import yaml

from transforms.enriching import UNKNOWN
from transforms.enriching.hosts import Referrer, plain_host, published_host, split_referrer

SOURCES: Final = pa.schema(
    [pa.field(name, pa.string(), nullable=False) for name in ("source_kind", "source", "referrer_host")]
)
# In the lists "{}" stands for a country: `google.{}` for google.no and google.co.uk, `{}.bing.com` for no.bing.com.
COUNTRY_LAST: Final = re.compile(r"(?:\.(?:com|org|net|co|it|edu))?\.[a-z]{2}$")
COUNTRY_FIRST: Final = re.compile(r"^[a-z]{2}\.")
# What may stand before a listed host: www2. and m., search., and anything before search.yahoo.com.
BEFORE: Final = re.compile(r"^(?:w+\d*\.|m\.|.+?\.(?=(?:images\.)?search\.)|search\.)")


class Source(NamedTuple):
    """A row of the answer."""

    source_kind: str
    source: str = UNKNOWN
    referrer_host: str = UNKNOWN


class Listed(NamedTuple):
    """A name of the lists; with `words`, only a referrer that brings search words under one of these keys counts."""

    name: str
    path: str
    words: tuple[str, ...] | None = None


Hosts = dict[str, list[Listed]]
Entry = dict[str, list[str]]


def classify_referrers(referrers: Sequence[str | None] | pa.Array, own_hosts: Collection[str]) -> pa.Table:
    """Classify distinct referrers, a row each in the given order: source_kind, source, referrer_host.

    `source_kind` is search, ai, social, external, resumed (an own host) or direct (no referrer, or none of the web);
    hosts compare without `www.`, case and port. `source` is the list's name, or an external host. An address as host
    is external and `unknown`. Definitions: Matomo's lists.
    """
    own = own_names(own_hosts)
    rows = [classify_referrer(text, own) for text in pa.array(referrers, pa.string()).to_pylist()]
    columns = zip(*rows, strict=True) if rows else [()] * len(SOURCES)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=SOURCES)


def own_names(own_hosts: Collection[str]) -> frozenset[str | None]:
    """The site's own hosts as `classify_referrer` compares them: without `www.`, case and port."""
    return frozenset(plain_host(re.sub(r":\d*$", "", host)) for host in own_hosts)


def classify_referrer(text: str | None, own: Collection[str | None]) -> Source:
    """Classify one referrer; an own host counts before any list."""
    referrer = split_referrer(text) if text else None
    if not referrer:
        return Source("direct")
    host = published_host(referrer.host)
    if referrer.host in own:
        return Source("resumed", UNKNOWN, host)
    search, ai, social = referrer_lists()
    for kind, hosts, spell in (("search", search, search_spellings), ("ai", ai, parents), ("social", social, parents)):
        name = find_listed(hosts, spell(referrer.host), referrer)
        if name:
            return Source(kind, name, host)
    return Source("external", host, host)


def find_listed(hosts: Hosts, spellings: Iterator[str], referrer: Referrer) -> str | None:
    """The listed name of the first spelling that fits path and words."""
    for spelling in spellings:
        for listed in hosts.get(spelling, ()):
            if f"{referrer.path}/".startswith(listed.path) and has_words(referrer.query, listed.words):
                return listed.name
    return None


def has_words(query: str, keys: tuple[str, ...] | None) -> bool:
    """True where no words are asked for or one of the keys has some."""
    return keys is None or any(re.search(rf"(?:^|&){re.escape(key)}=[^&]", query) for key in keys)


def search_spellings(host: str) -> Iterator[str]:
    """The ways in which the list of search engines may spell a host."""
    for name in dict.fromkeys((host, BEFORE.sub("", host))):
        yield name
        yield COUNTRY_LAST.sub(".{}", name)
        yield COUNTRY_FIRST.sub("{}.", name)


def parents(host: str) -> Iterator[str]:
    """The host and the domains above it, since m.facebook.com is facebook.com."""
    yield host
    while "." in host:
        _, _, host = host.partition(".")
        yield host


@cache
def referrer_lists() -> tuple[Hosts, Hosts, Hosts]:
    """The lists of search engines, AI assistants and social networks by host."""
    ai, social = (
        by_host((url, name, None) for name, urls in read_list(file).items() for url in urls)
        for file in ("AIAssistants.yml", "Socials.yml")
    )
    engines = read_list("SearchEngines.yml")
    search = by_host(
        (url, name, tuple(entry["params"]) if needs_words(url, entry, entries, {**ai, **social}) else None)
        for name, entries in engines.items()
        for entry in entries
        for url in entry["urls"]
    )
    return search, ai, social


def needs_words(url: str, entry: Entry, entries: Sequence[Entry], others: Hosts) -> bool:
    """True where a search engine's host is no proof of a search, so that search words must be there.

    Browsers send other sites' origin only, so the host is enough as a rule. It is not for hosts on another list too
    (facebook.com, chatgpt.com), nor for an engine's partners (www.cnn.com under "Google"): those are the hosts without
    `hiddenkeyword`, the list's mark of searches that come without words, where the engine itself has it.
    """
    partner = "hiddenkeyword" not in entry and any("hiddenkeyword" in one for one in entries)
    return partner or any(name in others for name in parents(url.partition("/")[0].removeprefix("www.")))


def by_host(urls: Iterable[tuple[str, str, tuple[str, ...] | None]]) -> Hosts:
    """The look-up by host without `www.`; of several paths the longest comes first."""
    hosts: Hosts = {}
    for url, name, words in urls:
        host, _, path = url.removeprefix("www.").partition("/")
        hosts.setdefault(host, []).append(Listed(name, f"/{path.strip('/')}/".replace("//", "/"), words))
    for listed in hosts.values():
        listed.sort(key=lambda one: -len(one.path))
    return hosts


def read_list(name: str) -> dict[str, Any]:
    """One of the lists; their origin is in data/NOTICE.md."""
    text = files(__package__).joinpath("data", name).read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=yaml.CSafeLoader))
