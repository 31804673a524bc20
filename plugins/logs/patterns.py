"""Patterns of file names where no shell is at hand: `*`, `?` and `[…]` within one folder, as `glob` has them."""

import re
from fnmatch import fnmatchcase
from typing import Final

SIGN: Final = re.compile(r"[*?[]")
LITERAL: Final = re.compile(r"\[([*?[])\]")  # as `glob.escape` writes the three


def fits(name: str, pattern: str) -> bool:
    """Whether a whole path fits; a name that begins with a dot fits only where the pattern says the dot too."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(
        fnmatchcase(one, wanted) and (wanted.startswith(".") or not one.startswith("."))
        for one, wanted in zip(names, patterns, strict=True)
    )


def cut_pattern(pattern: str) -> tuple[str, str]:
    """How every name begins that fits, and what follows from the pattern's first sign on."""
    begin = ""
    while sign := SIGN.search(pattern):
        literal = LITERAL.match(pattern, sign.start())
        if not literal:
            return begin + pattern[: sign.start()], pattern[sign.start() :]
        begin += pattern[: sign.start()] + literal[1]
        pattern = pattern[literal.end() :]
    return begin + pattern, ""
