"""What is published of a path: scrubbed, and with one stand-in for whatever is another for each visitor.

Where a scrubbed text may still hold a card's number or a link that only one person got, a published one may not.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from transforms.anonymising.layers import DECODINGS
from transforms.anonymising.text import scrub_text

# Without one of these there is nothing to group: a long word, a long number, an escape, a wide character.
GROUPABLE: Final = re.compile(r"[\w~-]{20}|(?:[0-9][ +()./-]{0,3}){5}|[%\x80-\U0010ffff]|eyJ")
CARD: Final = re.compile(r"(?<![0-9])(?=[0-9])(?:[0-9][ +-]?){12,18}[0-9](?![0-9])")
IBAN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?:[ +-]?[0-9A-Za-z]){11,30}(?![0-9A-Za-z])")
# International form only (ITU-T E.164): eight digits alone may be anything.
PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:tel:(?://)?\+?(?:[ .()+-]{0,2}[0-9]){5,15}|\+(?:[ .()-]{0,2}[0-9]){8,15}"
    r"|00[1-9](?:[ .()+-]{0,2}[0-9]){9,14})(?![0-9])"
)
UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
SIGNED: Final = re.compile(r"(?<![\w-])eyJ[\w-]{5,}(?:\.[\w-]*){1,4}")  # a JSON Web Token (RFC 7519)
TOKEN: Final = re.compile(r"[\w~-]{20,}={0,2}")
WORDS: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]{3,}")
RUNS: Final = re.compile(r"[0-9]+|[A-Z]+|[^\W\d_A-Z]+")
MIXED: Final = re.compile(r"[0-9][^\W\d_]+[0-9]+[^\W\d_]|[^\W\d_][0-9]+[^\W\d_]+[0-9]")
PER_CHANGE: Final = 8  # a random text changes between digits, small and capital letters more often than every eighth


def publish_path(path: str) -> str:
    """The path, scrubbed, with `{card}`, `{iban}`, `{phone}` and `{token}` where it holds one."""
    scrubbed = scrub_text(path, "path")
    if not GROUPABLE.search(scrubbed):
        return scrubbed
    return "/".join(map(_group_segment, scrubbed.split("/")))


def looks_random(word: str) -> bool:
    """Whether 20 or more letters and digits are a key or a checksum rather than words with numbers among them."""
    if len(word) < 20:
        return False
    if any(len(part) >= 20 and (part.isupper() or part.isdecimal() or MIXED.search(part)) for part in _parts(word)):
        return True
    changes = sum(max(0, len(RUNS.findall(part)) - 2) for part in _parts(WORDS.sub("a", word)))
    return changes * PER_CHANGE >= len(word)


def _parts(word: str) -> list[str]:
    return re.split(r"[_~-]+", word.rstrip("="))


def _group_segment(segment: str) -> str:
    """A segment as it stands where nothing is found in its plain text; else the plain text, grouped and escaped."""
    plain = segment
    for _ in range(DECODINGS):
        plain = unquote(plain)
    plain = unicodedata.normalize("NFKC", plain)
    grouped = plain
    for pattern, stand_in in GROUPS:
        grouped = pattern.sub(stand_in, grouped)
    return segment if grouped == plain else quote(grouped, safe="{}:;,=@!$&'()*+~")


def _card(found: re.Match[str]) -> str:
    """By Luhn's sum (ISO/IEC 7812); 13 digits that do not begin with 4 are a moment or an article's number."""
    digits = [int(char) for char in found[0] if char.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    is_card = (sum(doubled) + sum(digits[-1::-2])) % 10 == 0 and (len(digits) > 13 or digits[0] == 4)
    return "{card}" if is_card and any(digits) else found[0]


def _iban(found: re.Match[str]) -> str:
    """By the remainder of 97 (ISO 13616)."""
    plain = re.sub("[ +-]", "", found[0])
    number = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return "{iban}" if int(number) % 97 == 1 else found[0]


def _token(found: re.Match[str]) -> str:
    return "{token}" if looks_random(found[0]) else found[0]


GROUPS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...]] = (
    (IBAN, _iban),
    (UUID, "{token}"),
    (SIGNED, "{token}"),
    (CARD, _card),
    (PHONE, "{phone}"),
    (TOKEN, _token),
)
