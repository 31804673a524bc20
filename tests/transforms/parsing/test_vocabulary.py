"""Whatever a format string asks of a server, and whatever the server then writes, is read back as it was.

The lines are written as the servers do: Apache by `ap_escape_logitem` and `mod_log_config.c`, nginx by
`ngx_http_log_module.c`. Formats are random, values too; what is read must be what was written.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.refusals import FormatError
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parser

INSTANT = datetime(2026, 1, 5, 12, 34, 56, 789_123, tzinfo=UTC)
CLF = "05/Jan/2026:12:34:56 +0000"
SAID = st.text(st.characters(max_codepoint=0x17F, exclude_characters="\n"), max_size=12)
WORD = st.text("abcXYZ019._-/:;=?&%+[](){}|,'\\\"\x01\x7fæ", min_size=1, max_size=12)
COUNT = st.integers(0, 2**53)
PATH = st.text("ab/._-%æ", max_size=8).map(lambda text: f"/{text}")


@dataclass(frozen=True)
class Part:
    """A directive, values for it, how the server writes one, and what the row must have of it then."""

    directive: str
    values: st.SearchStrategy[Any]
    written: Callable[[Any], str] = str
    columns: Callable[[Any], dict[str, Any]] = lambda value: {}
    quoted: bool = False  # it may hold blanks


def texts(column: str, said: Callable[[str], str]) -> Callable[[str], dict[str, Any]]:
    return lambda value: {column: said(value) if value not in ("-", "") else None}


def escape_apache(text: str) -> str:
    """As `ap_escape_logitem`, byte by byte."""
    named = {8: "b", 9: "t", 10: "n", 11: "v", 13: "r", 34: '"', 92: "\\"}
    return "".join(
        f"\\{named[byte]}" if byte in named else f"\\x{byte:02x}" if not 32 <= byte < 127 else chr(byte)
        for byte in text.encode()
    )


def escape_nginx(text: str) -> str:
    """As `ngx_http_log_escape`, byte by byte."""
    return "".join(
        f"\\x{byte:02X}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte) for byte in text.encode()
    )


def escape_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


ADDRESS = st.sampled_from(["192.0.2.1", "2001:db8::7", "203.0.113.250"])
SECONDS = st.integers(0, 10**6)
COMMON = {"client": lambda value: {"client_ip": value}, "status": lambda value: {"status": value}}


def apache_parts(said: Callable[[str], str] = escape_apache) -> list[Part]:
    return [
        Part("%>s", st.integers(100, 599), columns=COMMON["status"]),
        Part("%b", COUNT, lambda value: str(value or "-"), lambda value: {"bytes_sent": value}),
        Part("%!404{x}e", st.just("-")),
        Part("%D", SECONDS, columns=lambda value: {"request_seconds": value * 1e-6}),
        Part("%I %O %S", st.just("1 2 3")),
        Part("%X %k %L", st.just("+ 0 Q+/x"), columns=lambda value: {"request_id": "Q+/x"}),
        Part("%p %{local}p %P %{tid}P %{hextid}P", st.just("443 443 7 140 0x7f")),
        Part("%A %H %m", st.just("10.0.0.1 HTTP/1.1 GET"), columns=lambda value: {"method": "GET"}),
        Part("%{remote}p", st.integers(1, 65535), columns=lambda value: {"client_port": value}),
        Part("%^FB", SECONDS),
        Part("%R", st.just("proxy-server")),
        Part("%{Cookie}i", SAID, said, quoted=True),
        Part("%{a}C %{b}n", WORD.map(lambda text: f"{text} -"), said, quoted=True),
        Part("%{User-Agent}i", SAID, said, texts("user_agent", said), quoted=True),
        Part("%400,501{Referer}i", SAID, said, texts("referrer", said), quoted=True),
        Part("%{SSL_PROTOCOL}x", st.just("TLSv1.3")),
        Part("%{X-T}^ti", SAID, said, quoted=True),
    ]


APACHE_TIMES = {
    "%t": (f"[{CLF}]", 1_000_000),
    "%{begin}t": (f"[{CLF}]", 1_000_000),
    "[%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t]": ("[05/Jan/2026:12:34:56.789 +0000]", 1_000),
    "%{%F %T}t.%{usec_frac}t": ("2026-01-05 12:34:56.789123", 1),
    "%{sec}t": ("1767616496", 1_000_000),
    "%{begin:msec}t": ("1767616496789", 1_000),
    "%{usec}t": ("1767616496789123", 1),
    "%{sec}t.%{usec_frac}t": ("1767616496.789123", 1),
    "%{%s}t": ("1767616496", 1_000_000),
    "%{end:%s}t %t": (f"1767616499 [{CLF}]", 1_000_000),
    '"%{%A, %d-%B-%y %r}t"': ('"Monday, 05-January-26 12:34:56 PM"', 1_000_000),
}
NGINX_TIMES = {
    "[$time_local]": (f"[{CLF}]", 1_000_000),
    "$time_local": (CLF, 1_000_000),
    "$time_iso8601": ("2026-01-05T12:34:56+00:00", 1_000_000),
    "$msec": ("1767616496.789", 1_000),
    '"$time_iso8601"': ('"2026-01-05T12:34:56+00:00"', 1_000_000),
}


def nginx_parts(said: Callable[[str], str], read: Callable[[str], str]) -> list[Part]:
    missing = "-" if said is escape_nginx else ""
    return [
        Part("$status", st.integers(100, 599), columns=COMMON["status"]),
        Part("$body_bytes_sent", COUNT, columns=lambda value: {"bytes_sent": value}),
        Part("$request_time", SECONDS, lambda ms: f"{ms / 1000:.3f}", lambda ms: {"request_seconds": ms / 1000}),
        Part("$upstream_response_time", st.sampled_from(["0.001", "0.001, 0.2 : 0.003", missing])),
        Part("$upstream_addr", st.sampled_from(["10.0.0.1:80, 10.0.0.2:80", "unix:/run/x", missing])),
        Part("$remote_port", st.integers(1, 65535), columns=lambda value: {"client_port": value}),
        Part("$request_id", st.just("0f" * 16), columns=lambda value: {"request_id": value}),
        Part("$ssl_protocol/$ssl_cipher", st.just("TLSv1.3/TLS_AES_256_GCM_SHA384")),
        Part("$geoip_country_code", st.just("NO")),
        Part("$http_cookie", SAID, said, quoted=True),
        Part("$arg_q", SAID, said, quoted=True),
        Part("$sent_http_etag", SAID, said, quoted=True),
        Part("$http_user_agent", SAID, said, texts("user_agent", read), quoted=True),
        Part("$http_referer", SAID, said, texts("referrer", read), quoted=True),
        Part("$host", st.just("www.example.org"), columns=lambda value: {"vhost": value}),
    ]


@st.composite
def written_lines(draw: st.DrawFn, server: str) -> tuple[str, str, dict[str, Any]]:
    """A format string, a line of it, and what the row must have."""
    apache = server == "apache"
    said = {"apache": escape_apache, "nginx": escape_nginx, "json": escape_json}[server]
    read = str if server == "json" else said  # only JSON's escapes are undone
    times = APACHE_TIMES if apache else NGINX_TIMES
    stamp = draw(st.sampled_from(sorted(times)))
    when, precision = times[stamp]
    client, address = ("%h" if apache else "$remote_addr"), draw(ADDRESS)
    path, query = draw(PATH), draw(st.sampled_from(["", "?", "?a=b"]))
    request = f"GET {path}{query} HTTP/1.1"
    expected: dict[str, Any] = {"client_ip": address, "path": read(path), "query": query[1:] if query else None}
    micros = INSTANT.microsecond // precision * precision if precision < 1_000_000 else 0
    expected["requested_at"] = INSTANT.replace(microsecond=micros)
    pieces = [(client, address), (stamp, when), (f'"{"%r" if apache else "$request"}"', f'"{said(request)}"')]
    parts = apache_parts() if apache else nginx_parts(said, read)
    for part in draw(st.lists(st.sampled_from(parts), unique_by=lambda part: part.directive)):
        value = draw(part.values)
        text = part.written(value)
        quotes = '"' if part.quoted or draw(st.booleans()) else ""
        quotes = "" if " " in part.directive and not part.quoted else quotes
        if part.quoted and " " in part.directive:
            pieces.append((part.directive.replace(" ", '" "').join('""'), f'"{text[:-2]}" "-"'))
        else:
            pieces.append((f"{quotes}{part.directive}{quotes}", f"{quotes}{text}{quotes}"))
        expected |= part.columns(value)
    order = draw(st.permutations(pieces))
    joint = draw(st.sampled_from([" ", " ", "\t", " | "]))
    log_format = joint.join(piece[0] for piece in order)
    return (f"escape=json {log_format}" if server == "json" else log_format), joint.join(p[1] for p in order), expected


def check(log_format: str, line: str, expected: dict[str, Any]) -> None:
    for one_by_one in (True, False):
        parsed = Parser([named_layout(log_format)], "www", "x.log", one_by_one=one_by_one).parse_block(
            line.encode() + b"\n"
        )
        (row,) = parsed.hits.to_pylist()
        found = {name: row[name] for name in expected}
        if "request_seconds" in expected:
            assert abs(found.pop("request_seconds") - expected["request_seconds"]) < 1e-9
        assert found == {name: value for name, value in expected.items() if name != "request_seconds"}


@settings(max_examples=300, deadline=None)
@given(written_lines("apache"))
def test_what_apache_writes_in_any_format_is_read_back(found: tuple[str, str, dict[str, Any]]) -> None:
    check(*found)


@settings(max_examples=300, deadline=None)
@given(written_lines("nginx"))
def test_what_nginx_writes_in_any_format_is_read_back(found: tuple[str, str, dict[str, Any]]) -> None:
    check(*found)


@settings(max_examples=300, deadline=None)
@given(written_lines("json"))
def test_what_nginx_escapes_as_json_is_read_back(found: tuple[str, str, dict[str, Any]]) -> None:
    check(*found)


@pytest.mark.parametrize("ending", ["", "\r"])
def test_an_empty_value_at_the_end_is_one_though_it_looks_like_a_blank(ending: str) -> None:
    line = '192.0.2.1 "2026-01-05T12:34:56+00:00" "GET / HTTP/1.1" '
    log_format = 'escape=json $remote_addr "$time_iso8601" "$request" $upstream_response_time'
    check(log_format, line + ending, {"client_ip": "192.0.2.1", "path": "/", "query": None})


DIRECTIVES = st.sampled_from([f"%{letter}" for letter in "hlutrsbvUqmH%"])


@settings(max_examples=500, deadline=None)
@given(st.lists(DIRECTIVES | st.text('ab |;:"[]-\\{}<>!,0', max_size=3)))
def test_a_format_is_read_or_refused_in_a_sentence(parts: list[str]) -> None:
    try:
        layout = named_layout("".join(parts) + "%%")
    except FormatError as error:
        assert str(error)
    else:
        assert layout.pieces
