"""JSON lines by a map of keys: what servers write, and what would be another thing to another reader."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.refusals import FormatError
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parsed, Parser

MAP = (
    'json: {"client_ip": "ip", "requested_at": "t", "target": "req.uri", "status": "s", "bytes_sent": "b",'
    ' "user_agent": "req.headers.User-Agent[0]", "request_milliseconds": "ms",'
    ' "forwarded": "req.headers.X-Forwarded-For"}'
)
LINE: dict[str, Any] = {"ip": "192.0.2.1", "t": 1767616496, "req": {"uri": "/a?b"}, "s": 200, "b": 5}


def parse(line: bytes, one_by_one: bool = True) -> Parsed:
    parser = Parser([named_layout(MAP)], "www", "x.log", Reading(ZoneInfo("Europe/Oslo")), one_by_one)
    return parser.parse_block(line + b"\n")


def hit(**changes: Any) -> dict[str, Any]:
    parsed = parse(json.dumps(LINE | changes).encode())
    assert len(parsed.hits) == 1, parsed.quarantine.to_pylist()
    return parsed.hits.to_pylist()[0]


def reason(line: bytes) -> str:
    (row,) = parse(line).quarantine.to_pylist()
    return row["reason"]


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        (1767616496, 0),
        (1767616496.25, 250_000),
        ("1767616496.250", 250_000),
        (1767616496250, 250_000),
        (1767616496250001, 250_001),
        (1767616496250001999, 250_001),
        ("2026-01-05T12:34:56Z", 0),
        ("2026-01-05T13:34:56.25+01:00", 250_000),
        ("2026-01-05T12:34:56.123456789Z", 123_456),
        ("2026-01-05T13:34:56", 0),
        ("05/Jan/2026:12:34:56 +0000", 0),
    ],
)
def test_an_instant_may_be_written_in_every_usual_way(written: object, micros: int) -> None:
    assert hit(t=written)["requested_at"] == datetime(2026, 1, 5, 12, 34, 56, micros, tzinfo=UTC)


def test_values_lie_deep_or_under_a_key_with_dots_and_headers_are_lists() -> None:
    nested = hit(req={"uri": "/a", "headers": {"User-Agent": ["x", "y"], "X-Forwarded-For": []}})
    assert (nested["path"], nested["user_agent"], nested["client_ip"]) == ("/a", "x", "192.0.2.1")
    assert hit(req=None, **{"req.uri": "/dotted"})["path"] == "/dotted"


def test_what_is_missing_is_null_and_numbers_may_be_texts() -> None:
    row = hit(s="404", b="17", ms=1.5)
    assert (row["status"], row["bytes_sent"], row["request_seconds"], row["user_agent"]) == (404, 17, 0.0015, None)
    row = hit(s=None, b=None)
    assert (row["status"], row["bytes_sent"]) == (None, 0)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", "empty"),
        (b"{", "format"),
        (b"[]", "format"),
        (b"17", "format"),
        (b'{"ip":"192.0.2.1","req":{"uri":"/a"}}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":"GET /"}', "format"),
        (b'{"ip":"192.0.2.1","t":NaN,"req":{"uri":"/a"}}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"s":Infinity}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"s":true}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"s":-1}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"b":1e300}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"b":9999999999999999}', "number"),
        (b'{"ip":"192.0.2.1","t":1e300,"req":{"uri":"/a"}}', "time"),
        (b'{"ip":"192.0.2.1","t":"yesterday","req":{"uri":"/a"}}', "time"),
        (b'{"ip":"999.0.2.1","t":1767616496,"req":{"uri":"/a"}}', "address"),
        (b'{"ip":{"a":1},"t":1767616496,"req":{"uri":"/a"}}', "format"),
        (b'{"ip":"192.0.2.1","ip":"192.0.2.9","t":1767616496,"req":{"uri":"/a"}}', "format"),
        (b'{"ip":"192.0.2.1","\\u0069p":"192.0.2.9","t":1767616496,"req":{"uri":"/a"}}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"req":{"uri":"/b"}}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a","uri":"/b"}}', "format"),
        (b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/\\ud800"}}', "format"),
        (b'{"a":' * 100_000, "format"),
        (b"[" * 100_000 + b"]" * 100_000, "format"),
        (b'{"t":' + b"9" * 100_000 + b"}", "format"),
    ],
)
def test_a_line_that_says_no_request_or_two_is_quarantined(line: bytes, expected: str) -> None:
    assert reason(line) == expected


def test_any_character_may_be_in_a_text() -> None:
    assert hit(req={"uri": "/\0\n\u2028æ"})["path"] == "/\0\n\u2028æ"
    raw = b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/\xe6"}}'  # nginx writes the bytes as they came
    assert parse(raw).hits["path"].to_pylist() == ["/æ"]


def test_a_key_twice_that_nobody_reads_does_no_harm() -> None:
    line = b'{"ip":"192.0.2.1","t":1767616496,"req":{"uri":"/a"},"x":1,"x":2}'
    assert len(parse(line).hits) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("json: {", "stands no map"),
        ("json: []", "stands no map"),
        ('json: {"client": "ip"}', "no column|column 'client'"),
        ('json: {"client_ip": "ip", "target": "uri"}', "no requested_at"),
        ('json: {"requested_at": "t", "target": "uri"}', "no client_ip"),
        ('json: {"requested_at": "t", "client_ip": "ip"}', "no target"),
        ('json: {"requested_at": 7, "client_ip": "ip", "target": "u"}', "gives requested_at no key"),
        ('json: {"requested_at": [], "client_ip": "ip", "target": "u"}', "gives requested_at no key"),
    ],
)
def test_a_map_that_cannot_work_is_refused(text: str, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        named_layout(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["ip", "t", "req", "uri", "s", "b", "headers", "User-Agent", "ms", "x"]), inner
            )
            | st.lists(inner)
        ),
    )
)
def test_every_object_is_one_row_and_both_ways_agree(content: object) -> None:
    line = json.dumps(LINE | content if isinstance(content, dict) else content).encode()
    slow, fast = parse(line), parse(line, one_by_one=False)
    assert slow.lines == fast.lines == 1
    assert slow.hits.to_pylist() == fast.hits.to_pylist()
    assert slow.quarantine.to_pylist() == fast.quarantine.to_pylist()
