"""The regular expressions of rules: what RE2 takes, within bounds that keep a search short whatever is searched."""

import re
from typing import Annotated, Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

LONGEST_PATTERN: Final = 1_000  # characters
MOST_PATTERNS: Final = 200  # of one key
MOST_REPEATS: Final = 3_000
ESCAPED: Final = re.compile(r"\\(x\{\w+\}|.)")
REPEAT: Final = re.compile(r"\{(?:\d+,)?(\d+),?\}")


def _regex(pattern: str) -> str:
    """RE2, because it takes linear time whatever a visitor sends, on text that is in lower case by then."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f" (it is longer than {LONGEST_PATTERN:,} characters)")
    _compile(pattern)
    if "{" in pattern or r"\Q" in pattern:
        try:
            _compile(f"(?s)(?:{pattern}){{3}}")  # RE2 takes a thousand of what is counted, nested ones multiplied
        except ValueError:
            raise ValueError(" (it leaves a \\Q open, or repeats something more than 333 times)") from None
    if re.search(r"[A-Z]", ESCAPED.sub("", pattern)):
        raise ValueError(" (it meets lower-case text)")
    return pattern


def _regexes(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Also together, as they are searched: each may be small, and all of them take minutes for one text."""
    repeats = (int(most) for pattern in patterns for most in REPEAT.findall(ESCAPED.sub("", pattern)))
    if len(patterns) > MOST_PATTERNS or sum(repeats) > MOST_REPEATS:
        raise ValueError(f" (up to {MOST_PATTERNS}, whose repeats such as {{1,20}} add up to {MOST_REPEATS:,} at most)")
    _compile("(?s)" + "|".join(f"(?:{pattern})" for pattern in patterns))
    return patterns


def _named(written: object, info: ValidationInfo) -> object:
    """The patterns of a list of the project, where it is named alone or among other patterns."""
    lists = info.context or {}
    if isinstance(written, str) and lists and written not in lists:
        raise ValueError(f", or the name of one: {', '.join(lists)}")
    named = [written] if isinstance(written, str) and lists else written
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        return written
    return [pattern for one in named for pattern in lists.get(one, (one,))]


def _compile(pattern: str) -> None:
    try:
        pc.match_substring_regex(pa.nulls(1, pa.binary()), pattern=pattern)  # an array from a list imports pandas
    except pa.ArrowInvalid as refusal:
        raise ValueError(f" ({refusal})") from None


Regex = Annotated[str, Field(min_length=1), AfterValidator(_regex)]
Regexes = Annotated[
    tuple[Regex, ...],
    BeforeValidator(_named),
    AfterValidator(_regexes),
    Field(description="a list of regular expressions of RE2, in lower case"),
]
