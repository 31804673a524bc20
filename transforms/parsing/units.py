"""In which unit a log's durations are, where the same line could be read in several."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from transforms.parsing.layout import Groups, Layout
from transforms.parsing.naming import COMBINED, named_layout

NGINX_TIME: Final = re.compile(rb"\d+\.\d{3}")
DURATIONS: Final = frozenset({"seconds", "milliseconds", "microseconds"})
ENOUGH: Final = 20  # durations from which a unit can be told
MICROSECONDS_FROM: Final = 2_000  # as the middle one: two seconds would be slow, two milliseconds are usual
SECONDS_TO: Final = 120  # as the longest, with 0 in the middle
FRONTS: Final = (COMBINED, f"%v:%p {COMBINED}")


def durations_of(layout: Layout, groups: Groups) -> list[bytes]:
    """The durations of a line, as written."""
    pairs = zip(layout.meanings, groups, strict=True)
    return [raw for meaning, raw in pairs if meaning in DURATIONS and raw not in (None, b"-", b"")][:1]


def could_write(layout: Layout, groups: Groups) -> bool:
    """Whether the server of a layout writes a duration as this line has it: nginx never leaves out its decimals."""
    return "$request_time" not in layout.name or all(map(NGINX_TIME.fullmatch, durations_of(layout, groups)))


def settle_units(
    counts: Mapping[Layout, int], durations: Mapping[Layout, Sequence[bytes]]
) -> tuple[dict[Layout, int], str]:
    """The same counts, under the layouts whose unit these durations are in; and what is in doubt, or nothing.

    Apache writes whole seconds (%T), milliseconds (%{ms}T) or microseconds (%D).
    """
    settled: dict[Layout, int] = {}
    doubts: list[str] = []
    for layout, number in counts.items():
        front = next((front for front in FRONTS if layout.name in _timed(front)), None)
        if front:
            unit = _unit(durations.get(layout, ()))
            layout = named_layout(f"{front} {unit.directive}")  # noqa: PLW2901 - the same lines under another name
            doubts += [unit.doubt] if unit.doubt else []
        settled[layout] = settled.get(layout, 0) + number
    return settled, next(iter(doubts), "")


@dataclass(frozen=True)
class Unit:
    """A directive that says the unit, or one that reads over it, with the reason for doubt."""

    directive: str
    doubt: str = ""


UNKNOWN: Final = Unit(
    "%{duration}n",
    "the last number may be microseconds (%D), milliseconds (%{ms}T) or seconds (%T); look into the server's LogFormat",
)


def _timed(front: str) -> tuple[str, ...]:
    return (f"{front} %D", f"{front} %T", f"{front} %{{ms}}T")


def _unit(written: Sequence[bytes]) -> Unit:
    numbers = sorted(map(int, written))
    if len(numbers) >= ENOUGH and median(numbers) >= MICROSECONDS_FROM:
        return Unit("%D")
    if len(numbers) >= ENOUGH and median(numbers) == 0 and 0 < numbers[-1] <= SECONDS_TO:
        return Unit("%T")
    return UNKNOWN
