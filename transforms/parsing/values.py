"""Raw bytes of one field → values of our columns. Each function takes one distinct value, once.

A value that cannot be true raises `UnreadableError` with the reason under which its line goes into quarantine.
"""

import ipaddress
import json
import re
from collections.abc import Sequence
from socket import AF_INET6, inet_ntop, inet_pton
from typing import Final
from urllib.parse import unquote_to_bytes

from transforms.anonymising.addresses import unwrap_ip

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Client = tuple[str | None, str | None, int | None]  # client_ip, client_host, client_port

MOST: Final = 2**53  # no count in a log is larger, and sums of them stay exact
# RFC 9110: a method is any token; servers log what the client sent, "PATCHp" included.
REQUEST: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S.*) (HTTP/[0-9](?:\.[0-9])?)", re.DOTALL)
HOST_NAME: Final = re.compile(r"(?=.*[^0-9.])[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*\.?")
REQUEST_CUT: Final = 1_023  # bytes to which HAProxy cuts a request, unless told otherwise
CUT_REQUEST: Final = re.compile(r"([A-Z]+) (\S+)")
ABSOLUTE: Final = re.compile(r"(?:https?|wss?|grpcs?|h2)://([^/]*)")
NGINX_REQUEST: Final = re.compile(
    r', request: "(.*?)(?:"(?=, (?:subrequest|upstream|host|referrer): "|\Z)|\Z)', re.DOTALL
)
NGINX_HOST: Final = re.compile(r', host: "([^"]*)')
NGINX_REFERRER: Final = re.compile(r', referrer: "(.*?)"?\Z', re.DOTALL)
NUMERIC_END: Final = re.compile(r"(?:.*\.)?[0-9]+")


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


def nginx_context(raw: bytes) -> tuple[str | None, str | None, str | None]:
    """What nginx adds behind the server's name → request line, host, referrer; a line that it cut may end anywhere.

    nginx escapes nothing here: a further `client:` could be the true one, the first one a part of a forged path.
    """
    if b", client: " in raw:
        raise UnreadableError("forged")
    context = decode(raw)
    request = NGINX_REQUEST.match(context)
    rest = context[request.end() :] if request else context
    host, referrer = NGINX_HOST.search(rest), NGINX_REFERRER.search(rest)
    return (
        request[1] or None if request else None,
        vhost(host[1].encode()) if host else None,
        referrer[1] or None if referrer else None,
    )


def whole_number(raw: bytes) -> int:
    """A count of bytes; `-` is 0 (Apache's %b)."""
    return 0 if raw in (b"-", b"") else _bounded(int(raw))


def optional_number(raw: bytes) -> int | None:
    """A number; `-` or, where HAProxy had none, `-1` is null."""
    return None if raw in (b"-", b"", b"-1") else _bounded(int(raw))


def _bounded(number: int) -> int:
    if number > MOST:
        raise UnreadableError("number")
    return number


def port(raw: bytes) -> int | None:
    if len(raw) > 5:  # Python refuses to read thousands of digits
        raise UnreadableError("number")
    number = optional_number(raw)
    if number is not None and number > 65535:
        raise UnreadableError("number")
    return number


def seconds(raw: bytes, unit: float) -> float | None:
    """A duration logged in `unit` seconds; several upstream times never come here."""
    return None if raw in (b"-", b"") else float(raw) * unit


def seconds_sum(raw: bytes) -> float | None:
    """Durations of the parts of a request, in seconds; null where one is -1, for none."""
    try:
        parts = [float(part) for part in raw.split()]
    except ValueError:
        raise UnreadableError("number") from None
    return None if min(parts) < 0 else sum(parts)


def agent_with_plus(raw: bytes) -> str | None:
    """A user agent with `+` for each blank (IIS)."""
    return text(raw.replace(b"+", b" "))


def agent_percent(raw: bytes) -> str | None:
    """A percent-encoded user agent; CloudFront encoded the `%` once more, in older logs."""
    once = unquote_to_bytes(raw)
    return text(unquote_to_bytes(once) if b"%25" in raw else once)


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


def split_absolute(raw: bytes) -> tuple[str, str | None, str | None, str | None, str | None, str | None]:
    """As `split_request`, and the host, of a request line that a balancer wrote with the whole URL, or cut."""
    line, method, path, query, protocol = split_request(raw)
    if method is None and len(raw) >= REQUEST_CUT and (cut := CUT_REQUEST.match(line)):
        method, (path, query) = cut[1], split_target(cut[2])
    found = ABSOLUTE.match(path or "")
    if not found:
        return line, method, path, query, protocol, None
    return line, method, path[found.end() :] if path else None, query, protocol, vhost(found[1].encode())


def split_target(target: str | None) -> tuple[str | None, str | None]:
    """A request target → path and query; the query is null where there is no `?`."""
    if not target:
        return None, None
    path, mark, query = target.partition("?")
    return path, query if mark else None


def read_ip(written: str) -> str | None:
    """The canonical spelling of an address (RFC 5952) without brackets and zone, else null."""
    plain = written.strip("[]").partition("%")[0]
    try:
        if "." not in plain:  # the same in a fifth of the time, but for IPv4 within IPv6
            address = inet_ntop(AF_INET6, inet_pton(AF_INET6, plain))
            if "." not in address:
                return address
        return str(ipaddress.ip_address(plain))
    except (OSError, ValueError):
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


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether one of the networks holds the address, in any spelling."""
    plain = unwrap_ip(ipaddress.ip_address(address))  # a listener for both families logs ::ffff:192.0.2.1
    return any(plain in network for network in networks)
