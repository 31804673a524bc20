"""Finding the layout of a log that nobody described."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from schemas.log_format import log_formats
from schemas.refusals import FormatError
from transforms.parsing.headed_layout import MARK
from transforms.parsing.layout import BLANKS, Groups, Layout
from transforms.parsing.naming import COMBINED, ERROR_LAYOUTS, NAMED, named_layout
from transforms.parsing.parser import Parser
from transforms.parsing.proxies import hops_of
from transforms.parsing.units import could_write, durations_of, settle_units
from transforms.parsing.values import decode, read_ip

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
    """The layouts found, most frequent first, and which share of the sample's lines they read (0 to 1).

    `counts` says how many of the `lines` each reads; `doubt` what cannot be told from them.
    """

    layouts: tuple[Layout, ...]
    share: float
    counts: tuple[int, ...] = ()
    lines: int = 0
    doubt: str = ""


@cache
def known_layouts() -> tuple[Layout, ...]:
    """All layouts that detection tries, in order."""
    return tuple(named_layout(text) for text in (*NAMED, *UNNAMED, *log_formats(), *ERROR_LAYOUTS))


def detect_layouts(sample: bytes) -> Detected:
    """The layouts in which the first 1,000 lines of a log are written; FormatError where fewer than half are.

    An error log's further lines (a stack trace) count with their entry. What cannot be told is not read: a duration
    without a unit.
    """
    lines = sample.removeprefix(MARK).split(b"\n")[:SAMPLE_LINES]
    found, durations = _read_by(lines)
    for wide, narrow in ((named_layout(wide), named_layout(narrow)) for wide, narrow in WIDER.items()):
        if wide in found:
            found[wide] += found.pop(narrow, 0)
    found, doubt = settle_units(found, durations)
    counts = sorted(found.items(), key=lambda pair: -pair[1])
    layouts = tuple(layout for layout, _ in counts)
    parsed = Parser(layouts, "", "").parse_block(b"\n".join(lines)) if layouts else None
    unread = parsed.quarantine.select(["raw", "reason"]).to_pylist() if parsed else []
    reasons = Counter(row["reason"] for row in unread if row["raw"].strip())
    written = sum(1 for line in lines if line.strip()) - reasons["header"]
    # An entry that could be forged has the layout, and may go on: nobody from outside may make a log unreadable.
    forged = reasons["forged"] and reasons["forged"] + reasons["orphan"]
    good = written - (reasons.total() - forged - reasons["header"]) if parsed else 0
    if written < 1:
        raise FormatError("there are only blank lines at its beginning; it is not a log")
    if good * 2 < written or not good:
        what = (
            "a map of its keys, json: {…}" if _are_objects(lines) else "the server's own LogFormat or log_format string"
        )
        raise FormatError(
            f"only {good} of the first {written} lines fit a known layout; say the format: its name, or {what}"
        )
    return Detected(layouts, good / written, tuple(number for _, number in counts), written, doubt)


def _are_objects(lines: Sequence[bytes]) -> bool:
    return sum(line.startswith(b"{") for line in lines) * 2 > len(lines)


def _read_by(lines: Sequence[bytes]) -> tuple[dict[Layout, int], dict[Layout, list[bytes]]]:
    """How many lines each layout is the first to read, and the durations in them."""
    known = list(known_layouts())
    current = list(known)
    counts: dict[Layout, int] = {}
    durations: dict[Layout, list[bytes]] = {}
    for line in lines:
        stripped = line.rstrip(BLANKS)
        if stripped.startswith((b"#", b"\xef\xbb\xbf#")):
            current = [layout.header(stripped) or layout for layout in current]
        for layout, now in zip(known, current, strict=True):
            groups = now.read(line)
            if groups is not None and _is_likely(now, groups):
                counts[layout] = counts.get(layout, 0) + 1
                durations.setdefault(layout, []).extend(durations_of(now, groups))
                break
    return counts, durations


def _is_likely(layout: Layout, groups: Groups) -> bool:
    """Whether a line that fits looks as the layout's server would have written it."""
    return (
        not _begins_with_a_host(layout, groups) and _forwards_addresses(layout, groups) and could_write(layout, groups)
    )


def _begins_with_a_host(layout: Layout, groups: Groups) -> bool:
    """A line whose user is `- x` is rather one that begins with the host."""
    user = groups[layout.meanings.index("user")] if "user" in layout.meanings else None
    return layout.kind == "access" and bool(layout.pieces) and user is not None and user.startswith(b"- ")


def _forwards_addresses(layout: Layout, groups: Groups) -> bool:
    """Whether what stands where a proxy's header should be is none of another header."""
    value = groups[layout.meanings.index("forwarded")] if "forwarded" in layout.meanings else None
    hops = [decode(hop) for hop in hops_of(value or b"-")]
    return not hops or value == b"unknown" or any(read_ip(hop) or read_ip(hop.rpartition(":")[0]) for hop in hops)


def rivals_of(found: Detected, sample: bytes) -> list[tuple[Layout, int]]:
    """Which other known layouts would read lines of a sample too, and how many; the most first."""
    lines = sample.split(b"\n")[:SAMPLE_LINES]
    names = {layout.name for layout in found.layouts}
    names |= {wide for wide, narrow in WIDER.items() if narrow in names}
    others = [layout for layout in known_layouts() if layout.name not in names and layout.kind == found.layouts[0].kind]
    counts = [(layout, sum(layout.read(line) is not None for line in lines)) for layout in others]
    return sorted(((layout, count) for layout, count in counts if count), key=lambda pair: -pair[1])[:3]
