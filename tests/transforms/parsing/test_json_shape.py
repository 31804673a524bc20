"""JSON lines of a few shapes are cut like any other layout, and become what reading them as JSON makes of them."""

import json
from random import Random
from typing import Any

import pytest

from tests.mutating import assert_same, mutated_block
from tests.transforms.parsing.test_regular import READING
from transforms.parsing.naming import named_layout

NGINX = {
    "time_iso8601": "2026-11-28T05:01:02+00:00",
    "remote_addr": "192.0.2.1",
    "request": "GET /a?b=1 HTTP/1.1",
    "status": "200",
    "body_bytes_sent": "17",
    "request_time": "0.120",
    "http_referer": "",
    "http_user_agent": "Mozilla/5.0 (X11)",
    "http_x_forwarded_for": "203.0.113.7, 198.51.100.3",
    "host": "www.example.org",
}
CADDY = {
    "level": "info",
    "ts": 1732770062.1234567,
    "request": {
        "remote_ip": "192.0.2.1",
        "remote_port": "4711",
        "client_ip": "192.0.2.1",
        "proto": "HTTP/2.0",
        "method": "GET",
        "host": "www.example.org",
        "uri": "/a?b=1",
        "headers": {"User-Agent": ["Mozilla/5.0"], "Referer": ["https://example.net/"]},
    },
    "duration": 0.00012,
    "size": 17,
    "status": 200,
}
TRAEFIK = {
    "ClientAddr": "192.0.2.1:4711",
    "ClientHost": "192.0.2.1",
    "DownstreamContentSize": 17,
    "DownstreamStatus": 200,
    "Duration": 1234567,
    "RequestHost": "www.example.org",
    "RequestMethod": "GET",
    "RequestPath": "/a?b=1",
    "RequestProtocol": "HTTP/1.1",
    "StartUTC": "2026-11-28T05:01:02.123456789Z",
}
LINES = {"nginx_json": NGINX, "caddy": CADDY, "traefik": TRAEFIK}


def line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


@pytest.mark.parametrize("layout", LINES)
def test_lines_of_one_shape_need_no_reading_as_json(layout: str) -> None:
    lines = [line(LINES[layout]).replace(b"Mozilla", b"Agent %d" % number) for number in range(50)]
    parsed = assert_same([named_layout(layout)], b"\n".join(lines), READING)
    assert (len(parsed.hits), parsed.irregular) == (50, 0)


def test_lines_of_two_shapes_in_turns_need_none_either() -> None:
    other = {**NGINX, "request_id": "abc"}
    parsed = assert_same([named_layout("nginx_json")], b"\n".join([line(NGINX), line(other)] * 25), READING)
    assert (len(parsed.hits), parsed.irregular) == (50, 0)
    assert parsed.hits["request_id"].to_pylist() == [None, "abc"] * 25


@pytest.mark.parametrize(
    "odd",
    [
        {**NGINX, "request": 'GET /"a" HTTP/1.1'},
        {**NGINX, "host": "\u00e6.example.org"},
        {**NGINX, "status": None},
        {**NGINX, "status": "2000"},
        {**NGINX, "time_iso8601": ""},
        {**NGINX, "request": ""},
        {"extra": True, **NGINX},
        dict(reversed(NGINX.items())),
    ],
)
def test_a_line_of_another_kind_disturbs_no_other(odd: dict[str, Any]) -> None:
    lines = [line(NGINX)] * 40
    parsed = assert_same([named_layout("nginx_json")], b"\n".join([*lines, line(odd), *lines]), READING)
    assert parsed.irregular <= 1


def test_a_key_that_stands_twice_makes_no_shape() -> None:
    doubled = line(NGINX).replace(b'"host":', b'"status":"404","host":')
    assert_same([named_layout("nginx_json")], b"\n".join([doubled] * 3 + [line(NGINX)] * 3), READING)


@pytest.mark.parametrize("depth", [10, 49, 60, 500, 900, 1_100])
@pytest.mark.parametrize("more", [b"", b',"\\u0061":1'])
def test_a_line_nested_deeper_than_any_log_needs_is_not_read(depth: int, more: bytes) -> None:
    nested = line(NGINX)[:-1] + b',"x":' + b'{"a":' * depth + b"1" + b"}" * depth + more + b"}"
    parsed = assert_same([named_layout("nginx_json")], b"\n".join([nested, line(NGINX), nested]), READING)
    assert len(parsed.hits) == (3 if depth < 50 else 1)


def test_a_number_where_text_is_usual_is_the_same_text_in_both_ways() -> None:
    lines = [line({**NGINX, "remote_user": number}) for number in (200.0, 1.5, 7, 1e-5)]
    assert_same([named_layout("nginx_json")], b"\n".join(lines * 3), READING)


def test_a_number_that_no_reader_takes_makes_its_line_none_of_a_shape() -> None:
    lines = [line({**NGINX, "more": 1}), line({**NGINX, "more": 1}).replace(b'"more":1', b'"more":1e200000')]
    parsed = assert_same([named_layout("nginx_json")], b"\n".join(lines * 3), READING)
    assert (len(parsed.hits), len(parsed.quarantine)) == (3, 3)


@pytest.mark.parametrize("layout", LINES)
def test_broken_json_is_read_alike_in_both_ways(layout: str) -> None:
    random = Random(3)
    lines = [line({**LINES[layout], "size": number, "more": [number, {"x": None}]}) for number in range(40)]
    for _ in range(4):
        assert_same([named_layout(layout)], mutated_block(lines, 300, random), READING)
