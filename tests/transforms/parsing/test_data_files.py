"""Each format of `schemas/formats` reads its own log as expected, and is found in it: adding the pair adds the test."""

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.log_format import log_formats
from transforms.parsing.formats import detect_layouts, known_layouts
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import layouts_in_force, named_layout
from transforms.parsing.parser import Parsed, Parser

LOGS = Path(__file__).parent / "logs"
READING = Reading(trusted_proxies=[ip_network("10.0.0.0/8")])
IIS = b"""#Fields: date time c-ip cs-method cs-uri-stem sc-status
2026-01-05 12:34:56 192.0.2.1 GET /a 200
#Fields: date time cs-method c-ip cs-uri-stem sc-status
2026-01-05 12:34:57 POST 192.0.2.2 /b 302
"""


def as_expected(parsed: Parsed) -> list[dict[str, Any]]:
    rows = [{"line": row["line_number"], "quarantine": row["reason"]} for row in parsed.quarantine.to_pylist()]
    for row in parsed.hits.to_pylist():
        line, instant = row.pop("line_number"), row.pop("requested_at").isoformat()
        kept = {key: value for key, value in row.items() if value is not None and key not in ("log", "file")}
        rows.append({"line": line, "hit": {"requested_at": instant, **kept}})
    return sorted(rows, key=lambda row: row["line"])


@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize("name", log_formats())
def test_a_format_reads_its_log_as_expected(name: str, one_by_one: bool) -> None:
    parser = Parser([named_layout(name)], "www", "x.log", READING, one_by_one)
    parsed = parser.parse_block((LOGS / f"{name}.log").read_bytes())
    assert as_expected(parsed) == json.loads((LOGS / f"{name}.expected.json").read_text())


@pytest.mark.parametrize("name", log_formats())
def test_a_format_is_found_in_its_log(name: str) -> None:
    assert detect_layouts((LOGS / f"{name}.log").read_bytes()).layouts[0].name == name


def test_no_other_format_takes_what_syslog_wrote_in_front_for_the_client() -> None:
    content = (LOGS / "syslog_combined.log").read_bytes()
    for layout in known_layouts():
        if layout.kind == "access" and layout.name != "syslog_combined":
            assert not len(Parser([layout], "www", "x.log", READING).parse_block(content).hits), layout.name


HEADS = [
    "Jan 15 12:34:56 web1 nginx:",
    "<190>Jan 15 12:34:56 nginx:",
    "Jan  5 12:34:56 2001:db8::9 httpd[14389]:",
    "2026-01-15T12:34:56.123Z nginx:",
    "<190>2026-01-15T12:34:56+01:00 198.51.100.7 nginx[1]:",
    "<190>1 2026-01-15T12:34:56Z web1 nginx 12 access -",
    '<190>1 2026-01-15T12:34:56Z - nginx - - [origin@32473 ip="198.51.100.7"]',
]
# What a line may be taken apart at, wherever it stands in a name.
CHOSEN = st.lists(
    st.sampled_from(["-", " - ", " ", ":", "x", "X:", "[]", "[1]:", "[", "203.0.113.9", "nginx:", "2001:db8::1"])
).map("".join)


@given(
    head=st.sampled_from(HEADS), ident=st.sampled_from(["-", "X", "X:", "[]"]), user=CHOSEN, one_by_one=st.booleans()
)
def test_no_user_name_makes_a_line_of_syslog_somebody_elses(head: str, ident: str, user: str, one_by_one: bool) -> None:
    line = f'{head} 192.0.2.10 {ident} {user or "-"} [15/Jan/2026:12:34:56 +0000] "GET /b HTTP/1.1" 200 12 "-" "x"\n'
    parser = Parser([named_layout("syslog_combined")], "www", "x.log", READING, one_by_one)
    assert {hit["client_ip"] for hit in parser.parse_block(line.encode()).hits.to_pylist()} <= {"192.0.2.10"}


@pytest.mark.parametrize("user", ["X - 203.0.113.9 - -", "- X - 203.0.113.9 - -", "X [] 203.0.113.9 - -"])
@pytest.mark.parametrize("head", HEADS)
def test_who_takes_an_address_for_a_user_name_stays_in_the_log(head: str, user: str) -> None:
    line = f'{head} 192.0.2.10 - {user} [15/Jan/2026:12:34:56 +0000] "GET /b HTTP/1.1" 200 12 "-" "x"\n'
    (hit,) = Parser([named_layout("syslog_combined")], "www", "x.log").parse_block(line.encode()).hits.to_pylist()
    assert hit["client_ip"] == "192.0.2.10"


def test_fields_may_change_in_the_file_and_hold_over_the_end_of_a_block() -> None:
    parser = Parser([named_layout("iis")], "www", "x.log")
    hits = parser.parse_block(IIS).hits.to_pylist()
    assert [(hit["client_ip"], hit["method"], hit["path"]) for hit in hits] == [
        ("192.0.2.1", "GET", "/a"),
        ("192.0.2.2", "POST", "/b"),
    ]
    (hit,) = parser.parse_block(b"2026-01-05 12:34:58 PUT 192.0.2.3 /c 200\n", first_line=5).hits.to_pylist()
    assert (hit["client_ip"], hit["method"], hit["line_number"]) == ("192.0.2.3", "PUT", 5)


def test_a_layout_in_force_is_made_again_from_its_name() -> None:
    parser = Parser([named_layout("iis")], "www", "x.log")
    parser.parse_block(IIS)
    names = [layout.name for layout in parser.layouts]
    assert names == ["iis date time cs-method c-ip cs-uri-stem sc-status"]
    assert layouts_in_force([named_layout("iis")], names) == parser.layouts
    assert layouts_in_force([named_layout("combined")], names) == (named_layout("combined"),)


@pytest.mark.parametrize("lines", range(5))
def test_where_blocks_end_between_lines_changes_no_row(lines: int) -> None:
    cut = len(b"".join(IIS.splitlines(keepends=True)[:lines]))
    parser = Parser([named_layout("iis")], "www", "x.log")
    first, second = IIS[:cut], IIS[cut:]
    parts = [parser.parse_block(first), parser.parse_block(second, first.count(b"\n") + 1)]
    whole = Parser([named_layout("iis")], "www", "x.log").parse_block(IIS)
    assert [row for part in parts for row in part.hits.to_pylist()] == whole.hits.to_pylist()


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"#Fields: date time c-ip cs-uri-stem", "header"),
        (b"\xef\xbb\xbf#Software: IIS", "header"),
        (b"#Fields: date c-ip", "header"),
        (b"#comment", "format"),
        (b"#Fields: <script>", "format"),
        (b"#Fields:" + b" x" * 1000, "format"),
        (b"#Fields: " + b"x" * 1_000_000, "format"),
    ],
)
def test_header_lines_are_set_aside_under_their_own_reason(header: bytes, reason: str) -> None:
    parsed = Parser([named_layout("iis")], "www", "x.log").parse_block(header + b"\n")
    assert parsed.quarantine["reason"].to_pylist() == [reason]


def test_a_header_in_another_format_is_a_line_like_others() -> None:
    parsed = Parser([named_layout("combined")], "www", "x.log").parse_block(b"#Version: 1.0\n")
    assert parsed.quarantine["reason"].to_pylist() == ["format"]


def test_after_fields_without_a_time_no_line_is_read() -> None:
    parsed = Parser([named_layout("iis")], "www", "x.log").parse_block(b"#Fields: c-ip cs-uri-stem\n192.0.2.1 /a\n")
    assert parsed.quarantine["reason"].to_pylist() == ["header", "format"]


@pytest.mark.parametrize("one_by_one", [True, False])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("GET https://WWW.example.org/a?b HTTP/2.0", ("GET", "/a", "b", "HTTP/2.0", "www.example.org")),
        ("GET /a HTTP/1.1", ("GET", "/a", None, "HTTP/1.1", None)),
        (f"GET /a?{'x' * 1016}", ("GET", "/a", "x" * 1016, None, None)),
        ("GET /a", (None, None, None, None, None)),
    ],
)
def test_haproxy_writes_whole_urls_and_cuts_long_requests(
    written: str, expected: tuple[str | None, ...], one_by_one: bool
) -> None:
    line = (
        (LOGS / "haproxy.log").read_bytes().splitlines()[0].replace(b"GET /index.html?a=b HTTP/1.1", written.encode())
    )
    for tag in (b"]: ", b"]:  "):
        parser = Parser([named_layout("haproxy")], "www", "x.log", one_by_one=one_by_one)
        (row,) = parser.parse_block(line.replace(b"]: ", tag, 1)).hits.to_pylist()
        assert tuple(row[name] for name in ("method", "path", "query", "protocol", "vhost")) == expected


def test_an_agent_with_quotes_cannot_write_the_fields_behind_it() -> None:
    line = (LOGS / "aws_alb.log").read_bytes().splitlines()[0]
    forged = b'x" - - y "-" "-" "-" 1 2001-01-01T00:00:00Z "-" "-" "-" "-" "-" "-" "-" "z'
    for ends in range(0, len(forged), 3):
        hidden = line.replace(b"Mozilla/5.0 (X11; Linux x86_64)", forged[: ends + 1])
        hits = Parser([named_layout("aws_alb")], "www", "x.log").parse_block(hidden + b"\n").hits
        assert all(instant.year == 2026 for instant in hits["requested_at"].to_pylist())
