"""The times of Apache's LogFormat: `%t`, and `%{…}t` alone or several together, such as `%{%F %T}t.%{usec_frac}t`."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

# strftime → what Python's strptime knows
STRFTIME: Final = {
    "T": "%H:%M:%S", "F": "%Y-%m-%d", "D": "%m/%d/%y", "R": "%H:%M", "r": "%I:%M:%S %p", "e": "%d", "h": "%b",
    "k": "%H", "l": "%I", "P": "%p", "n": "\n", "t": "\t",
}  # fmt: skip
EPOCHS: Final = {
    "sec": "epoch_s", "msec": "epoch_ms", "usec": "epoch_us",
    "%s": "epoch_s", "%s.%f": "epoch", "sec.msec_frac": "epoch", "sec.usec_frac": "epoch",
}  # fmt: skip
NO_STRFTIME: Final = {"sec": "%s", "msec_frac": "%f", "usec_frac": "%f"}
PROBE: Final = datetime(2001, 2, 3, 14, 5, 6, 789_000, tzinfo=UTC)


def split_stamp(argument: str) -> tuple[bool, str]:
    """`begin:…`, `end:…` or plain → whether it is the request's end, and the rest."""
    found = re.fullmatch(r"(begin|end)(?::(.*)|)", argument, re.DOTALL)
    return (found[1] == "end", found[2] or "") if found else (False, argument)


def stamp_meaning(stamps: Sequence[str], between: Sequence[str]) -> str | None:
    """What `%{…}t` one after the other, with literals `between`, mean together; None where they name no instant.

    `epoch…`, or `time` and a format of strptime, which has `%f` for both fractions.
    """
    if list(stamps) == [""]:
        return "time"
    if len(stamps) == 1 and stamps[0] in EPOCHS:
        return EPOCHS[stamps[0]]
    parts = [NO_STRFTIME.get(stamp, stamp) for stamp in stamps]
    if "" in parts or {"msec", "usec"} & set(parts):
        return None
    literals = [literal.replace("%", "%%") for literal in between]
    joined = "".join(part + literal for part, literal in zip(parts, [*literals, ""], strict=True))
    if joined in EPOCHS:
        return EPOCHS[joined]
    stamp = re.sub(r"%([TFDRrehklPnt])", lambda match: STRFTIME[match[1]], joined)
    return f"time {stamp}" if _names_a_day(stamp) else None


def _names_a_day(stamp: str) -> bool:
    """A zone by its letters (`%Z`) is none that can be known."""
    if re.search(r"(?<!%)(?:%%)*%Z", stamp):
        return False
    try:
        read = datetime.strptime(PROBE.strftime(stamp), stamp)  # noqa: DTZ007 - only day and hour are looked at
    except (ValueError, re.error):
        return False
    return (read.date(), read.hour) == (PROBE.date(), PROBE.hour)
