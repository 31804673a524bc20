"""Raw bytes of one field → values of our columns. Each function takes one distinct value, once.

A value that cannot be true raises `UnreadableError` with the reason under which its line goes into quarantine.
"""

import ipaddress
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Client = tuple[str | None, str | None, int | None]  # client_ip, client_host, client_port

MICROSECONDS: Final = 1_000_000
MONTHS: Final = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
# RFC 9110: a method is any token; servers log what the client sent, "PATCHp" included.
REQUEST: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S.*) (HTTP/[0-9](?:\.[0-9])?)", re.DOTALL)
HOST_NAME: Final = re.compile(r"(?=.*[^0-9.])[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*\.?")
NUMERIC_END: Final = re.compile(r"(?:.*\.)?[0-9]+")
CLF_TIME: Final = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)")
APACHE_ERROR_TIME: Final = re.compile(
    rb"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d\d?) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? (\d{4})"
)
NGINX_ERROR_TIME: Final = re.compile(rb"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)")


class UnreadableError(Exception):
    """A field that has the right shape and no possible meaning; `reason` is the quarantine's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode(raw: bytes) -> str:
    """UTF-8 where it is, else Latin-1, so that no byte is lost and none is invented."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def unescape_json(raw: bytes) -> bytes:
    """Undo nginx's `escape=json` in one value."""
    if b"\\" not in raw:
        return raw
    try:
        return str(json.loads(f'"{decode(raw)}"', strict=False)).encode(errors="replace")
    except ValueError:
        raise UnreadableError("format") from None


def text(raw: bytes) -> str | None:
    """A field of text; servers write `-` or nothing where there is none."""
    return None if raw in (b"-", b"", b'""') else decode(raw)


def unforged_text(raw: bytes) -> str | None:
    """Text of an nginx error line, which escapes nothing: one that says `client:` itself could be a forged line."""
    if b", client: " in raw:
        raise UnreadableError("forged")
    return text(raw)


def whole_number(raw: bytes) -> int:
    """A count of bytes; `-` is 0 (Apache's %b)."""
    return 0 if raw in (b"-", b"") else _bounded(int(raw))


def optional_number(raw: bytes) -> int | None:
    return None if raw in (b"-", b"") else _bounded(int(raw))


def _bounded(number: int) -> int:
    if number >= 2**63:
        raise UnreadableError("number")
    return number


def port(raw: bytes) -> int | None:
    number = optional_number(raw)
    if number is not None and number > 65535:
        raise UnreadableError("number")
    return number


def seconds(raw: bytes, unit: float) -> float | None:
    """A duration logged in `unit` seconds; several upstream times never come here."""
    return None if raw in (b"-", b"") else float(raw) * unit


def vhost(raw: bytes) -> str | None:
    """A host name in lower case, without the port that clients put into `Host`."""
    name = text(raw)
    if name is None or name == "_":  # nginx's name for "any host"
        return None
    return re.sub(r":[0-9]*\Z", "", name).lower().rstrip(".") or None


def split_request(raw: bytes) -> tuple[str, str | None, str | None, str | None, str | None]:
    """request_line → itself, method, path, query, protocol; all null where it is not HTTP (RFC 9112 §3)."""
    line = decode(raw)
    match = REQUEST.fullmatch(line)
    if match is None:
        return line, None, None, None, None
    method, target, protocol = match.groups()
    return line, method, *split_target(target), protocol


def split_target(target: str | None) -> tuple[str | None, str | None]:
    """A request target → path and query; the query is null where there is no `?`."""
    if not target:
        return None, None
    path, mark, query = target.partition("?")
    return path, query if mark else None


def read_ip(written: str) -> str | None:
    """The canonical spelling of an address (RFC 5952) without brackets and zone, else null."""
    try:
        return str(ipaddress.ip_address(written.strip("[]").partition("%")[0]))
    except ValueError:
        return None


def read_client(raw: bytes) -> Client:
    """The address column → client_ip, client_host, client_port: an address, or a name where the server logs names."""
    written = decode(raw)
    if written in ("-", "") or written.startswith("unix:"):
        return None, None, None
    address = read_ip(written)
    if address:
        return address, None, None
    host, _, digits = written.rpartition(":")
    address = read_ip(host) if digits.isascii() and digits.isdigit() else None
    if address:
        return address, None, port(digits.encode())
    if HOST_NAME.fullmatch(written) and not NUMERIC_END.fullmatch(written):
        return None, written, None
    raise UnreadableError("address")


def read_error_client(raw: bytes) -> Client:
    """As `read_client`; Apache 2.4 writes the port behind an IPv6 address without brackets."""
    host, _, digits = decode(raw).rpartition(":")
    if digits.isascii() and digits.isdigit() and read_ip(host):
        return read_ip(host), None, port(digits.encode())
    return read_client(raw)


def choose_client(forwarded: bytes, peer: bytes | None, trusted: Sequence[Network]) -> tuple[Client, str | None]:
    """The client behind proxies: the rightmost address that is not a trusted proxy's, and the peer's own address.

    Who connected counts first: what a stranger claims in `X-Forwarded-For` is not believed.
    """
    chain = [part.strip(b' "') for part in forwarded.split(b",")] if forwarded not in (b"-", b"") else []
    chain += [peer] if peer is not None else []
    client: Client = (None, None, None)
    for hop in reversed(chain):
        try:
            client = read_client(hop)
        except UnreadableError:
            break  # beyond what cannot be read, nobody vouches for anything
        if not client[0] or not _is_within(client[0], trusted):
            break
    return client, read_client(chain[-1])[0] if chain else None


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    return any(ipaddress.ip_address(address) in network for network in networks)


@lru_cache(maxsize=4096)
def _days(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()


def _instant(year: int, month: int, day: int, clock: tuple[bytes, bytes, bytes], offset_minutes: int = 0) -> int:
    hour, minute, second = map(int, clock)
    if hour > 23 or minute > 59 or second > 60:  # 60 is a leap second
        raise UnreadableError("time")
    try:
        days = _days(year, month, day)
    except ValueError:
        raise UnreadableError("time") from None
    return (((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second) * MICROSECONDS


def clf_time(raw: bytes) -> int:
    """`10/Oct/2000:13:55:36 -0700` → microseconds since 1970, UTC."""
    match = CLF_TIME.fullmatch(raw)
    if match is None or match[2] not in MONTHS:
        raise UnreadableError("time")
    sign = -1 if match[7].startswith(b"-") else 1
    offset = int(match[7]) * 60 + sign * int(match[8])
    return _instant(int(match[3]), MONTHS[match[2]], int(match[1]), (match[4], match[5], match[6]), offset)


def formatted_time(raw: bytes, layout: str, timezone: ZoneInfo) -> int:
    """A time in strftime's `layout`; local time of `timezone` where it carries no offset."""
    try:
        moment = datetime.fromisoformat(decode(raw)) if layout == "iso" else datetime.strptime(decode(raw), layout)  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise UnreadableError("time") from None
    return _microseconds(moment if moment.tzinfo else moment.replace(tzinfo=timezone))


def epoch_time(raw: bytes, per_second: int) -> int:
    """Seconds since 1970 with a fraction (nginx's $msec), or whole units of `per_second`."""
    whole, _, fraction = raw.partition(b".")
    return _bounded(int(whole) * MICROSECONDS // per_second + int(fraction.ljust(6, b"0")[:6] or b"0"))


def error_time(raw: bytes, timezone: ZoneInfo) -> int:
    """The local time of an Apache or nginx error line; in the hour that comes twice, the first is meant."""
    nginx, apache = NGINX_ERROR_TIME.fullmatch(raw), APACHE_ERROR_TIME.fullmatch(raw)
    if nginx:
        year, month, day, hour, minute, second = map(int, nginx.groups())
        micro = 0
    elif apache and apache[1] in MONTHS:
        year, month, day = int(apache[7]), MONTHS[apache[1]], int(apache[2])
        hour, minute, second = int(apache[3]), int(apache[4]), int(apache[5])
        micro = int((apache[6] or b"0").ljust(6, b"0"))
    else:
        raise UnreadableError("time")
    try:
        return _microseconds(datetime(year, month, day, hour, minute, second, micro, tzinfo=timezone))
    except ValueError:
        raise UnreadableError("time") from None


def _microseconds(moment: datetime) -> int:
    try:
        since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        raise UnreadableError("time") from None
    return (since.days * 86400 + since.seconds) * MICROSECONDS + since.microseconds
