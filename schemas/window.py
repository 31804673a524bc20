"""The shapes inside the security window: what a log's lines become, with full addresses.

Text that repeats is dictionary-encoded, so that each distinct value is worked on once.
"""

from typing import Final

import pyarrow as pa

TEXT: Final = pa.dictionary(pa.int32(), pa.string())
INSTANT: Final = pa.timestamp("us", tz="UTC")

# Where a line stood: the policy's [[logs]] entry, the file, the line counted from 1.
PLACE: Final = [pa.field("log", TEXT), pa.field("file", TEXT), pa.field("line_number", pa.int64(), nullable=False)]

HITS: Final = pa.schema(
    [
        *PLACE,
        pa.field("client_ip", TEXT),  # canonical spelling, without port and zone
        pa.field("client_host", TEXT),  # a name where the server logs names
        pa.field("client_port", pa.int32()),
        pa.field("peer_ip", TEXT),  # who connected, where that is not the client
        pa.field("remote_user", TEXT),
        pa.field("requested_at", INSTANT, nullable=False),
        pa.field("request_line", TEXT),  # as logged, escapes untouched
        pa.field("method", TEXT),
        pa.field("path", TEXT),
        pa.field("query", TEXT),  # without "?"; null where the target has none
        pa.field("protocol", TEXT),
        pa.field("status", pa.int32()),
        pa.field("bytes_sent", pa.int64(), nullable=False),
        pa.field("referrer", TEXT),
        pa.field("user_agent", TEXT),
        pa.field("vhost", TEXT),
        pa.field("request_seconds", pa.float64()),
        pa.field("request_id", pa.string()),
    ]
)

ERRORS: Final = pa.schema(
    [
        *PLACE,
        pa.field("logged_at", INSTANT, nullable=False),
        pa.field("level", TEXT),
        pa.field("module", TEXT),
        pa.field("code", TEXT),  # Apache's AH00128
        pa.field("pid", pa.int64()),
        pa.field("client_ip", TEXT),
        pa.field("client_port", pa.int32()),
        pa.field("vhost", TEXT),
        pa.field("request_line", TEXT),
        pa.field("referrer", TEXT),
        pa.field("message", TEXT),
        pa.field("request_id", pa.string()),
    ]
)

QUARANTINE: Final = pa.schema([*PLACE, pa.field("reason", TEXT), pa.field("raw", pa.binary())])

# The further lines of an error entry, such as a stack trace; `continues` is the line number of its first line.
CONTINUATIONS: Final = pa.schema(
    [*PLACE, pa.field("continues", pa.int64(), nullable=False), pa.field("text", pa.string())]
)

# Lines of days that are closed already: counted, and in nothing else; `reason` is `closed` or `expired`.
LATE: Final = pa.schema(
    [
        pa.field("log", TEXT, nullable=False),
        pa.field("reason", TEXT, nullable=False),
        pa.field("lines", pa.int64(), nullable=False),
    ]
)

# What a scenario saw; self-sufficient, so that counting never goes back to the hits.
EVENTS: Final = pa.schema(
    [
        pa.field("scenario", TEXT, nullable=False),
        *PLACE,
        pa.field("occurred_at", INSTANT, nullable=False),
        pa.field("client_ip", TEXT, nullable=False),
        pa.field("user_agent", TEXT),
        pa.field("vhost", TEXT),
        pa.field("status", pa.int32()),
        pa.field("distinct", TEXT),  # the text that a counting-distinct scenario counts; null elsewhere
        pa.field("step", pa.int8()),  # of a sequence: 0 fills the bucket, 1 comes after; null is 0
        pa.field("success", pa.bool_()),  # whether the scenario says that it looks successful; null is no
        pa.field("bytes_sent", pa.int64()),
    ]
)

# `events` counts the evidence; the bucket overflowed, so the ban is due, at `overflowed_at`.
ALERTS: Final = pa.schema(
    [
        pa.field("alert", pa.int64(), nullable=False),
        pa.field("scenario", TEXT, nullable=False),
        pa.field("target", pa.string(), nullable=False),  # an address or a CIDR network
        pa.field("first_seen", INSTANT, nullable=False),
        pa.field("last_seen", INSTANT, nullable=False),
        pa.field("overflowed_at", INSTANT, nullable=False),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("outcome", TEXT, nullable=False),  # attempted, blocked, success suspected
    ]
)

# The events behind the alerts, each with the number of its alert.
EVIDENCE: Final = pa.schema([pa.field("alert", pa.int64(), nullable=False), *EVENTS])

DECISIONS: Final = pa.schema(
    [
        pa.field("target", pa.string(), nullable=False),
        pa.field("scenario", TEXT, nullable=False),
        pa.field("decided_at", INSTANT, nullable=False),
        pa.field("until", INSTANT, nullable=False),
    ]
)

# A day's decisions as they are kept; the day, whose key seals them, is in the object's name. Text is empty, not null.
KEPT_DECISIONS: Final = pa.schema(
    [
        pa.field("decision", pa.string(), nullable=False),  # twelve hex digits, its name everywhere but here
        pa.field("target", pa.string(), nullable=False),
        pa.field("scenario", TEXT, nullable=False),  # or "by-hand"
        pa.field("decided_at", INSTANT, nullable=False),
        pa.field("until", INSTANT, nullable=False),
        pa.field("first_seen", INSTANT, nullable=False),
        pa.field("last_seen", INSTANT, nullable=False),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("outcome", TEXT, nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("decided_by", TEXT, nullable=False),  # "scenario" or a role
        pa.field("lifted_at", INSTANT),  # null as long as nobody lifted it
        pa.field("lifted_by", TEXT, nullable=False),
        pa.field("lift_reason", pa.string(), nullable=False),
    ]
)
