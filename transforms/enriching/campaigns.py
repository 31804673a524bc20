"""Campaigns: visits that an advertisement or a letter marked in the link's query."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

import pyarrow as pa

from schemas.statistics import OTHER
from transforms.anonymising.grouping import publish_path
from transforms.enriching import UNKNOWN

CAMPAIGNS: Final = pa.schema(
    [
        pa.field("is_campaign", pa.bool_(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("campaign", pa.string(), nullable=False),
    ]
)
LONGEST: Final = 100


class Campaign(NamedTuple):
    """A row of the answer."""

    is_campaign: bool
    source: str = UNKNOWN
    campaign: str = UNKNOWN


def classify_campaigns(queries: Sequence[str | None] | pa.Array, campaign_keys: Sequence[str]) -> pa.Table:
    """Find the campaigns of distinct queries, a row each in the given order: is_campaign, source, campaign.

    A query is a campaign's when any of the keys has a value; `source` is that of the first key (`utm_source`),
    `campaign` that of the last (`utm_campaign`): decoded, as `publish_path` leaves it, at most 100 characters.
    """
    rows = [classify_campaign(query, campaign_keys) for query in pa.array(queries, pa.string()).to_pylist()]
    columns = zip(*rows, strict=True) if rows else [()] * len(CAMPAIGNS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, CAMPAIGNS, strict=True)]
    return pa.table(arrays, schema=CAMPAIGNS)


def classify_campaign(query: str | None, keys: Sequence[str]) -> Campaign:
    """Find the campaign of one query."""
    if not query or not any(key in query for key in keys):
        return Campaign(False)
    pairs = [pair.partition("=") for pair in query.split("&")]
    values = {unquote_plus(key): value for key, _, value in reversed(pairs) if value}  # the first of a key counts
    if not any(campaign_value(values.get(key, "")) for key in keys):
        return Campaign(False)
    source, campaign = (campaign_value(values.get(key, "")) or UNKNOWN for key in (keys[0], keys[-1]))
    return Campaign(True, source, campaign)


def campaign_value(raw: str) -> str:
    """A value as it may be published."""
    text = "".join(filter(str.isprintable, " ".join(unquote_plus(raw).split())))
    value = publish_path(text)[:LONGEST].strip() if text else ""
    return "" if value == OTHER else value  # that word is ours
