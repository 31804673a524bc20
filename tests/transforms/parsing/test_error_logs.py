"""Error logs of Apache and nginx: entries, their further lines, and lines that somebody forged."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from transforms.parsing.formats import detect_layouts
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parsed, Parser

APACHE_24 = (
    b"[Fri Feb 01 22:03:08.320970 2019] [core:info] [pid 7:tid 140597881775872] [client 192.0.2.1:50750]"
    b" AH00128: File does not exist: /srv/www/favicon.ico, referer: http://example.net/"
)
APACHE_22 = b"[Mon Dec 26 16:22:08 2016] [error] [client 192.0.2.1] File does not exist: /srv/www/favicon.ico"
NGINX = (
    b'2026/11/23 05:01:02 [error] 1234#0: *5678 open() "/srv/x" failed (2: No such file or directory),'
    b' client: 192.0.2.1, server: example.org, request: "GET /x HTTP/1.1", host: "www.example.org:8080",'
    b' referrer: "http://example.net/"'
)


def parse(log_format: str, *lines: bytes, zone: str = "UTC") -> Parsed:
    parser = Parser([named_layout(log_format)], "www", "error.log", Reading(ZoneInfo(zone)))
    return parser.parse_block(b"\n".join(lines) + b"\n")


def entry(log_format: str, line: bytes, zone: str = "UTC") -> dict[str, Any]:
    (row,) = parse(log_format, line, zone=zone).errors.to_pylist()
    return row


def test_apache_2_4_says_module_client_port_code_and_referrer() -> None:
    row = entry("apache_error", APACHE_24)
    assert row["logged_at"] == datetime(2019, 2, 1, 22, 3, 8, 320970, tzinfo=UTC)
    assert (row["module"], row["level"], row["pid"]) == ("core", "info", 7)
    assert (row["client_ip"], row["client_port"], row["code"]) == ("192.0.2.1", 50750, "AH00128")
    assert row["message"] == "AH00128: File does not exist: /srv/www/favicon.ico"
    assert row["referrer"] == "http://example.net/"


@pytest.mark.parametrize("status", [b"(13)Permission denied: ", b"(EAI 2)Name or service not known: ", b"(-3)x: "])
def test_an_error_of_the_system_in_front_of_the_client_hides_no_client(status: bytes) -> None:
    row = entry("apache_error", APACHE_24.replace(b"[client", status + b"[client"))
    assert row["client_ip"] == "192.0.2.1"
    assert row["message"].encode().startswith(status + b"AH00128")


def test_apache_2_2_has_no_module_and_no_port() -> None:
    row = entry("apache_error", APACHE_22)
    assert (row["module"], row["level"], row["client_ip"], row["client_port"]) == (None, "error", "192.0.2.1", None)


def test_nginx_says_its_client_behind_the_message() -> None:
    row = entry("nginx_error", NGINX)
    assert row["message"] == 'open() "/srv/x" failed (2: No such file or directory)'
    assert (row["client_ip"], row["vhost"], row["pid"]) == ("192.0.2.1", "www.example.org", 1234)
    assert (row["request_line"], row["referrer"]) == ("GET /x HTTP/1.1", "http://example.net/")


@pytest.mark.parametrize(
    ("written", "address", "port"),
    [
        (b"2001:db8::7:51234", "2001:db8::7", 51234),
        (b"[2001:db8::7]:51234", "2001:db8::7", 51234),
        (b"::1:37752", "::1", 37752),
        (b"2001:db8::7", "2001:db8::7", None),
    ],
)
def test_apache_writes_ports_behind_ipv6_with_and_without_brackets(
    written: bytes, address: str, port: int | None
) -> None:
    row = entry("apache_error", APACHE_24.replace(b"192.0.2.1:50750", written))
    assert (row["client_ip"], row["client_port"]) == (address, port)


def test_error_logs_carry_no_zone_so_the_logs_own_counts() -> None:
    assert entry("nginx_error", NGINX, "Europe/Oslo")["logged_at"] == datetime(2026, 11, 23, 4, 1, 2, tzinfo=UTC)


def test_further_lines_belong_to_their_entry_even_in_the_next_block() -> None:
    parser = Parser([named_layout("nginx_error")], "www", "error.log")
    first = parser.parse_block(NGINX + b"\nStack trace:\n#0 main\n")
    assert first.continuations.select(["line_number", "continues", "text"]).to_pylist() == [
        {"line_number": 2, "continues": 1, "text": "Stack trace:"},
        {"line_number": 3, "continues": 1, "text": "#0 main"},
    ]
    second = parser.parse_block(b"\n#1 end\n" + NGINX + b"\nmore\n", first_line=4)
    assert second.continuations["continues"].to_pylist() == [1, 1, 6]


def test_lines_before_the_first_entry_are_quarantined() -> None:
    parsed = parse("apache_error", b"#0 main", APACHE_22)
    assert parsed.quarantine["reason"].to_pylist() == ["format"]


def test_what_goes_on_from_an_unreadable_entry_is_quarantined_with_it() -> None:
    parsed = parse("apache_error", APACHE_22.replace(b"Dec 26", b"Dec 32"), b"#0 main", b"#1 main")
    assert parsed.quarantine["reason"].to_pylist() == ["time", "orphan", "orphan"]


def test_a_client_inside_a_message_is_not_believed() -> None:
    forged = APACHE_22.replace(b"[client 192.0.2.1] ", b"").replace(b"/favicon.ico", b"/x [client 198.51.100.9] y")
    assert entry("apache_error", forged)["client_ip"] is None


def test_an_nginx_line_that_names_two_clients_is_quarantined() -> None:
    forged = NGINX.replace(b'"/srv/x"', b'"/srv/x, client: 198.51.100.9, server: a, request: "GET"')
    assert parse("nginx_error", forged).quarantine["reason"].to_pylist() == ["forged"]
    forged = NGINX.replace(b"http://example.net/", b'x", client: 198.51.100.9, server: a, request: "GET')
    assert parse("nginx_error", forged).quarantine["reason"].to_pylist() == ["forged"]
    for part in ("upstream", "subrequest", "host"):  # a part that would swallow the true client
        path = f'"/srv/x, client: 198.51.100.9, server: a, {part}: ""'.encode()
        forged = NGINX.replace(b'"/srv/x"', path)
        assert parse("nginx_error", forged).quarantine["reason"].to_pylist() == ["forged"]


CLAIMED = ', client: 198.51.100.9, server: a, request: "GET /x HTTP/1.1", host: "a'


@pytest.mark.parametrize(
    "message",
    [
        f'open() "/srv/x{CLAIMED}',
        f'open() "/srv/x" failed (2: No such file or directory){CLAIMED}',
        f'FastCGI sent in stderr: "PHP message: x{CLAIMED}',
        f"[lua] x.lua:1: x{CLAIMED}",
    ],
)
@pytest.mark.parametrize("limit", [2047, 4095])
def test_a_client_is_not_believed_where_nginx_cut_off_the_true_one(message: str, limit: int) -> None:
    line = f"2026/11/23 05:01:02 [error] 1#0: *5 {message}".ljust(limit, "x").encode()
    assert parse("nginx_error", line).quarantine["reason"].to_pylist() == ["forged"]
    assert detect_layouts(NGINX + b"\n" + line).layouts[0].name == "nginx_error"


def test_a_line_that_a_visitor_filled_with_blanks_is_a_cut_one() -> None:
    line = f'2026/11/23 05:01:02 [error] 1#0: *5 open() "/srv/x{CLAIMED}'.ljust(2047).encode()
    groups = named_layout("nginx_error").read(line)
    assert groups is not None
    assert (groups[-1] or b"").startswith(b", client: ")


@pytest.mark.parametrize("message", ["access forbidden by rule", 'limiting requests, excess: 5.1 by zone "one"'])
def test_a_cut_line_has_its_client_where_no_visitor_wrote_the_message(message: str) -> None:
    line = f'2026/11/23 05:01:02 [error] 1#0: *5 {message}, client: 192.0.2.1, server: a, request: "GET /'.ljust(
        2047, "x"
    )
    row = entry("nginx_error", line.encode())
    assert (row["client_ip"], row["message"]) == ("192.0.2.1", message)


def test_forged_lines_do_not_make_a_log_unreadable() -> None:
    forged = NGINX.replace(b"/srv/x", b"/srv/x, client: 198.51.100.9")
    assert detect_layouts(b"\n".join([NGINX, forged, forged, forged])).layouts[0].name == "nginx_error"


def test_detection_tells_apache_from_nginx() -> None:
    assert detect_layouts(NGINX + b"\n trace\n trace\n trace\n").layouts[0].name == "nginx_error"
    assert detect_layouts(APACHE_22).layouts[0].name == "apache_error"


def test_blanks_at_the_end_of_a_cut_line_of_nginx_vouch_for_no_client() -> None:
    begin = '2026/11/23 05:01:02 [error] 1#0: *1 open() "/srv/a, client: 198.51.100.9, server: x, request: "GET /'
    parsed = Parser([named_layout("nginx_error")], "www", "file").parse_block(begin.encode().ljust(2047) + b"\n")
    assert parsed.quarantine["reason"].to_pylist() == ["forged"]
