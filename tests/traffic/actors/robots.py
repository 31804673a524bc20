"""Who is no person and no attacker: crawlers, AI agents, monitors, and those who do not say who they are."""

from collections.abc import Iterator
from random import Random

from tests.traffic.access_log import AccessLog, Event
from tests.traffic.agents import CHROME, CRAWLERS, MONITOR, NOBODY
from tests.traffic.requests import Client, Request
from tests.traffic.site import PAGES
from tests.traffic.writing import Arrival


def robots(log: AccessLog, seed: str, start: int, end: int, scale: float) -> Iterator[Arrival]:
    """All robots of a day."""
    for number, agent in enumerate([*CRAWLERS, NOBODY]):
        client = Client(f"198.18.1.{number + 10}", "NO", agent, agent.kind)
        yield start, _crawl(log, client, Random(f"{seed} crawler {number}"), start, end, pause=max(2, 400 / scale))
    watched = Client("198.18.1.100", "NO", MONITOR, MONITOR.kind)
    yield start, _watch(log, watched, "/health", range(start, end, 60))
    yield start, _watch(log, watched, "/", range(start, end, 300))
    yield start, _watch(log, Client("198.51.100.200", "FI", CHROME, "human", ignored=True), "/", range(start, end, 300))
    yield start + 13 * 3600, _check(log, start + 13 * 3600)


def _crawl(log: AccessLog, client: Client, random: Random, start: int, end: int, *, pause: float) -> Iterator[Event]:
    at = start + random.randrange(60)
    yield log.write(client, Request(at, "/robots.txt"))
    at_exactly = at + random.expovariate(1 / pause)
    while at_exactly < end:
        page, chance = random.choice(PAGES), random.random()
        at, method = int(at_exactly), "HEAD" if chance > 0.95 else "GET"
        if chance < 0.03:
            yield log.write(client, Request(at, f"/gone/{random.choice('xyz')}", page.vhost, status=404))
        elif chance < 0.05:
            yield log.write(client, Request(at, "/moved", page.vhost, status=301))
        else:
            yield log.write(client, Request(at, page.path, page.vhost, method, path=page.path))
        at_exactly += random.expovariate(1 / pause)


def _watch(log: AccessLog, client: Client, target: str, instants: range) -> Iterator[Event]:
    for at in instants:
        yield log.write(client, Request(at, target))


def _check(log: AccessLog, start: int) -> Iterator[Event]:
    """A path scan by those who are allowed to: an allow-listed address is a person whatever it does."""
    tester = Client("192.0.2.5", "DK", CHROME, "human")
    for number in range(60):
        yield log.write(tester, Request(start + number, f"/check/{number}", status=404))
