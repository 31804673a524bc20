"""Forty people behind one address with four kinds of browser: to a log they are four visitors."""

from collections.abc import Iterable, Iterator
from heapq import merge
from random import Random

from tests.traffic.access_log import AccessLog
from tests.traffic.actors.people import VISIT_GAP, a_day_out, live
from tests.traffic.agents import BROWSERS
from tests.traffic.requests import Client, Request
from tests.traffic.writing import Arrival

ADDRESS, COUNTRY = "203.0.113.10", "NO"
PEOPLE, BROWSERS_USED = 40, 4


def office(log: AccessLog, seed: str, morning: int) -> Iterator[Arrival]:
    """A working day of nine hours that begins with everybody at once."""
    for number, agent in enumerate(BROWSERS[:BROWSERS_USED]):
        client = Client(ADDRESS, COUNTRY, agent, "human")
        colleagues = []
        for colleague in range(PEOPLE // BROWSERS_USED):
            random = Random(f"{seed} {number} {colleague}")
            start = morning + random.choice((random.randrange(300), random.randrange(8 * 3600)))
            colleagues.append(_in_time(a_day_out(random, start, morning + 9 * 3600)))
        everyone = merge(*colleagues, key=lambda request: request.at)
        yield morning, live(log, client, _as_one_visitor(everyone))


def _in_time(requests: Iterable[Request]) -> Iterator[Request]:
    for request in requests:
        request.delay = 0  # so that what two do in the same second stays in this order
        yield request


def _as_one_visitor(requests: Iterable[Request]) -> Iterator[Request]:
    """Whoever arrives while another is still there goes on with that visit."""
    last = 0
    for request in requests:
        if request.act:
            if request.at - last < VISIT_GAP:
                request.begins = None
            last = request.at
        yield request
