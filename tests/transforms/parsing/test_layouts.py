"""A layout compiled from a server's own format string reads what that server writes."""

from datetime import UTC, datetime
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import pytest

from schemas.refusals import FormatError
from transforms.parsing.compiling import compile_layout
from transforms.parsing.formats import detect_layouts
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import COMBINED, named_layout
from transforms.parsing.parser import Parsed, Parser

COMBINED_LINE = (
    b'192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.1" 200 2326 "http://example.net/" "Mozilla/5.0"'
)


def parse(log_format: str, *lines: bytes, reading: Reading | None = None) -> Parsed:
    return Parser([named_layout(log_format)], "www", "access.log", reading).parse_block(b"\n".join(lines) + b"\n")


def hit(log_format: str, line: bytes, reading: Reading | None = None) -> dict[str, object]:
    parsed = parse(log_format, line, reading=reading)
    assert len(parsed.hits) == 1, parsed.quarantine.to_pylist()
    return parsed.hits.to_pylist()[0]


def reason(log_format: str, line: bytes) -> str:
    (row,) = parse(log_format, line).quarantine.to_pylist()
    assert row["raw"] == line
    return row["reason"]


def test_combined_fills_every_column_it_has() -> None:
    assert hit("combined", COMBINED_LINE) == {
        "log": "www",
        "file": "access.log",
        "line_number": 1,
        "client_ip": "192.0.2.1",
        "client_host": None,
        "client_port": None,
        "peer_ip": None,
        "remote_user": None,
        "requested_at": datetime(2000, 10, 10, 20, 55, 36, tzinfo=UTC),
        "request_line": "GET /a?b=c HTTP/1.1",
        "method": "GET",
        "path": "/a",
        "query": "b=c",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes_sent": 2326,
        "referrer": "http://example.net/",
        "user_agent": "Mozilla/5.0",
        "vhost": None,
        "request_seconds": None,
        "request_id": None,
    }


@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        pytest.param(
            "vhost_combined",
            b"Shop.Example.org:443 " + COMBINED_LINE,
            {"vhost": "shop.example.org", "client_ip": "192.0.2.1"},
            id="vhost in lower case, without its port",
        ),
        pytest.param(
            "%h %t %m %U %q %H %s %D",
            b"192.0.2.1 [10/Oct/2000:13:55:36 +0000] GET /a ?x=1 HTTP/2.0 304 1500000",
            {"method": "GET", "path": "/a", "query": "x=1", "protocol": "HTTP/2.0", "request_seconds": 1.5},
            id="the request in pieces, %D in microseconds",
        ),
        pytest.param(
            '%a:%{remote}p %t "%r" %{ms}T %L',
            b'192.0.2.1:5004 [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 12 abc',
            {"client_port": 5004, "request_seconds": 0.012, "request_id": "abc"},
            id="port, %{ms}T, %L",
        ),
        pytest.param(
            '%h [%{%d.%m.%Y %H:%M:%S}t] "%r"',
            b'192.0.2.1 [10.10.2000 13:55:36] "GET / HTTP/1.1"',
            {"requested_at": datetime(2000, 10, 10, 11, 55, 36, tzinfo=UTC)},
            id="strftime without offset is local",
        ),
        pytest.param(
            '%h %{sec}t "%r"',
            b'192.0.2.1 971186136 "GET / HTTP/1.1"',
            {"requested_at": datetime(2000, 10, 10, 13, 55, 36, tzinfo=UTC)},
            id="%{sec}t",
        ),
        pytest.param(
            '$remote_addr $msec "$request_uri" $request_method $request_time',
            b'192.0.2.1 971186136.250 "/a?b" PUT 0.004',
            {
                "requested_at": datetime(2000, 10, 10, 13, 55, 36, 250000, tzinfo=UTC),
                "path": "/a",
                "query": "b",
                "method": "PUT",
                "request_seconds": 0.004,
            },
            id="$msec and $request_uri",
        ),
        pytest.param(
            '[$time_iso8601] ${remote_addr} "$request" $upstream_response_time $status',
            b'[2000-10-10T13:55:36+02:00] 192.0.2.1 "GET / HTTP/1.1" 0.100, 0.004 : 0.2 200',
            {"requested_at": datetime(2000, 10, 10, 11, 55, 36, tzinfo=UTC), "status": 200},
            id="upstream lists",
        ),
        pytest.param(
            'escape=json {"a":"$remote_addr","t":"$time_iso8601","r":"$request","u":"$http_user_agent"}',
            b'{"a":"192.0.2.1","t":"2000-10-10T13:55:36Z","r":"GET / HTTP/1.1","u":"a \\"b\\" \\u00e6"}',
            {"user_agent": 'a "b" æ'},
            id="escape=json is undone",
        ),
        pytest.param(
            '%h 100%% %t "%!200,304{Referer}i" "%r"',
            b'192.0.2.1 100% [10/Oct/2000:13:55:36 +0000] "-" "GET / HTTP/1.1"',
            {"referrer": None, "path": "/"},
            id="literal percent and status conditions",
        ),
    ],
)
def test_directives_mean_what_the_server_means(log_format: str, line: bytes, expected: dict[str, object]) -> None:
    found = hit(log_format, line, Reading(ZoneInfo("Europe/Oslo")))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("log_format", "told"),
    [
        ("%h %t %r %Z", "%Z"),
        ("$remote_addr $time_local $request $nonsense", "$nonsense"),
        ('%h "%r"', "no time"),
        ('%t "%r"', "no client"),
        ("%h %t", "no request"),
        ("combinde", "combined"),
        ('%h%u %t "%r"', "%h%u with nothing between"),
        ("%h %t %r %s", 'write it as "%r"'),
        ('%h [%{%H:%M}t] "%r"', "no day can be read"),
        ('escape=none $remote_addr - $remote_user [$time_local] "$request"', "$remote_user with escape=none"),
        ("$remote_addr [$time_local] $request_uri_", "$own_request_uri_"),
        ('%200h %404t "%r"', "no time; write it without status"),
        ('%h %{%F}t "%r" %{%T}i %{nonsense}p', "%{nonsense}p"),
        ('%h %{%T}t "%r" %{%F %T}e', "no day can be read"),
        ('%h [%{%F %T %Z}t] "%r"', "no day can be read"),
        ('%h %t "%r" %{a}nb%{c}n', "no telling where its value ends"),
        ('%h %u %{X-Forwarded-For}i %t "%r"', "behind the user's name"),
        ("%h %u %t %m %U %s %{User-Agent}i", "%{User-Agent}i"),
        ("%h %t %r\\n%s", "line end"),
        ("50% off %h %t %r", "%%"),
        ('LogFormat "%h %l %u %t \\"%r\\" %>s %b" common', "LogFormat directive; write only the string"),
        ("log_format main '$remote_addr [$time_local] \"$request\"';", "log_format directive; write only the string"),
    ],
)
def test_a_format_that_cannot_work_is_refused_by_name(log_format: str, told: str) -> None:
    with pytest.raises(FormatError, match=told.replace("$", r"\$")):
        named_layout(log_format)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"10/Oct", b"32/Oct", "time"),
        (b"Oct", b"Foo", "time"),
        (b"10/Oct/2000:13:55:36 -0700", b"01/Jan/0001:00:00:00 +0100", "time"),
        (b":55:", b":61:", "time"),
        (b" -0700", b"", "time"),
        (b"192.0.2.1", b"999.0.2.1", "address"),
        (b"192.0.2.1", b"192.0.2.", "address"),
        (b" 200 ", b" 2000 ", "format"),
        (b" 2326 ", b" -17 ", "format"),
        (b'" 200', b'"  200', "format"),
        (b' "Mozilla/5.0"', b' "Mozilla/5.0', "format"),
        (b'"Mozilla/5.0"', b'"Mozi"lla/5.0"', "format"),
        (b" 2326 ", b" 99999999999999999999 ", "format"),
        (b" 2326 ", b" 9999999999999999999 ", "number"),
        (COMBINED_LINE, b"", "empty"),
        (COMBINED_LINE, b"\0" * 60, "format"),
        (COMBINED_LINE, COMBINED_LINE + COMBINED_LINE, "format"),
    ],
)
def test_a_line_that_cannot_be_true_goes_into_quarantine_with_its_reason(old: bytes, new: bytes, expected: str) -> None:
    assert reason("combined", COMBINED_LINE.replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [
        (b"GET / HTTP/1.0", "GET", "/"),
        (b"PATCHp /x HTTP/1.1", "PATCHp", "/x"),
        (b"GET /a b HTTP/1.1", "GET", "/a b"),
        (b"GET http://example.org/x HTTP/1.1", "GET", "http://example.org/x"),
        (b"-", None, None),
        (b"", None, None),
        (rb"\x16\x03\x01\"", None, None),
        (b"/favicon.ico", None, None),
        (b"GET /a\xc3\xa6 HTTP/1.1", "GET", "/aæ"),
        (b"GET /a\xe6 HTTP/1.1", "GET", "/aæ"),
    ],
)
def test_any_request_line_is_a_hit_and_only_http_is_taken_apart(
    request_line: bytes, method: str | None, path: str | None
) -> None:
    row = hit("combined", COMBINED_LINE.replace(b"GET /a?b=c HTTP/1.1", request_line))
    assert (row["method"], row["path"]) == (method, path)


@pytest.mark.parametrize(
    ("written", "column", "value"),
    [
        (b"2001:DB8:0:0::1", "client_ip", "2001:db8::1"),
        (b"fe80::1%eth0", "client_ip", "fe80::1"),
        (b"[2001:db8::1]:443", "client_ip", "2001:db8::1"),
        (b"203.0.113.9:5000", "client_port", 5000),
        (b"host-17.example.net", "client_host", "host-17.example.net"),
        (b"unix:", "client_ip", None),
    ],
)
def test_the_client_may_be_an_address_in_any_spelling_or_a_name(written: bytes, column: str, value: object) -> None:
    assert hit("combined", COMBINED_LINE.replace(b"192.0.2.1", written))[column] == value


def test_a_user_name_may_hold_blanks_and_cannot_forge_a_line() -> None:
    assert hit("combined", COMBINED_LINE.replace(b"- -", b"- ola nordmann"))["remote_user"] == "ola nordmann"
    forged = b'ola [01/Jan/2020:00:00:00 +0000] \\"GET /forged HTTP/1.1\\" 200 1 \\"-\\" \\"-\\"'
    row = hit("combined", COMBINED_LINE.replace(b"- -", b"- " + forged))
    assert row["path"] == "/a"


@pytest.mark.parametrize("user", [b"- x", b"-", b"a - b", b"x - - ", rb"q\"q", b"[01/Jan/2020:00:00:00 +0000]"])
def test_no_user_name_hides_a_hit(user: bytes) -> None:
    row = hit("combined", COMBINED_LINE.replace(b"- -", b"- " + user))
    assert (row["client_ip"], row["path"], row["status"]) == ("192.0.2.1", "/a", 200)


@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        ("%h %t %m %U%q %s", b"192.0.2.1 [10/Oct/2000:13:55:36 +0000] GET /a?x=1 200", {"path": "/a", "query": "x=1"}),
        ("%h\\t%t\\t%r\\t%s", b"192.0.2.1\t[10/Oct/2000:13:55:36 +0000]\tGET /a HTTP/1.1\t200", {"path": "/a"}),
        ('%h [%{%F %T}t] "%r"', b'192.0.2.1 [2000-10-10 13:55:36] "GET /a HTTP/1.1"', {"path": "/a"}),
        ('%a %t \\"%r\\" %b %O', b'192.0.2.1 [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1" 5 300', {"bytes_sent": 5}),
    ],
)
def test_formats_may_be_copied_from_the_servers_configuration(
    log_format: str, line: bytes, expected: dict[str, object]
) -> None:
    found = hit(log_format, line)
    assert {name: found[name] for name in expected} == expected


RAW = 'escape=none $remote_addr [$time_local] "$request" $status "$http_referer" "$http_user_agent"'
RAW_LINE = '192.0.2.1 [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1" 200 "" "%s"'


def test_without_escapes_a_line_is_read_that_has_no_quote_of_a_client() -> None:
    assert hit(RAW, (RAW_LINE % r"Mozilla\x").encode())["user_agent"] == r"Mozilla\x"
    for agent in ('x"', '"', 'x" 200 "" "y', '" "', '\n"'):
        assert reason(RAW, (RAW_LINE % agent.replace("\n", "")).encode()) == "format"


@pytest.mark.parametrize("name", ["uri", "remote_user", "request_filename", "request_body", "upstream_http_x", "own_x"])
def test_without_escapes_nothing_is_read_that_may_hold_a_whole_line(name: str) -> None:
    with pytest.raises(FormatError, match=rf"\${name} with escape=none"):
        named_layout(f'{RAW} "${name}"')


@pytest.mark.parametrize(
    ("log_format", "line", "expected"),
    [
        ('%{c}a %t "%r"', b'192.0.2.1 [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1"', {"client_ip": "192.0.2.1"}),
        (
            '%a %{c}a %t "%r"',
            b'192.0.2.1 10.0.0.5 [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1"',
            {"client_ip": "192.0.2.1", "peer_ip": "10.0.0.5"},
        ),
        (
            '%a:%{remote}p %t "%r"',
            b'2001:db8::1:5004 [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1"',
            {"client_ip": "2001:db8::1", "client_port": 5004},
        ),
        (
            '%h %{end}t %{begin}t "%r"',
            b'192.0.2.1 [10/Oct/2000:13:55:40 +0000] [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1"',
            {"requested_at": datetime(2000, 10, 10, 13, 55, 36, tzinfo=UTC)},
        ),
        (
            '%h %{end:%F %T}t "%r" %{%z}t',
            b'192.0.2.1 2000-10-10 13:55:36 "GET /a HTTP/1.1" +0000',
            {"requested_at": datetime(2000, 10, 10, 13, 55, 36, tzinfo=UTC)},
        ),
        (
            '%h %t %!200,304s "%200,304{Referer}i" %!404,>b "%r"',
            b'192.0.2.1 [10/Oct/2000:13:55:36 +0000] - "-" - "GET /a HTTP/1.1"',
            {"status": None, "referrer": None, "bytes_sent": 0},
        ),
        (
            '{"ip":"$remote_addr","t":$msec,"u":"$request_uri","up":"$upstream_response_time","s":$status}',
            b'{"ip":"192.0.2.1","t":971186136.000,"u":"/a?b","up":"0.1, 0.2 : -","s":204}',
            {"path": "/a", "query": "b", "status": 204},
        ),
    ],
)
def test_what_one_directive_says_depends_on_the_others(
    log_format: str, line: bytes, expected: dict[str, object]
) -> None:
    found = hit(log_format, line)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "client", ["$proxy_protocol_addr", "$http_x_real_ip", "${http_cf_connecting_ip}", "%{X-Real-IP}i"]
)
def test_where_nothing_else_names_a_client_what_a_proxy_said_does(client: str) -> None:
    behind = '%u %t "%r"' if client.startswith("%") else '$remote_user [$time_local] "$request"'
    line = b'192.0.2.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1"'
    row = hit(f"{client} - {behind}", line)
    assert (row["client_ip"], row["path"]) == ("192.0.2.1", "/a")
    known = f"{'%h' if client.startswith('%') else '$remote_addr'} {client} - {behind}"
    assert hit(known, b"192.0.2.7 " + line)["client_ip"] == "192.0.2.7"


@pytest.mark.parametrize("one_by_one", [True, False])
def test_a_host_may_be_an_ipv6_address_in_brackets(one_by_one: bool) -> None:
    lines = b"[2001:db8::5]:443 " + COMBINED_LINE + b"\nshop.example.org:443 " + COMBINED_LINE
    parsed = Parser([named_layout("vhost_combined")], "www", "x.log", one_by_one=one_by_one).parse_block(lines)
    assert parsed.hits["vhost"].to_pylist() == ["[2001:db8::5]", "shop.example.org"]
    assert parsed.hits["client_ip"].to_pylist() == ["192.0.2.1"] * 2


def test_a_mark_of_utf_8_in_front_hinders_no_detection() -> None:
    assert detect_layouts(b"\xef\xbb\xbf" + COMBINED_LINE).share == 1


def test_only_a_newline_ends_a_line_and_blanks_at_its_end_do_not_count() -> None:
    odd = COMBINED_LINE.replace(b"Mozilla", b"Mo\x85z\x1cilla\x0b\x0c")
    parsed = parse("combined", odd, COMBINED_LINE + b" \r")
    assert len(parsed.hits) == 2
    assert parsed.hits["line_number"].to_pylist() == [1, 2]


def test_the_client_is_the_rightmost_address_that_is_not_a_trusted_proxy() -> None:
    line = b'"198.51.100.7, 203.0.113.9, 10.0.0.4" 10.0.0.5' + COMBINED_LINE.removeprefix(b"192.0.2.1")
    layout = f'"%{{X-Forwarded-For}}i" {COMBINED}'
    row = hit(layout, line, Reading(trusted_proxies=[ip_network("10.0.0.0/8")]))
    assert (row["client_ip"], row["peer_ip"]) == ("203.0.113.9", "10.0.0.5")
    row = hit(layout, line)  # nobody is trusted: what is forwarded proves nothing
    assert (row["client_ip"], row["peer_ip"]) == ("10.0.0.5", "10.0.0.5")


def test_a_line_of_the_future_is_quarantined() -> None:
    latest = 971211336 * 1_000_000  # the line's own instant
    assert len(parse("combined", COMBINED_LINE, reading=Reading(latest=latest)).hits) == 1
    late = parse("combined", COMBINED_LINE, reading=Reading(latest=latest - 1))
    assert late.quarantine["reason"].to_pylist() == ["future"]


def test_detection_finds_mixed_layouts_and_puts_the_most_frequent_first() -> None:
    common = COMBINED_LINE.split(b' "http')[0]
    found = detect_layouts(b"\n".join([COMBINED_LINE, common, COMBINED_LINE, b"noise"]))
    assert [layout.name for layout in found.layouts] == ["combined", "common"]
    assert found.share == 0.75


@pytest.mark.parametrize("behind", [b" %d +", b" %d Zk3-x", b" %d 12", b" %d -"])
def test_whole_numbers_are_never_taken_for_nginxs_seconds(behind: bytes) -> None:
    lines = [COMBINED_LINE + behind % (1_500 + number) for number in range(40)]
    with pytest.raises(FormatError, match="0 of the first 40"):
        detect_layouts(b"\n".join(lines))


@pytest.mark.parametrize("behind", [b" 0.001 0.002", b" 12.000 -", b" 0.001"])
def test_nginxs_seconds_are_known_by_their_decimals(behind: bytes) -> None:
    found = detect_layouts(b"\n".join([COMBINED_LINE + behind] * 40))
    assert "$request_time" in found.layouts[0].name
    assert not found.doubt


@pytest.mark.parametrize("durations", ["%D %T", "%T %D", "%{ms}T %D", "%D %{ms}T", "%T %D %{ms}T"])
def test_of_several_durations_the_finest_counts(durations: str) -> None:
    said = {"%D": b"2100300", "%{ms}T": b"2100", "%T": b"2"}
    line = COMBINED_LINE.split(b' "http')[0] + b" " + b" ".join(said[one] for one in durations.split())
    assert hit(f'%h %l %u %t "%r" %>s %b {durations}', line)["request_seconds"] == pytest.approx(2.1003)


def test_detection_refuses_when_fewer_than_half_of_the_lines_fit() -> None:
    with pytest.raises(FormatError, match="1 of the first 3"):
        detect_layouts(b"\n".join([COMBINED_LINE, b"noise", b"more noise"]))


def test_a_hostile_line_is_read_in_linear_time() -> None:
    layout = compile_layout("combined", COMBINED)
    for line in (b'192.0.2.1 - - [1] "' + b'\\"' * 200_000, b"a " * 200_000, b"[" * 200_000, b'"' * 200_000):
        assert layout.pattern.fullmatch(line) is None
