"""What people's browsers were given on a day, with their addresses: for questions that are asked inside the window."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.window import TEXT
from transforms.distinct import distinct
from transforms.statistics.blocks import Blocks
from transforms.statistics.coded import Context, code_hits, is_ignored
from transforms.statistics.visitors import Visitors, spell_clients

NEEDED: Final = (
    *("client_ip", "client_host", "requested_at", "method", "path", "query", "status", "bytes_sent"),
    *("referrer", "user_agent", "vhost", "request_seconds"),
)
# An answer to a person: a pageview, or a part of a page (styles, scripts, images); `visitor` is of that day only.
BROWSED: Final = pa.schema(
    [
        pa.field("client_ip", TEXT),
        pa.field("visitor", pa.int32()),
        pa.field("instant", pa.int64()),
        pa.field("is_pageview", pa.bool_()),
    ]
)


def browsed(hits: Blocks, context: Context) -> Iterator[pa.Table]:
    """Hits of one day, in any order → BROWSED, block by block; person and pageview are what they are in the statistics.

    An attack makes nobody less of a person here: whether its rule takes people for attackers is the question.
    """
    visitors = Visitors()
    for block in map(spell_clients, hits.read(NEEDED)):
        answered = block.filter(_is_answered(block))
        answered = answered.filter(pa.array(~is_ignored(answered, context)))
        coded = code_hits(answered, set(), visitors, context)
        table = coded.select(BROWSED.names[1:]).add_column(0, BROWSED.field(0), answered["client_ip"])
        yield table.filter(pc.and_(coded["is_person"], pc.invert(coded["is_download"])))


def pageviews(hits: Blocks, context: Context) -> pa.Table:
    """As `browsed`, of pageviews only, all at once."""
    parts = (block.filter(block["is_pageview"]) for block in browsed(hits, context))
    return pa.concat_tables([BROWSED.empty_table(), *parts]).unify_dictionaries()


def _is_answered(hits: pa.Table) -> pa.Array:
    """Only such hits are looked at closely: GET or POST, with success or `not modified`."""
    status = hits["status"].fill_null(0).to_numpy()
    codes, methods = distinct(hits["method"])
    is_read = np.array([method in ("GET", "POST") for method in methods.to_pylist()], np.bool_)[codes]
    return pa.array(is_read & ((status // 100 == 2) | (status == 304)))
