"""Lines that nobody can trust, and odd ones that are requests all the same."""

from collections.abc import Iterator
from random import Random

from tests.traffic import clock
from tests.traffic.access_log import AccessLog, Event
from tests.traffic.agents import GOOGLEBOT, NOBODY
from tests.traffic.requests import WWW, Client, Request

SCANNER = Client("203.0.113.77", "NO", NOBODY, "bot")
READER = Client("203.0.113.78", "NO", GOOGLEBOT, "bot", user="kari nordmann")
NOT_HTTP = ((r"\x16\x03\x01\x02", 400), ("-", 408), ("", 400), (r"\x03\x00\x00/*\xe0", 400), ("hello", 400))


def broken_lines(log: AccessLog, instant: int) -> list[bytes]:
    """One line for each way to be broken, as of this instant; all of them without their newline."""
    stamp = clock.access_stamp(instant)
    before, after = ("", " 0.040") if log.timed else ("www.example.org:443 ", "")

    def line(address: str = "203.0.113.79", at: str = f"[{stamp}]", status: str = "200 17") -> str:
        return f'{before}{address} - - {at} "GET /broken HTTP/1.1" {status} "-" "Mozilla/5.0"{after}'

    day, rest = stamp.split("/", 1)
    texts = [
        line()[: len(before) + 50],  # half a line
        "",
        "   ",
        line(at=f"[{day}/Foo{rest[3:]}]"),
        line(at=f"[32/{rest}]"),
        line(at=f"[{stamp[:20]}]"),
        line(status="2000 17"),
        line(status="200 -17"),
        line("999.1.2.3"),
        line() + line(),
        line().replace('"', "”"),
        "# turned over by logrotate",
        f"[{stamp}] [core:error] [pid 7:tid 9] AH00128: File does not exist: /srv/www/x",
    ]
    return [text.encode() for text in texts] + [
        bytes(60),
        bytes(range(128, 256)),
        b"\x1f\x8b\x08\x00" + bytes(range(11, 99)),
    ]


def hostile(log: AccessLog, random: Random, start: int, end: int, count: int) -> Iterator[Event]:
    """A broken line at the very start, then all kinds of them and the odd requests over and over."""
    yield Event(start, broken_lines(log, start)[0] + b"\n", None)
    for number, at in enumerate(sorted(random.randrange(start, end) for _ in range(count))):
        kinds = broken_lines(log, at)
        yield Event(at, kinds[number % len(kinds)] + b"\n", None)
        yield from _odd_requests(log, at, number)


def _odd_requests(log: AccessLog, at: int, number: int) -> Iterator[Event]:
    line, status = NOT_HTTP[number % len(NOT_HTTP)]
    yield log.write(SCANNER, Request(at, "", status=status, line=line))
    if log.timed:
        return
    if number % 10 == 1:
        yield log.write(READER, Request(at, "/search?q=bl\udce5b\udce6r"))  # Latin-1, which is no UTF-8
    elif number % 10 == 3:
        yield log.write(READER, Request(at, "/about"), end="\r\n")
    elif number % 10 == 5:
        yield log.write(READER, Request(at, "/about", WWW, status=0))


def monster() -> bytes:
    """A line of several hundred kilobytes."""
    return b"A" * 300_000 + b"\n"
