"""The days of whole files at once, which the gathering of a run is compared with."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from transforms.parsing.parser import Parsed
from transforms.statistics.day import Day
from transforms.statistics.split import join_blocks, split_file


def split_days(files: Sequence[Parsed], zone: ZoneInfo, read_on: date) -> list[Day]:
    """The days of the files' lines, oldest first; hits keep the order of files and lines.

    `read_on` is the day of lines that cannot be read in a file without one that can.
    """
    parts: dict[date, list[Parsed]] = {}
    for file in files:
        for day, part in split_file(file, zone, read_on).items():
            parts.setdefault(day, []).append(part)
    whole = {day: join_blocks(parts[day]) for day in sorted(parts)}
    return [Day(day, one.hits, one.errors, len(one.continuations), len(one.quarantine)) for day, one in whole.items()]
