"""How many lines of which kind, over time; which paths failed, and what the servers said most."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from plugins.troubleshooting.fitting import instants, level_of
from plugins.troubleshooting.wanted import LEVELS, Wanted
from transforms.distinct import Codes, dictionary_codes
from transforms.statistics.templates import message_template

STEPS: Final = (1, 5, 15, 60, 300, 900, 1800, 3600, 10_800, 21_600)  # seconds
BARS: Final = 72  # in a chart, unless it takes more than the longest step
TOP: Final = 10
TEMPLATED: Final = 1000  # of the most frequent messages; each costs a twentieth of a millisecond
KINDS: Final = (*LEVELS, "other")
CLASSES: Final = ("other", "1xx", "2xx", "3xx", "4xx", "5xx")
Series = list[tuple[str, list[int]]]  # of each kind, a class of status or a level, the lines in each step of the time


class Summary:
    """Adds up what it is shown."""

    def __init__(self, wanted: Wanted) -> None:
        first, last = wanted.begin.timestamp(), (wanted.end - timedelta.resolution).timestamp()
        self.step = next((step for step in STEPS if last - first < BARS * step), STEPS[-1])
        self.first = int(first) // self.step
        self.length = int(last) // self.step - self.first + 1
        self.hits = np.zeros((len(CLASSES), self.length), np.int64)
        self.errors = np.zeros((len(KINDS), self.length), np.int64)
        self.failing: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()

    @property
    def starts(self) -> list[datetime]:
        """When each step begins."""
        return [datetime.fromtimestamp((self.first + n) * self.step, UTC) for n in range(self.length)]

    def add_hits(self, hits: pa.Table) -> None:
        hundreds = np.asarray(pc.fill_null(hits["status"], 0)) // 100
        self.hits += self._count(np.where(hundreds < len(CLASSES), hundreds, 0), hits["requested_at"], len(CLASSES))
        _tally(self.failing, hits["path"].filter(pa.array(hundreds == 5)))

    def add_errors(self, errors: pa.Table) -> None:
        codes, levels = dictionary_codes(errors["level"])
        kinds = np.array([KINDS.index(level_of(level)) for level in [*levels.to_pylist(), None]])
        self.errors += self._count(kinds[codes], errors["logged_at"], len(KINDS))
        # else each number makes a message of its own
        _tally(self.messages, pc.replace_substring_regex(errors["message"].cast(pa.string()), r"\b\d+", "0"))

    def series(self) -> tuple[Series, Series]:
        """Of hits and of error entries, the worst first."""
        of_hits = [(kind, counts.tolist()) for kind, counts in zip(CLASSES, self.hits, strict=True) if counts.any()]
        of_errors = [(kind, counts.tolist()) for kind, counts in zip(KINDS, self.errors, strict=True) if counts.any()]
        return of_hits[::-1], of_errors

    def top_paths(self) -> list[tuple[str, int]]:
        """Those that were answered with an error of the server's."""
        return self.failing.most_common(TOP)

    def top_messages(self) -> list[tuple[str, int]]:
        """Messages without what differs in them."""
        found: Counter[str] = Counter()
        for text, count in self.messages.most_common(TEMPLATED):
            found[message_template(text)] += count
        return found.most_common(TOP)

    def _count(self, kinds: Codes, moments: pa.ChunkedArray, length: int) -> Codes:
        steps = instants(moments) // 1_000_000 // self.step - self.first
        counted = np.bincount(kinds * self.length + steps, minlength=length * self.length)
        return counted.reshape(length, self.length)


def _tally(counts: Counter[str], texts: pa.ChunkedArray) -> None:
    for pair in pc.value_counts(texts.drop_null()).to_pylist():
        counts[pair["values"]] += pair["counts"]
