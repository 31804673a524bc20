"""Finding the layout of a log that nobody described."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from schemas.refusals import FormatError
from transforms.parsing.layout import Layout
from transforms.parsing.naming import COMBINED, COMMON, ERROR_LAYOUTS, NAMED, named_layout
from transforms.parsing.parser import Parser

__all__ = ["COMBINED", "COMMON", "ERROR_LAYOUTS", "NAMED", "detect_layouts", "known_layouts", "named_layout"]

NGINX_COMBINED: Final = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
NGINX_PROXY_MANAGER: Final = (
    '- $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio]'
)
FORWARDED: Final = NGINX_COMBINED.replace("$remote_addr", "$http_x_forwarded_for")

# What detection knows besides: usual layouts that have no name. The order decides between layouts that both fit.
UNNAMED: Final = (
    f"%v {COMBINED}",
    f"{NGINX_COMBINED} $request_time",
    f"{NGINX_COMBINED} $request_time $upstream_response_time",
    f'{NGINX_COMBINED} "$http_x_forwarded_for"',
    f'$host {NGINX_COMBINED} "$http_x_forwarded_for"',
    f'"%{{X-Forwarded-For}}i" {COMBINED}',
    f'%v "%{{X-Forwarded-For}}i" {COMBINED}',
    FORWARDED,
    f"$host {FORWARDED}",
    f"%v:%p {COMBINED} %D",
    f"{COMBINED} %D",
    '%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b',
    f"{NGINX_COMBINED} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name]"
    " $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id",
    f"[$time_local] $upstream_cache_status $upstream_status $status {NGINX_PROXY_MANAGER} [Sent-to $server]"
    ' "$http_user_agent" "$http_referer"',
    f'[$time_local] $status {NGINX_PROXY_MANAGER} "$http_user_agent" "$http_referer"',
    'escape=json {"time_iso8601":"$time_iso8601","remote_addr":"$remote_addr","remote_user":"$remote_user",'
    '"request":"$request","status":"$status","body_bytes_sent":"$body_bytes_sent","request_time":"$request_time",'
    '"upstream_response_time":"$upstream_response_time","http_referer":"$http_referer",'
    '"http_user_agent":"$http_user_agent","http_x_forwarded_for":"$http_x_forwarded_for","host":"$host"}',
)
# A log of the first reads like one of the second wherever one address was forwarded, but for what clients forge.
WIDER: Final = {FORWARDED: "combined", f"$host {FORWARDED}": f"%v {COMBINED}"}
SAMPLE_LINES: Final = 1000


@dataclass(frozen=True)
class Detected:
    """The layouts found, most frequent first, and which share of the sample's lines they read (0 to 1)."""

    layouts: tuple[Layout, ...]
    share: float


@cache
def known_layouts() -> tuple[Layout, ...]:
    """All layouts that detection tries, in order."""
    return tuple(named_layout(text) for text in (*NAMED, *UNNAMED, *ERROR_LAYOUTS))


def detect_layouts(sample: bytes) -> Detected:
    """The layouts in which the first 1,000 lines of a log are written; FormatError where fewer than half are.

    An error log's further lines (a stack trace) count with their entry.
    """
    lines = sample.split(b"\n")[:SAMPLE_LINES]
    counts: dict[Layout, int] = {}
    for layout, number in _read_by(known_layouts(), lines):
        counts[layout] = counts.get(layout, 0) + number
    for wide, narrow in ((named_layout(wide), named_layout(narrow)) for wide, narrow in WIDER.items()):
        if wide in counts:
            counts[wide] += counts.pop(narrow, 0)
    written = sum(1 for line in lines if line.strip())
    layouts = tuple(sorted(counts, key=lambda layout: -counts[layout]))
    parsed = Parser(layouts, "", "").parse_block(b"\n".join(lines)) if layouts else None
    unread = parsed.quarantine.select(["raw", "reason"]).to_pylist() if parsed else []
    # A line that could be forged has the layout: nobody from outside may make a log unreadable.
    good = written - sum(1 for row in unread if row["raw"].strip() and row["reason"] != "forged") if parsed else 0
    if not written:
        raise FormatError("there are only blank lines at its beginning; it is not a log")
    if good * 2 < written or not good:
        raise FormatError(
            f"only {good} of the first {written} lines fit a known layout; say the format: "
            "its name, or the server's own LogFormat or log_format string"
        )
    return Detected(layouts, good / written)


def _read_by(layouts: Sequence[Layout], lines: Sequence[bytes]) -> list[tuple[Layout, int]]:
    found = []
    for line in lines:
        stripped = line.rstrip(b" \t\r")
        layout = next((layout for layout in layouts if _plainly_fits(layout, stripped)), None)
        if layout:
            found.append((layout, 1))
    return found


def _plainly_fits(layout: Layout, line: bytes) -> bool:
    """Whether a line is of a layout, unless its user is `- x`: then it is rather one that begins with the host."""
    match = layout.pattern.fullmatch(line)
    user = layout.meanings.index("user") + 1 if "user" in layout.meanings else 0
    return match is not None and not (user and match[user].startswith(b"- "))
