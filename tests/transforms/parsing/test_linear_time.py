"""No line takes more than linear time, whatever it holds and whatever the format: a client writes most of it."""

import time

import pytest

from transforms.parsing.formats import known_layouts
from transforms.parsing.naming import ERROR_LAYOUTS, named_layout
from transforms.parsing.parser import Parser

SIZE = 100_000
SECONDS = 30.0  # of the processor, for a line that should take milliseconds; one of quadratic time takes minutes
BEGINS = (b"[Fri Feb 01 22:03:08 2019] [error] ", b"2026/11/23 05:01:02 [error] 1#0: ", b"[28-Nov-2026 05:01:02] ")
BEGIN = b"192.0.2.1 - "
SEEDS = (
    *(bytes([byte]) for byte in b' "[]\\-,:/?0a\t|;={}#'),
    *(b'\\"', b" - ", b'" "', b"] [", b", ", b"a ", b"a, ", b" : ", b'] "', b"a - b ", b'\\" ', b"1.", b"::1 ", b" ["),
    *(
        b"for=x, ",
        b"[client ",
        b", client: x",
        b", referer: ",
        b"a:1 ",
        b"- [",
        b'x" [',
        b"0/",
        b" -1",
        b"PHP ",
        b'{"a":',
    ),
)
ODD = (
    "%u %h %t %U",
    "%u|%h|%t|%U",
    '%l %u %l %a:%{remote}p %t "%r"',
    "%{X-Forwarded-For}i %h %l %u %t %U%q %s",
    '"%u" %h %t "%r" %{a}i %{b}o %{c}e %{d}C %{e}n',
    "%v%U%q %h %{%F %T}t.%{usec_frac}t %{%z}t",
    "$http_x_forwarded_for $remote_user $remote_addr $time_local $uri$is_args$args",
    '$upstream_addr $upstream_status $remote_addr $msec "$request" $upstream_response_time',
    "escape=json $remote_addr $msec $uri $upstream_addr $upstream_status",
    'escape=none $remote_addr $msec "$request" "$http_user_agent"',
    r"[%{u}t] [%-m:%l] [pid %P:tid %T] %7F: %E: [client\ %a] %M% ,\ referer\ %{Referer}i",
    "[%{cu}t] [%l] [%a] %M [%v] [%L] [%{x}i]",
)


@pytest.mark.parametrize("layout", [*known_layouts(), *map(named_layout, ODD)], ids=lambda layout: layout.name[:60])
def test_a_long_line_is_read_in_linear_time(layout: object) -> None:
    slowest = 0.0
    for seed in SEEDS:
        line = seed * (SIZE // len(seed))
        for hostile in (line, BEGIN + line, line + b' "', b'192.0.2.1 - - [x] "' + line):
            begin = time.process_time()
            layout.read(hostile)  # type: ignore[attr-defined]
            slowest = max(slowest, time.process_time() - begin)
    assert slowest < SECONDS


def test_error_lines_that_begin_well_are_read_in_linear_time() -> None:
    for begin in (
        b"[Fri Feb 01 22:03:08 2019] [error] ",
        b"2026/11/23 05:01:02 [error] 1#0: ",
        b"[28-Nov-2026 05:01:02] ",
    ):
        for seed in SEEDS:
            line = begin + seed * (SIZE // len(seed))
            started = time.process_time()
            parser = Parser(list(ERROR_LAYOUTS.values()), "www", "x.log")
            assert parser.parse_block(line + b"\n").lines == 1
            assert time.process_time() - started < SECONDS
