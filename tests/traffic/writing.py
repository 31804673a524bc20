"""Streams of events, merged by time and written to files that rotate at midnight."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush, heapreplace
from itertools import count, groupby, takewhile
from math import inf
from pathlib import Path
from typing import IO

from tests.traffic.access_log import Event
from tests.traffic.truth import Truth

Arrival = tuple[int, Iterator[Event]]  # no event is earlier than this instant


def merged(arrivals: Iterable[Arrival]) -> Iterator[Event]:
    """The events of all actors by instant; arrivals come sorted and only those who have come are held."""
    waiting, numbers = iter(arrivals), count()
    coming = next(waiting, None)
    present: list[tuple[int, int, Event, Iterator[Event]]] = []
    while coming or present:
        while coming and (not present or coming[0] <= present[0][0]):
            event = next(coming[1], None)
            if event:
                heappush(present, (event.at, next(numbers), event, coming[1]))
            coming = next(waiting, None)
        if not present:
            continue
        _, number, event, actor = present[0]
        yield event
        following = next(actor, None)
        if following:
            heapreplace(present, (following.at, number, following, actor))
        else:
            heappop(present)


def as_written(events: Iterable[Event]) -> Iterator[tuple[int, Event]]:
    """Events in the order in which the server writes them, each with that instant."""
    numbers = count()
    held: list[tuple[int, int, Event]] = []
    for event in events:
        heappush(held, (event.at + event.delay, next(numbers), event))
        while held and held[0][0] <= event.at:
            written, _, out = heappop(held)
            yield written, out
    while held:
        written, _, out = heappop(held)
        yield written, out


def write_rotated(
    folder: Path, files: list[tuple[int, str]], arrivals: Iterable[Arrival], truth: Truth, until: float = inf
) -> None:
    """Write what happens to the files, each from its instant on; lines are counted in `truth`.

    What would be written after `until` is not; of that day, `truth` then says more than happened.
    """

    def file_of(item: tuple[int, Event]) -> str:
        return next(name for since, name in reversed(files) if item[0] >= since)

    happened = takewhile(lambda item: item[0] <= until, as_written(merged(arrivals)))
    for name, items in groupby(happened, key=file_of):
        with _opened(folder / name) as out:
            for line in _counted(name, (event for _, event in items), truth):
                out.write(line)


def _counted(name: str, events: Iterator[Event], truth: Truth) -> Iterator[bytes]:
    """Lines of a file; one in quarantine belongs to the day of the last good line before it, else of the next."""
    day, homeless = "", 0
    for event in events:
        truth.lines[name] += 1
        day = event.day or day
        homeless += event.day is None
        if day:
            for _ in range(homeless):
                truth.add_line(day, "quarantined")
                truth.quarantine[name][day] += 1
            homeless = 0
        yield event.line


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("wb") as plain:
        if path.suffix != ".gz":
            yield plain
            return
        with gzip.GzipFile("", "wb", 6, plain, mtime=0) as packed:  # no name, no time: the same bytes each time
            yield packed


def drop_last_newline(path: Path) -> None:
    """Leave the last line as a server leaves it that is still writing."""
    with path.open("r+b") as out:
        out.truncate(path.stat().st_size - 1)
