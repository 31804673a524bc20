"""Everybody of every day, on their way into four logs."""

from collections.abc import Iterator, Sequence
from datetime import date
from heapq import merge
from itertools import chain, pairwise
from pathlib import Path
from random import Random

from tests.traffic import clock
from tests.traffic.access_log import AccessLog, Event
from tests.traffic.actors.attackers import attackers
from tests.traffic.actors.cases import cases
from tests.traffic.actors.errors import apache_errors, headless, nginx_errors
from tests.traffic.actors.hostile import hostile, monster
from tests.traffic.actors.office import office
from tests.traffic.actors.people import a_day_out, human, live
from tests.traffic.actors.robots import robots
from tests.traffic.actors.timed import timed_day
from tests.traffic.truth import Truth
from tests.traffic.writing import Arrival, drop_last_newline, write_rotated

PEOPLE, REGULARS, TIMED_PEOPLE, ERRORS, BROKEN = 310, 50, 35, 110, 32  # a day, at scale 1
HOUR = 3600
QUIET_AND_BUSY = [2, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 15, 16, 15, 14, 14, 13, 12, 13, 15, 16, 14, 9, 5]  # by hour


def generate(folder: Path, seed: int = 1, start: date = date(2024, 10, 26), days: int = 3, scale: float = 1.0) -> Truth:
    """Write access and error logs of some days into the folder and say what is in them.

    The same arguments give the same bytes. At scale 1 three days are about 30,000 lines. Times are Europe/Oslo.
    """
    truth = Truth()
    midnights = clock.midnights(start, days)
    begin = midnights[0]
    streams = {
        "access": [
            (_rotation(midnights[:-1]), access_arrivals(truth, seed, midnights, scale)),
            ([(begin, "timed.log")], timed_arrivals(truth, seed, midnights, scale)),
        ],
        "error": [
            ([(begin, f"{server}_error.log")], error_arrivals(truth, seed, midnights, scale, server))
            for server in ("apache", "nginx")
        ],
    }
    for kind, logs in streams.items():
        for files, arrivals in logs:
            write_rotated(folder, files, arrivals, truth)
            truth.files[kind] += [name for _, name in files]
    drop_last_newline(folder / "access.log")
    return truth


def _rotation(begins: list[int]) -> list[tuple[int, str]]:
    """Today in access.log, yesterday in access.log.1, all before in access.log.2.gz."""
    names = [(begins[-1], "access.log")]
    if len(begins) > 1:
        names.insert(0, (begins[-2], "access.log.1"))
    if len(begins) > 2:
        names.insert(0, (begins[0], "access.log.2.gz"))
    return names


def access_arrivals(
    truth: Truth, seed: int, midnights: list[int], scale: float, more_attacks: Sequence[int] = ()
) -> Iterator[Arrival]:
    """Everybody on both hosts; `more_attacks`: instants after which all attackers come once more."""
    log = AccessLog(truth)
    attacks = [*attackers(log, Random(f"{seed} attackers"), [start + 9 * HOUR for start in midnights[:-1]], scale)]
    for start in more_attacks:
        attacks += attackers(log, Random(f"{seed} {start}"), [start], scale)
    yield midnights[0], iter([Event(midnights[0], monster(), None)])
    yield from merge(_daily(log, seed, midnights, scale), sorted(attacks, key=_start), key=_start)


def _daily(log: AccessLog, seed: int, midnights: list[int], scale: float) -> Iterator[Arrival]:
    for day, (start, end) in enumerate(pairwise(midnights)):
        name, last = f"{seed} {day}", end == midnights[-1]
        yield start, hostile(log, Random(f"{name} hostile"), start, end, _scaled(BROKEN, scale))
        others = chain(
            robots(log, name, start, end, scale),
            office(log, name, start + 8 * HOUR),
            cases(log, day, start + 12 * HOUR, None if last else end - 600),
        )
        yield from merge(sorted(others, key=_start), _people(log, seed, day, midnights, scale), key=_start)


def _people(log: AccessLog, seed: int, day: int, midnights: list[int], scale: float) -> Iterator[Arrival]:
    """Regulars come every day and go to bed before midnight; everybody else comes on one day and may stay up."""
    start, end = midnights[day : day + 2]
    count, regulars = _scaled(PEOPLE, scale), _scaled(REGULARS, scale)
    random = Random(f"{seed} people {day}")
    hours = random.choices(range(24), QUIET_AND_BUSY, k=count)
    begins = sorted((start + hour * HOUR + random.randrange(HOUR), number) for number, hour in enumerate(hours))
    for begin, number in begins:
        regular = number < regulars
        person = human(number if regular else regulars + day * count + number)
        walk = a_day_out(Random(f"{seed} {day} {number}"), begin, end if regular else midnights[-1])
        yield begin, live(log, person, walk)


def timed_arrivals(truth: Truth, seed: int, midnights: list[int], scale: float) -> Iterator[Arrival]:
    """Everybody in the log with response times."""
    log = AccessLog(truth, timed=True)
    for day, (start, end) in enumerate(pairwise(midnights)):
        yield start, hostile(log, Random(f"{seed} {day} timed"), start, end, 10)
        people = timed_day(log, str(seed), day, start, end, people=_scaled(TIMED_PEOPLE, scale))
        yield from sorted(people, key=_start)


def error_arrivals(truth: Truth, seed: int, midnights: list[int], scale: float, server: str) -> Iterator[Arrival]:
    """One writer only, so that nothing comes between an entry and its further lines."""
    start, end = midnights[0], midnights[-1]
    count = _scaled(ERRORS, scale) * (len(midnights) - 1)
    entries = (apache_errors if server == "apache" else nginx_errors)(
        truth, Random(f"{seed} {server}"), start, end, count
    )
    yield start, chain([headless(start)], entries)


def _scaled(number: int, scale: float) -> int:
    return max(1, round(number * scale))


def _start(arrival: Arrival) -> int:
    return arrival[0]
