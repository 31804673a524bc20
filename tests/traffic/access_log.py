"""Requests as lines of an access log, each counted where its truth belongs."""

from dataclasses import dataclass
from math import inf
from typing import Final, NamedTuple

from tests.traffic import clock
from tests.traffic.requests import BARE, WWW, Client, Request
from tests.traffic.truth import Truth

BOUNDS: Final = [10 ** (tenth / 10) for tenth in range(-30, 31)]
IGNORED_PATHS: Final = {"/health"}


class Event(NamedTuple):
    """A line, when it happened, how much later it was written; `day` is None for a line that nobody can trust."""

    at: int
    line: bytes
    day: str | None
    delay: int = 0


@dataclass
class AccessLog:
    """The layout vhost_combined, or nginx's combined with `$request_time` where `timed`."""

    truth: Truth
    timed: bool = False

    def write(self, client: Client, request: Request, end: str = "\n") -> Event:
        """Count the request and give its line."""
        day = clock.day_of(request.at)
        if client.ignored or request.path in IGNORED_PATHS:
            self.truth.add_line(day, "ignored")
        else:
            self._count(day, client, request)
        line = self._line(client, request) + end
        return Event(request.at, line.encode(errors="surrogateescape"), day, request.delay)

    def _line(self, client: Client, request: Request) -> str:
        asked = f"{request.method} {request.target} HTTP/1.1" if request.line is None else request.line
        size = request.size if request.size is not None else 0 if self.timed else "-"
        written = (
            f"{client.written(request.at)} - {client.user} [{clock.access_stamp(request.at)}]"
            f' "{asked}" {request.status or "-"} {size} "{request.referrer or "-"}" "{client.agent.text or "-"}"'
        )
        if self.timed:
            return f"{written} {request.milliseconds / 1000:.3f}"
        return f"{request.vhost}:{80 if request.vhost == BARE else 443} {written}"

    def _count(self, day: str, client: Client, request: Request) -> None:
        add, size = self.truth.add, request.size or 0
        at = (day, WWW if self.timed else request.vhost)
        hit = {"hits": 1, "bytes_sent": size}
        views = {"pageviews": int(request.act == "page")}
        errors = {"errors_4xx": int(400 <= request.status < 500), "errors_5xx": int(request.status >= 500)}
        self.truth.add_line(day, "hits")
        add("traffic_hourly", (*at, clock.hour_of(request.at // 3600), client.kind), **hit, **views, **errors)
        add("status_daily", (*at, request.status, client.kind), **hit)
        add("agents_daily", (*at, client.kind, client.agent.name), **hit, **views)
        if request.status == 404 and request.line is None:
            add("not_found_daily", (*at, request.path, host_of(request.referrer)), hits=1)
        if self.timed:
            seconds = request.milliseconds / 1000
            path = request.path if request.line is None else "unknown"
            add("response_times_daily", (*at, path, bucket(seconds)), hits=1, request_seconds=seconds)


def host_of(referrer: str) -> str:
    """The host of a URL without `www.`, or unknown."""
    return referrer.split("/")[2].removeprefix("www.") if referrer else "unknown"


def bucket(seconds: float) -> float:
    """The first of ten bounds a decade that is not exceeded."""
    return next((bound for bound in BOUNDS if seconds <= bound), inf)
