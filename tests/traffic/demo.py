"""Logs of the last days up to now, as logrotate leaves them: `python -m tests.traffic.demo --out DIR`."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.traffic import clock
from tests.traffic.generating import HOUR, access_arrivals, error_arrivals, timed_arrivals
from tests.traffic.places import write_country_database
from tests.traffic.truth import Truth
from tests.traffic.writing import Arrival, write_rotated

SCALE: Final = 0.35  # about 5,000 lines a day
Streams = Iterator[tuple[str, Iterator[Arrival]]]


def write_demo(folder: Path, until: datetime, days: int = 14, seed: int = 1) -> Truth:
    """Write `apache/`, `nginx/` and `countries.mmdb`; today is in `access.log`, yesterday in `access.log.1`, and so on.

    The truth holds for all days but the last, which ends with `until`.
    """
    truth, last = Truth(), until.astimezone(clock.ZONE).date()
    midnights, end = clock.midnights(last - timedelta(days=days - 1), days), int(until.timestamp())
    for name, arrivals in _streams(truth, seed, midnights, end):
        files = _daily_files(name, midnights[:-1])
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_rotated(folder, files, arrivals, truth, end)
        for (_, file), ended in zip(files, [*midnights[1:-1], end], strict=True):
            (folder / file).touch()  # a log to which nothing was written is there all the same
            os.utime(folder / file, (ended, ended))
    write_country_database(folder / "countries.mmdb")
    return truth


def _streams(truth: Truth, seed: int, midnights: list[int], end: int) -> Streams:
    """The attackers come once more during the last hours, so that some of them are still banned."""
    yield "apache/access.log", access_arrivals(truth, seed, midnights, SCALE, [end - 4 * HOUR])
    yield "apache/error.log", error_arrivals(truth, seed, midnights, SCALE, "apache")
    yield "nginx/access.log", timed_arrivals(truth, seed, midnights, SCALE)
    yield "nginx/error.log", error_arrivals(truth, seed, midnights, SCALE, "nginx")


def _daily_files(name: str, begins: list[int]) -> list[tuple[int, str]]:
    """The oldest first: yesterday's file is not compressed yet."""
    ends = ["", ".1", *(f".{age}.gz" for age in range(2, len(begins)))][: len(begins)]
    return [(begin, name + end) for begin, end in zip(begins, reversed(ends), strict=True)]


def main() -> None:
    """Write the logs and say how many lines they have."""
    parser = ArgumentParser(prog="python -m tests.traffic.demo", description="Sample logs that end now.")
    parser.add_argument("--out", type=Path, required=True, help="folder, made if missing")
    parser.add_argument("--days", type=int, default=14)
    asked = parser.parse_args()
    truth = write_demo(asked.out, datetime.now(UTC), asked.days)
    print(truth.lines.total())


if __name__ == "__main__":
    main()
