"""What a layout's fields mean: which columns each fills, and how one distinct value is converted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from transforms.anonymising.secrets import USUAL_KEYS, SecretKeys
from transforms.parsing import times, values
from transforms.parsing.proxies import choose_client
from transforms.parsing.values import Network, decode, text

Convert = Callable[[Any], Any]

UTC_ZONE: Final = ZoneInfo("UTC")
CLIENT_COLUMNS: Final = ("client_ip", "client_host", "client_port")
# Of several fields for one column the highest counts: what was asked, before servers rewrite it; the finest time.
DECISIVE: Final = {
    **dict.fromkeys(("request", "absolute_request", "target", "body_bytes"), 1),
    "milliseconds": 1,
    "microseconds": 2,
    "nanoseconds": 3,
}
UNKEPT: Final = {"skip", "skip_list", "ident", "is_args"}

# meaning → the columns it fills; a tuple of columns takes a tuple of values
CONVERTERS: Final[dict[str, tuple[tuple[str, ...], Convert]]] = {
    "client": (CLIENT_COLUMNS, values.read_client),
    "error_client": (CLIENT_COLUMNS, values.read_error_client),
    "peer": (("peer_ip",), lambda raw: (values.read_client(raw)[0],)),
    "port": (("client_port",), lambda raw: (values.port(raw),)),
    "user": (("remote_user",), lambda raw: (text(raw),)),
    "time": (("requested_at",), lambda raw: (times.clf_time(raw),)),
    "time_utc": (("requested_at",), lambda raw: (times.utc_time(raw),)),
    "epoch": (("requested_at",), lambda raw: (times.epoch_time(raw, 1),)),
    "epoch_s": (("requested_at",), lambda raw: (times.epoch_time(raw, 1),)),
    "epoch_ms": (("requested_at",), lambda raw: (times.epoch_time(raw, 1_000),)),
    "epoch_us": (("requested_at",), lambda raw: (times.epoch_time(raw, 1_000_000),)),
    "request": (("request_line", "method", "path", "query", "protocol"), values.split_request),
    "absolute_request": (("request_line", "method", "path", "query", "protocol", "vhost"), values.split_absolute),
    "target": (("path", "query"), lambda raw: values.split_target(text(raw))),
    "method": (("method",), lambda raw: (text(raw),)),
    "path": (("path",), lambda raw: (text(raw),)),
    "query": (("query",), lambda raw: (decode(raw).removeprefix("?") or None if raw != b"-" else None,)),
    "protocol": (("protocol",), lambda raw: (text(raw),)),
    "status": (("status",), lambda raw: (values.optional_number(raw),)),
    "bytes": (("bytes_sent",), lambda raw: (values.whole_number(raw),)),
    "body_bytes": (("bytes_sent",), lambda raw: (values.whole_number(raw),)),
    "referrer": (("referrer",), lambda raw: (text(raw),)),
    "user_agent": (("user_agent",), lambda raw: (text(raw),)),
    "agent_with_plus": (("user_agent",), lambda raw: (values.agent_with_plus(raw),)),
    "agent_percent": (("user_agent",), lambda raw: (values.agent_percent(raw),)),
    "vhost": (("vhost",), lambda raw: (values.vhost(raw),)),
    "seconds": (("request_seconds",), lambda raw: (values.seconds(raw, 1.0),)),
    "milliseconds": (("request_seconds",), lambda raw: (values.seconds(raw, 1e-3),)),
    "microseconds": (("request_seconds",), lambda raw: (values.seconds(raw, 1e-6),)),
    "nanoseconds": (("request_seconds",), lambda raw: (values.seconds(raw, 1e-9),)),
    "seconds_sum": (("request_seconds",), lambda raw: (values.seconds_sum(raw),)),
    "request_id": (("request_id",), lambda raw: (text(raw),)),
    "level": (("level",), lambda raw: (text(raw),)),
    "php_level": (("level",), lambda raw: (decode(raw).lower(),)),
    "module": (("module",), lambda raw: (text(raw),)),
    "pid": (("pid",), lambda raw: (values.optional_number(raw),)),
    "apr_status": (("before",), lambda raw: (f"{decode(raw)}: " if raw != b"-" else "",)),
    "before": (("before",), lambda raw: (decode(raw),)),
    "message": (("message",), lambda raw: (decode(raw),)),
    "nginx_context": (("request_line", "vhost", "referrer"), values.nginx_context),
}


@dataclass(frozen=True)
class Reading:
    """What a layout does not say: the zone of times without offset, one's own proxies, and when is the future.

    `latest` is in microseconds since 1970; later lines go into quarantine. The values of `secret_keys` are not kept.
    Columns that are `left_out` are null: nobody needs them.
    """

    timezone: ZoneInfo = UTC_ZONE
    trusted_proxies: Sequence[Network] = ()
    latest: int | None = None
    secret_keys: SecretKeys = USUAL_KEYS
    left_out: frozenset[str] = frozenset()


def converter_of(meaning: str, how: Reading) -> tuple[tuple[str, ...], Convert]:
    """The columns that a meaning fills, and its conversion: a raw value → a tuple of their values."""
    if meaning == "hops":
        return (*CLIENT_COLUMNS, "peer_ip"), partial(_read_hops, how)
    if meaning == "error_time":
        return ("logged_at",), lambda raw: (times.error_time(raw, how.timezone),)
    if meaning.startswith("error_time "):
        stamp = meaning.removeprefix("error_time ")
        return ("logged_at",), lambda raw: (times.formatted_time(raw, stamp, how.timezone),)
    if meaning == "any_time":
        return ("requested_at",), lambda raw: (times.any_time(raw, how.timezone),)
    if meaning.startswith("time "):
        layout = meaning.removeprefix("time ")
        return ("requested_at",), lambda raw: (times.formatted_time(raw, layout, how.timezone),)
    return CONVERTERS[meaning]


def _read_hops(how: Reading, hops: Any) -> tuple[Any, ...]:
    client, peer = choose_client(hops[0] or b"-", hops[1], how.trusted_proxies)
    return (*client, peer)
