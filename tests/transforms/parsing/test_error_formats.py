"""Error logs in Apache's own ErrorLogFormat, and of PHP."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.refusals import FormatError
from transforms.parsing.formats import detect_layouts
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import error_layouts, named_layout
from transforms.parsing.parser import Parsed, Parser

# Apache's documentation: what threaded servers do without the directive
DEFAULT = r"[%{u}t] [%-m:%l] [pid %P:tid %T] %7F: %E: [client\ %a] %M% ,\ referer\ %{Referer}i"
WHEN = b"[Fri Feb 01 22:03:08.320970 2019] "
AT = datetime(2019, 2, 1, 22, 3, 8, 320970, tzinfo=UTC)


def parse(error_format: str, *lines: bytes, zone: str = "UTC") -> Parsed:
    parser = Parser(error_layouts(error_format), "www", "error.log", Reading(ZoneInfo(zone)))
    return parser.parse_block(b"\n".join(lines) + b"\n")


def entry(error_format: str, line: bytes, zone: str = "UTC") -> dict[str, Any]:
    (row,) = parse(error_format, line, zone=zone).errors.to_pylist()
    return {key: value for key, value in row.items() if value is not None and key not in ("log", "file", "line_number")}


def test_a_line_with_all_its_fields_is_read() -> None:
    line = (
        b"[core:debug] [pid 7:tid 9] core.c(12): (13)Permission denied: [client 192.0.2.1:50] AH00035: no,"
        b" referer http://e/"
    )
    assert entry(DEFAULT, WHEN + line) == {
        "logged_at": AT,
        "module": "core",
        "level": "debug",
        "pid": 7,
        "client_ip": "192.0.2.1",
        "client_port": 50,
        "message": "(13)Permission denied: AH00035: no",
        "code": "AH00035",
        "referrer": "http://e/",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[-:notice] [pid 7:tid 9] AH00489: configured", "AH00489: configured"),
        (b"[mpm_event:notice] [pid 7:tid 9] (2)No such file: AH00489: x", "(2)No such file: AH00489: x"),
        (b"[core:error] [pid 7:tid 9] x.c(1): plain", "plain"),
    ],
)
def test_a_field_without_a_value_is_not_written(line: bytes, message: str) -> None:
    found = entry(DEFAULT, WHEN + line)
    assert (found["message"], found.get("client_ip")) == (message, None)


@pytest.mark.parametrize(
    ("stamp", "written"),
    [
        ("%t", b"Fri Feb 01 22:03:08 2019"),
        ("%{u}t", b"Fri Feb 01 22:03:08.320970 2019"),
        ("%{c}t", b"2019-02-01 22:03:08"),
        ("%{cu}t", b"2019-02-01 22:03:08.320970"),
        ("%{cuz}t", b"2019-02-01 22:03:08.320970 +0100"),
        ("%{%d/%b/%Y %T %z}t", b"01/Feb/2019 21:03:08 +0000"),
    ],
)
def test_a_time_may_be_written_in_all_of_apaches_ways(stamp: str, written: bytes) -> None:
    found = entry(f"[{stamp}] [%l] %M", b"[" + written + b"] [error] x", "Europe/Oslo")
    assert found["logged_at"].replace(microsecond=0) == datetime(2019, 2, 1, 21, 3, 8, tzinfo=UTC)


def test_hosts_ids_and_further_lines_are_kept() -> None:
    parsed = parse(
        "[%{cu}t] [%V] [%-l] %L [%-a] %M",
        b"[2019-02-01 22:03:08.320970] [www.example.org] [error] Q+/1 [-] x",
        b"#0 main",
    )
    (row,) = parsed.errors.to_pylist()
    assert (row["vhost"], row["request_id"], row["client_ip"]) == ("www.example.org", "Q+/1", None)
    assert parsed.continuations["continues"].to_pylist() == [1]


@pytest.mark.parametrize(
    ("error_format", "told"),
    [
        ("[%t] [%l]", "allowed are"),
        ("[%l] %M", "no time"),
        ("[%t] %M %M", "not just once"),
        ("[%t] [%{User-Agent}i] [client %a] %M", "in front of %a"),
        ("[%t] %M [client %a]", "in front of %a"),
        ("[%t] %Z %M", "%Z"),
        ("[%{%H:%M}t] %M", "no day"),
        ("combined", "allowed are"),
    ],
)
def test_an_error_format_that_cannot_work_is_refused(error_format: str, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        error_layouts(error_format)


def test_a_message_names_no_client() -> None:
    found = entry(
        "[%t] [%l] [client\\ %a] %M", b"[Fri Feb 01 22:03:08 2019] [error] [client 192.0.2.1:5] [client 198.51.100.9] x"
    )
    assert found["client_ip"] == "192.0.2.1"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"[28-Nov-2026 05:01:02] NOTICE: fpm is running, pid 1", ("notice", None, "fpm is running, pid 1")),
        (b"[28-Nov-2026 05:01:02] WARNING: [pool www] child 5 exited", ("warning", "www", "child 5 exited")),
        (b"[28-Nov-2026 06:01:02 Europe/Oslo] PHP Fatal error:  Uncaught x", ("fatal error", None, "Uncaught x")),
        (
            b"[28-Nov-2026 05:01:02 UTC] PHP Warning:  a: b in /x.php on line 3",
            ("warning", None, "a: b in /x.php on line 3"),
        ),
        (b"[28-Nov-2026 05:01:02 UTC] said by error_log()", (None, None, "said by error_log()")),
    ],
)
def test_php_says_level_pool_and_zone(line: bytes, expected: tuple[str | None, str | None, str]) -> None:
    found = entry("detect", line)
    assert found["logged_at"] == datetime(2026, 11, 28, 5, 1, 2, tzinfo=UTC)
    assert (found.get("level"), found.get("module"), found["message"]) == expected
    assert detect_layouts(line).layouts == (named_layout("php_error"),)


def test_a_zone_that_nobody_knows_is_no_time() -> None:
    assert parse("php_error", b"[28-Nov-2026 05:01:02 Mars/Port] x").quarantine["reason"].to_pylist() == ["time"]
