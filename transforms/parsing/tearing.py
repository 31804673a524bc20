"""Which lines of an error log may be parts of one entry of nginx, into which a visitor wrote line ends.

nginx escapes nothing: `/x%0a` puts a line end into `open() "/srv/x…" failed`, and what follows it can look like an
entry that names anybody as its client. The true client stands at the end of the entry, on a line of no layout.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Final

from transforms.parsing.error_layouts import NGINX_OPEN, NGINX_ZONE, NginxLayout
from transforms.parsing.layout import Groups, Layout

NAMED: Final = b", client: "
LIMITS: Final = (2_048, 4_096)  # bytes of an entry with all its lines, at which nginx and OpenResty cut it
LONGEST_ENTRY: Final = max(LIMITS)
# Of what a call of the system refused nginx keeps the error's text when it cuts the rest, and the client behind it.
# A user's name has no colon, and so no time and no client.
SELF_EVIDENT: Final = re.compile(rb'\w+\(\) "|"|user "')
# The text of links that lead in a circle, or to another owner's, leaves no room for the client.
IS_TOO_LONG: Final = re.compile(rb"\.\.\. \(\d+: [^()]*+\)?[a-z, ]*\Z")
NUMBERS: Final = re.compile(rb" (\d{1,18})#\d+: \*(\d{1,18}) ")
NEAR: Final = 1_000  # of connections, which servers count in millions, and of workers, which start together


@dataclass(frozen=True)
class Seen:
    """A line of a file, which ends so many bytes behind a fixed place; `layout` and `groups` where one fits it."""

    number: int
    raw: bytes
    end: int  # with its newline
    layout: Layout | None
    groups: Groups | None

    @property
    def begin(self) -> int:
        return self.end - len(self.raw) - 1

    @property
    def is_nginx(self) -> bool:
        return isinstance(self.layout, NginxLayout)

    @property
    def names_client(self) -> bool:
        """Whether it says who was the client; what is no entry of nginx always may."""
        return self.layout is not None and (not self.is_nginx or NAMED in self.raw)

    @cached_property
    def is_open(self) -> bool:
        """Whether a visitor may have filled the message, so that the entry may go on behind this line."""
        if not self.is_nginx or self.groups is None:
            return False
        return NGINX_OPEN.search(NGINX_ZONE.sub(b"", self.groups[3] or b"")) is not None

    @property
    def is_cut_in_sight(self) -> bool:
        """Whether a second client would stand behind what a visitor wrote, also where nginx cuts the entry."""
        return self.groups is not None and SELF_EVIDENT.match(self.groups[3] or b"") is not None

    @property
    def numbers(self) -> tuple[float, float]:
        """Of the process and the connection, which no visitor is told; infinite where it has none."""
        found = NUMBERS.search(self.raw)
        return (int(found[1]), int(found[2])) if found else (inf, inf)


class Tearing:
    """Looks at an error log block by block; the state are the last lines, of which an entry may have begun."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.layouts = tuple(layouts)
        self.recent: list[Seen] = []

    def look(self, lines: Iterable[Seen], first_line: int, ahead: bytes) -> set[int]:
        """The numbers of a block's lines that may lie within an entry, where `ahead` are the bytes behind it."""
        before = self.recent if self.recent and self.recent[-1].number + 1 == first_line else []
        seen = [*before, *(replace(line, end=line.end + before[-1].end) if before else line for line in lines)]
        if not seen:
            return set()
        self.recent = [line for line in seen if seen[-1].end - line.begin <= LONGEST_ENTRY]
        return forged_numbers([*seen, *self._next(ahead[:LONGEST_ENTRY], seen[-1])], is_whole=seen[0].number == 1)

    def _next(self, ahead: bytes, last: Seen) -> Iterator[Seen]:
        number, end = last.number, last.end
        for raw in ahead.split(b"\n")[:-1]:
            number, end = number + 1, end + len(raw) + 1
            fits = ((layout, groups) for layout in self.layouts if (groups := layout.read(raw)) is not None)
            yield Seen(number, raw, end, *next(fits, (None, None)))


def forged_numbers(lines: Sequence[Seen], is_whole: bool) -> set[int]:
    """The numbers of lines with a layout that may lie within an entry, of lines that follow each other.

    Where such an entry began cannot be told, so none is believed of those that begin within the longest one's length.
    `is_whole` says that nothing stands in front of the lines; else an entry may have begun there.
    """
    forged: set[int] = set()
    opened: dict[int, Seen] = {}
    last: Seen | None = None  # of those with a layout
    for place, line in enumerate(lines):
        last = line if line.layout else last
        if line.is_open:
            opened[line.begin] = line
        if last and last.names_client and (_is_rest(line) or _is_cut(line, opened)):
            within = list(_entry_before(lines, place, is_whole))
            forged.update(one.number for one in within if one.layout)
    return forged


def _is_rest(line: Seen) -> bool:
    """Whether it names one client more than a line of its kind."""
    return line.raw.count(NAMED) > line.is_nginx


def _is_cut(line: Seen, opened: dict[int, Seen]) -> bool:
    """Whether an entry that began before would be cut just here, so that its client may be lacking."""
    starts = [opened[line.end - limit] for limit in LIMITS if line.end - limit in opened]
    return any(start is not line and not (line.layout and _are_two(start, line)) for start in starts)


def _are_two(start: Seen, line: Seen) -> bool:
    """Whether entries that only happen to end where one would be cut: several in a hundred do."""
    are_near = all(abs(one - other) <= NEAR for one, other in zip(start.numbers, line.numbers, strict=True))
    return start.names_client and not IS_TOO_LONG.search(line.raw) and (are_near or start.is_cut_in_sight)


def _entry_before(lines: Sequence[Seen], place: int, is_whole: bool) -> Iterator[Seen]:
    """The lines of the longest entry that could end with the one at a place; none where only this line could be it."""
    first = place
    while first and lines[place].end - lines[first - 1].begin <= LONGEST_ENTRY:
        first -= 1
    if first or is_whole or lines[place].end - lines[0].begin >= LONGEST_ENTRY:
        first = next((at for at in range(first, place) if lines[at].is_open), place)
    within = lines[first : place + 1]
    return iter(within if first < place and any(line.is_nginx for line in within) else ())
