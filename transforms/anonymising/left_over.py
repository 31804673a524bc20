"""A stand-in parts what stood together, a cut ends it: what is left may read as an address that was none before."""

import re
from collections.abc import Iterator
from typing import Final

from transforms.anonymising.ipv6 import find_ipv6

# Where an address in its plain spelling may be at all, for a quick look
CANDIDATE: Final = re.compile(r"[0-9]\.[0-9]+\.[0-9]+\.[0-9]|:[0-9A-Fa-f]*:")
IPV4: Final = re.compile(r"(?<![\w.%-])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.-])")


def hide_left_over(text: str) -> str:
    """The text without what still reads as an address once it was scrubbed and cut."""
    while CANDIDATE.search(text) and (found := next(find_plain_addresses(text), None)):
        text = f"{text[: found[0]]}{{address}}{text[found[1] :]}"
    return text


def find_plain_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where a text holds an address in its plain spelling."""
    for match in IPV4.finditer(text):
        if all(int(octet) < 256 for octet in match[0].split(".")):
            yield match.span()
    yield from find_ipv6(text)
