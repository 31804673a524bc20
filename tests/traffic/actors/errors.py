"""Error logs in local time without a zone, so nothing is logged in the hour that comes twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.traffic import clock
from tests.traffic.access_log import Event
from tests.traffic.requests import SHOP, WWW
from tests.traffic.truth import Truth

CLIENTS: Final = ("203.0.113.21", "100.64.3.9", "2001:db8:1000::21")


@dataclass(frozen=True)
class Fault:
    """A kind of entry; `{n}` in the message is a number that differs each time, `template` is what tables show."""

    level: str
    message: str
    template: str
    module: str = "unknown"
    about: str = ""  # Apache's "before the client", nginx's fields after the message
    further: tuple[str, ...] = ()


APACHE: Final = [
    Fault("info", "AH00128: File does not exist: /srv/www/pics/{n}.png", "AH00128: File does not exist: {}", "core"),
    Fault(
        "error",
        "AH01630: client denied by server configuration: /srv/www/private/{n}",
        "AH01630: client denied by server configuration: {}",
        "authz_core",
    ),
    Fault(
        "error",
        "AH00035: access to /staff/{n} denied because search permissions are missing",
        "({})Permission denied: AH00035: access to {} denied because search permissions are missing",
        "core",
        "(13)Permission denied: ",
    ),
    Fault(
        "error",
        "AH01114: HTTP: failed to make connection to backend: 192.0.2.200",
        "AH01114: HTTP: failed to make connection to backend: {}",
        "proxy_http",
    ),
    Fault("warn", "remote call failed for https://api.example.net/v1/{n}", "remote call failed for {}", "php"),
    Fault(
        "error",
        "PHP Fatal error: Uncaught TypeError in /srv/www/app/cart.php on line {n}",
        "PHP Fatal error: Uncaught TypeError in {} on line {}",
        "php",
        further=("Stack trace:", "#0 /srv/www/app/cart.php(12): Cart->total('x')", "#1 {{main}}", "  thrown"),
    ),
    Fault("notice", "AH00094: Command line: '/usr/sbin/apache2 -D {n}'", "AH00094: Command line: {}", "core"),
    Fault(
        "error",
        "AH00484: server reached MaxRequestWorkers setting",
        "AH00484: server reached MaxRequestWorkers setting",
        "mpm_event",
    ),
]
_ASKED = 'client: {client}, server: {server}, request: "GET /x/{n} HTTP/1.1"'
NGINX: Final = [
    Fault(
        "error",
        'open() "/srv/www/x/{n}" failed (2: No such file or directory)',
        "open() {} failed ({}: No such file or directory)",
        about=f'{_ASKED}, host: "{{server}}:443", referrer: "https://www.example.org/"',
    ),
    Fault(
        "error",
        "connect() failed (111: Connection refused) while connecting to upstream",
        "connect() failed ({}: Connection refused) while connecting to upstream",
        about=f'{_ASKED}, upstream: "http://127.0.0.1:8080/x/{{n}}", host: "{{server}}"',
    ),
    Fault(
        "warn",
        "an upstream response is buffered to a temporary file /var/cache/nginx/{n}",
        "an upstream response is buffered to a temporary file {}",
        about=_ASKED,
    ),
    Fault("crit", "worker process {n} exited on signal 11", "worker process {} exited on signal {}"),
    Fault(
        "error",
        "lua entry thread aborted: attempt to index a nil value",
        "lua entry thread aborted: attempt to index a nil value",
        further=("stack traceback:", "coroutine 0:", "\t/srv/lua/guard.lua: in function 'check'"),
    ),
]


def apache_errors(truth: Truth, random: Random, start: int, end: int, count: int) -> Iterator[Event]:
    """Entries of Apache 2.4, which say nothing about the host, and their stack traces."""
    for at in _instants(random, start, end, count):
        number = random.randrange(1000, 9999)
        fault, client = random.choice(APACHE), random.choice(CLIENTS)
        who = "" if fault.level == "notice" or fault.module == "mpm_event" else f"[client {client}:{number}] "
        what = fault.about + who + fault.message.format(n=number)
        after = ", referer: https://www.example.org/blog" if who and number % 2 else ""
        stamp = clock.apache_stamp(at, number)
        entry = f"[{stamp}] [{fault.module}:{fault.level}] [pid {number}:tid 1403{number}] {what}{after}"
        yield from _entry(truth, at, entry, WWW, fault)


def nginx_errors(truth: Truth, random: Random, start: int, end: int, count: int) -> Iterator[Event]:
    """Entries of nginx, whose host is the request's, else the server's, else the site's."""
    for at in _instants(random, start, end, count):
        number = random.randrange(1000, 9999)
        fault, client, server = random.choice(NGINX), random.choice(CLIENTS), random.choice((WWW, SHOP))
        about = f", {fault.about.format(client=client, server=server, n=number)}" if fault.about else ""
        connection = f" *{number}" if fault.about else ""
        entry = f"{clock.nginx_stamp(at)} [{fault.level}] 71#71:{connection} {fault.message.format(n=number)}{about}"
        yield from _entry(truth, at, entry, server if fault.about else WWW, fault)


def _instants(random: Random, start: int, end: int, count: int) -> list[int]:
    drawn = sorted(random.randrange(start, end) for _ in range(count))
    return [at for at in drawn if not clock.is_ambiguous(at)]


def _entry(truth: Truth, at: int, entry: str, vhost: str, fault: Fault) -> Iterator[Event]:
    day = clock.day_of(at)
    truth.add_line(day, "errors")
    truth.add("errors_daily", (day, vhost, fault.level, fault.module, fault.template), errors=1)
    yield Event(at, entry.encode() + b"\n", day)
    for line in fault.further:
        truth.add_line(day, "continuations")
        yield Event(at, line.format().encode() + b"\n", day)


def headless(at: int) -> Event:
    """The end of an entry whose beginning went with the file before: nothing it could go on from."""
    return Event(at, b"#3 /srv/www/app/cart.php(88): Cart->show()\n", None)
