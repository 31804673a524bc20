"""What may stand in the audit trail: counts, days and short words, and nothing that a visitor could have written."""

import re
from collections.abc import Iterable
from typing import Final

from schemas.refusals import RefusedError
from transforms.anonymising.addresses import read_address
from transforms.anonymising.text import scrub_text

Fact = int | str | list[str]
LONGEST: Final = 200
# Of a random name in a fact or handle: written in hexadecimal it is as long as a checksum, whose digits are nobody's.
# In a shorter one eleven digits may by chance be an identity number, and the trail refuses it for ever.
NAME_BYTES: Final = 16
WORDS: Final = re.compile(r"(?:[^\W\d]|[0-9 .,:;()+-]|/(?!/))*")  # no query, escape, user name or scheme
DASHED: Final = re.compile(r"(?<![0-9])[0-9]{1,3}([-_])[0-9]{1,3}\1[0-9]{1,3}\1[0-9]{1,3}(?![0-9])")  # host-192-0-2-1


def refuse_personal(facts: Iterable[tuple[str, Fact]]) -> None:
    """Raise for a fact, by its name, that could be a visitor's address, URL or words; it is not repeated."""
    for name, value in facts:
        if not name.isidentifier():
            raise RefusedError("the name of an audit fact is a word of the code, never of the data")
        texts = [] if isinstance(value, int) else [value] if isinstance(value, str) else value
        if not all(map(_is_harmless, texts)):
            raise RefusedError(f"{name!r} is not fit for the audit trail; allowed are counts, days and short words")


def _is_harmless(text: str) -> bool:
    return (
        len(text) <= LONGEST
        and WORDS.fullmatch(text) is not None
        and DASHED.search(text) is None
        and read_address(text) is None
        and scrub_text(text, "error_message") == text
    )
