"""How far a value reaches: to the closing quote or bracket, or to the blank or separator behind it.

No value's pattern may hold what ends it, else a client could move the fields behind it, and a long line that does not
fit would take more than linear time.
"""

import re
from collections.abc import Sequence
from typing import Final

from schemas.refusals import FormatError
from transforms.parsing.directives import ADJACENT, BARE, NUMBERS, QUOTED, QUOTED_RAW, SERVERS_OWN, WITH_BLANKS

# An IPv6 address in front of a colon holds colons: the last one ends it, or the one behind its bracket.
COLONED: Final = {
    **dict.fromkeys(("client", "peer"), rb'(?>[^\s",|;]*(?=:))'),
    "vhost": rb'\[[^\s"\]]*\]|[^\s":]+',
}
Around = tuple[str, str]  # the characters in front of and behind a value; "" at the line's begin and end


def touching_pattern(first: str, second: str, meaning: str, following: str) -> bytes:
    """The pattern of a value with nothing between it and the next; FormatError where they run together."""
    pattern = ADJACENT.get((meaning, following))
    if pattern is None:
        raise FormatError(f"the format string has {first}{second} with nothing between, so their values run together")
    return pattern


def value_pattern(written: str, meaning: str, around: Around, earlier: Sequence[str], escape: str) -> bytes:
    """The pattern of a value between two characters, behind values of `earlier` meanings (`""` for one in quotes)."""
    before, behind = around
    if meaning in NUMBERS or meaning.startswith("epoch"):
        return _number_pattern(meaning, before + behind, escape)
    if before + behind == '""':
        return QUOTED_RAW if escape == "none" else QUOTED
    if before + behind == "[]":
        return rb"[^\[\]]*" if meaning.startswith("time") else rb"[^\]]*"
    if meaning.startswith("time"):
        words = 2 if meaning == "time_local" else meaning.removeprefix("time ").count(" ") + 1
        return rb" +".join([rb"[^\s\[\]\"]+"] * words)
    return _bare_pattern(written, meaning, around, earlier, escape)


def _number_pattern(meaning: str, around: str, escape: str) -> bytes:
    """Where nothing is to be told, nginx writes nothing unless it escapes in the default way."""
    may_be_empty = (around in ('""', "[]") or escape != "default") and meaning not in ("status", "epoch")
    return BARE[meaning] + (b"|" if may_be_empty and not meaning.startswith("epoch") else b"")


def _bare_pattern(written: str, meaning: str, around: Around, earlier: Sequence[str], escape: str) -> bytes:
    before, behind = around
    may_be_empty = escape != "default"
    separator = behind or before
    if meaning in ("query", "is_args") and behind in ("", " "):
        return BARE[meaning]
    if behind.isalnum() or behind == "_":
        raise FormatError(f"the format string has {written}{behind}…, so no telling where its value ends; quote it")
    if separator in ("\t", "|", ";"):
        return rb'[^"' + re.escape(separator.encode()) + rb"]*"
    if meaning in WITH_BLANKS:
        return _with_blanks(written, behind, earlier)
    if behind in ("", " ") and meaning in ("user", "ident", "forwarded", "skip_list"):
        if meaning in ("forwarded", "skip_list") and earlier[-1:] == ["user"]:
            raise FormatError(f'the format string has {written} behind the user\'s name; write it as "{written}"')
        return BARE[meaning] + (b"|" if may_be_empty and meaning != "user" else b"")
    if behind == ":" and meaning in COLONED and (meaning == "vhost" or earlier[-1:] not in (["client"], ["peer"])):
        return COLONED[meaning]
    barred = rb",|;" if meaning in ("client", "peer", "ident") else b""
    return rb'[^\s"' + barred + re.escape(behind.strip().encode()) + (rb"]*" if may_be_empty else rb"]+")


def _with_blanks(written: str, behind: str, earlier: Sequence[str]) -> bytes:
    """Blanks may stand in the last value only, and in no other that a client chooses without quotes."""
    told = f'the format string has {written}, whose value may hold blanks; write it as "{written}"'
    if behind or any(one and one not in SERVERS_OWN and not one.startswith(("time", "epoch")) for one in earlier):
        raise FormatError(told)
    return rb'[^"]*'
