"""How many lines of which kind, over time; which paths failed, and what the servers said most."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from plugins.troubleshooting.fitting import instants, level_of, micros, numbers
from plugins.troubleshooting.wanted import LEVELS, Wanted
from transforms.distinct import dictionary_codes, distinct
from transforms.statistics.templates import message_template

STEPS: Final = (1, 5, 15, 60, 300, 900, 1800, 3600, 10_800, 21_600)  # seconds
BARS: Final = 72  # in a chart, unless it takes more than the longest step
TOP: Final = 10
TEMPLATED: Final = 1000  # of the most frequent messages; each costs a twentieth of a millisecond
CLASSES: Final = ("5xx", "4xx", "3xx", "2xx", "1xx", "other")


@dataclass(frozen=True)
class Series:
    """Lines of a kind (a class of status, or a level) in each step of the time."""

    kind: str
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


class Summary:
    """Adds up what it is shown."""

    def __init__(self, wanted: Wanted) -> None:
        seconds = (wanted.end - wanted.begin).total_seconds()
        self.step = next((step for step in STEPS if seconds / step <= BARS), STEPS[-1])
        first = micros(wanted.begin) // 1_000_000 // self.step
        last = (micros(wanted.end) - 1) // 1_000_000 // self.step
        self.first, self.length = first, last - first + 1
        self.hits: dict[str, NDArray[np.int64]] = {}
        self.errors: dict[str, NDArray[np.int64]] = {}
        self.failing: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()

    @property
    def starts(self) -> list[datetime]:
        """When each step begins."""
        begin = datetime.fromtimestamp(self.first * self.step, UTC)
        return [begin + timedelta(seconds=n * self.step) for n in range(self.length)]

    def add_hits(self, hits: pa.Table) -> None:
        status = numbers(hits["status"])
        hundreds = np.where((status >= 100) & (status < 600), status // 100, 0)
        self._add(self.hits, [*("other", "1xx", "2xx", "3xx", "4xx", "5xx")], hundreds, instants(hits["requested_at"]))
        failed = hits["path"].filter(pa.array(hundreds == 5))
        codes, paths = dictionary_codes(failed)
        counted = np.bincount(codes, minlength=len(paths) + 1)[: len(paths)]
        for place in np.flatnonzero(counted):
            self.failing[paths[place].as_py()] += int(counted[place])

    def add_errors(self, errors: pa.Table) -> None:
        codes, levels = distinct(errors["level"])
        names = [*LEVELS, "other"]
        of_level = np.array([names.index(level_of(level)) for level in levels.to_pylist()], np.int64)
        self._add(self.errors, names, of_level[codes] if len(codes) else codes, instants(errors["logged_at"]))
        texts = errors["message"].cast(pa.string()).fill_null("")
        plain = pc.replace_substring_regex(texts, r"\b\d+", "0")  # else each number makes a message of its own
        for pair in pc.value_counts(plain).to_pylist():
            self.messages[pair["values"]] += pair["counts"]

    def series(self) -> tuple[list[Series], list[Series]]:
        """Of hits and of error entries, the worst first."""
        return (
            [Series(kind, self.hits[kind].tolist()) for kind in CLASSES if kind in self.hits],
            [Series(kind, self.errors[kind].tolist()) for kind in (*LEVELS, "other") if kind in self.errors],
        )

    def top_paths(self) -> list[tuple[str, int]]:
        """Those that were answered with an error of the server's."""
        return self.failing.most_common(TOP)

    def top_messages(self) -> list[tuple[str, int]]:
        """Messages without what differs in them."""
        found: Counter[str] = Counter()
        for text, count in self.messages.most_common(TEMPLATED):
            found[message_template(text)] += count
        return found.most_common(TOP)

    def _add(
        self,
        sums: dict[str, NDArray[np.int64]],
        names: list[str],
        kinds: NDArray[np.int64],
        moments: NDArray[np.int64],
    ) -> None:
        places = moments // 1_000_000 // self.step - self.first
        counted = np.bincount(kinds * self.length + places, minlength=len(names) * self.length)
        for name, counts in zip(names, counted.reshape(len(names), self.length), strict=True):
            if counts.any():
                sums[name] = sums.get(name, 0) + counts
