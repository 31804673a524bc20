"""Who appears in the log with response times: its own people and robots, on one host."""

from collections.abc import Iterator
from random import Random

from tests.traffic.access_log import AccessLog, Event
from tests.traffic.actors.people import a_day_out, human, live
from tests.traffic.agents import GOOGLEBOT
from tests.traffic.requests import Client, Request
from tests.traffic.site import LINKS_OF_WWW
from tests.traffic.writing import Arrival

FIRST_PERSON = 500_000  # nobody of the main log
SLOWEST = (0, 900, 1_200_500, 999_999)  # milliseconds, from none to more than the last bound


def timed_day(log: AccessLog, seed: str, day: int, start: int, end: int, *, people: int) -> Iterator[Arrival]:
    """The people of a day, and a robot that gets answers of every length."""
    yield start, _slow(log, start)
    for number in range(people):
        random = Random(f"{seed} timed {day} {number}")
        visit = start + 3600 * 6 + random.randrange(3600 * 15)
        requests = a_day_out(random, visit, end, LINKS_OF_WWW)
        yield visit, live(log, human(FIRST_PERSON + day * people + number), requests)


def _slow(log: AccessLog, start: int) -> Iterator[Event]:
    robot = Client("198.18.2.10", "NO", GOOGLEBOT, "bot")
    for number in range(80):
        milliseconds = SLOWEST[number] if number < len(SLOWEST) else int(1.17**number) + 1
        yield log.write(robot, Request(start + 600 * number, "/report", milliseconds=milliseconds))
