"""What is published of one text of a hit: rows of words that the vocabulary then knows by their codes."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, quote

import maxminddb

from transforms.anonymising.grouping import publish_path
from transforms.enriching import UNKNOWN
from transforms.enriching.campaigns import classify_campaign
from transforms.enriching.countries import look_up_country
from transforms.visits.kinds import path_kinds, plain_path


def read_path(path: str | None, background: Sequence[str] = ()) -> tuple[str, str | None]:
    """What kind of a path it is, where the policy names some as background, and what is published of it."""
    plain = plain_path(path)
    return path_kinds().of(plain, background), None if plain is None else publish_path(plain)


def read_page_query(query: str | None, keys: Sequence[str]) -> tuple[str]:
    """`?p=1`: the policy's keys in the policy's order, the first value of each, one spelling a page."""
    given = dict(reversed(parse_qsl(query or "")))
    kept = [f"{quote(key)}={quote(publish_path(given[key]), safe='{}')}" for key in keys if key in given]
    return (f"?{'&'.join(kept)}" if kept else "",)


def read_campaign(query: str | None, keys: Sequence[str]) -> tuple[str, str, str]:
    """Whether a query is a campaign's (`yes` or `no`), its source and its name."""
    found = classify_campaign(query, keys)
    return "yes" if found.is_campaign else "no", found.source, found.campaign


def find_country(client: str | None, reader: maxminddb.Reader) -> tuple[str]:
    """The country of one address."""
    return (look_up_country(client, reader) if client else UNKNOWN,)
