"""Where a person is in a plain text: addresses, e-mail addresses, Norwegian identity numbers."""

import re
from collections.abc import Iterator
from typing import Final

from transforms.anonymising.ipv6 import find_ipv6
from transforms.anonymising.layers import LONGEST_ESCAPE, hide_escapes

Found = tuple[int, int, str]  # start, end, what stands in for it

# No digit before it, but for those of a server's own escapes (nginx writes \x22, JSON \u0022).
NO_DIGIT: Final = r"(?:(?<![0-9])|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4}))"
# The last digit of an escape is no octet (caf%C3%A9.1.2.3).
IPV4: Final = re.compile(
    rf"{NO_DIGIT}(?<![0-9]\.)(?!(?<=%[A-Fa-f])[0-9]\.)[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?![0-9])(?!\.[0-9])"
)
# `Product/` at the start of a word (RFC 9110 §10.1.5, with the liberties that agents take): no part of a URL.
PRODUCT: Final = re.compile(
    r"(?:(?<![^\s;,()\[\]{}<>\"|:=+&])|(?<=[0-9][_-]))(?=[^/]*[^\W\d_])[^\s/:;,()\[\]{}<>\"|=@\\]+(?:/|%2[Ff])\Z"
)
LONGEST_PRODUCT: Final = 200

# What files end in and mail domains do not.
FILE_ENDING: Final = (
    r"(?:a?png|jpe?g|jxl|jp2|gif|webp|avif|svg|ico|bmp|tiff?|heic|psd|eps|tga|css|s[ac]ss|less|[cm]?js|jsx|tsx?|json|map"
    r"|min|html?|xml|txt|pdf|csv|log|docx?|xlsx?|pptx?|odt|mp[34]|webm|woff2?|ttf|eot|php|aspx?|jsp|tgz|tar|gz|bz2|xz|bak)"
)
FILE_ENDINGS: Final = re.compile(rf"(?:\.{FILE_ENDING})+\Z", re.I)
ODD: Final = r"!$*~^"  # may be in a name before the @ (RFC 5322 §3.2.3), but begin none that anybody has
EMAIL: Final = re.compile(
    # also a mailer's return address, which names the recipient (bounces+kari=example.org@…)
    rf"(?:\"[^\"@\r\n]{{1,64}}\"|(?<![\w.+{ODD}-])(?<!\w')(?:[\w.-]*\+[\w.+-]+=)?(?:[\w.+{ODD}-]|(?<=\w)'(?=\w))+)@"
    # logo@2x.png, react@18.2.0-rc.next
    rf"(?![0-9.]+x(?:\.[0-9A-Za-z]+)*\.(?i:{FILE_ENDING})\b|v?[0-9]+\.[0-9]+(?:\.[0-9]|-)"
    r"|[0-9]+(?:\.[0-9]+)*(?:\.[a-z-]+)*\.(?:[cm]?js|css|map)\b)"  # vue@3.global.js
    r"(?P<domain>\[[^\]@\s]{1,80}\]"
    r"|(?:[^\W_](?:\w|-){0,62}\.){1,8}(?:(?i:xn--)[0-9A-Za-z-]{2,59}|[^\W\d_]{2,63}))"
)

AFTER_EMAIL: Final = re.compile(EMAIL.pattern.replace(rf"(?<![\w.+{ODD}-])(?<!\w')", "", 1))
ELEVEN: Final = re.compile(rf"{NO_DIGIT}[0-9]{{11}}(?![0-9])")
FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
# Checksums of the usual lengths in one case, and UUIDs: by chance, eleven of their digits may look like a person's.
HASH: Final = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f]|[0-9A-F]*[A-F])(?:[0-9a-f]+|[0-9A-F]+)(?![0-9A-Za-z])"
)
HASH_LENGTHS: Final = (32, 36, 40, 56, 64, 96, 128)


def find_personal(text: str, is_user_agent: bool) -> Iterator[Found]:
    """The personal parts of a text without escapes and wide characters; they may overlap."""
    if "@" in text:
        yield from find_emails(text)
    if text.count(":") >= 2:
        yield from ((start, end, "{address}") for start, end in find_ipv6(text))
    if text.count(".") >= 3:
        yield from find_ipv4(text, is_user_agent)
    yield from find_identities(text)


def find_ipv4(text: str, is_user_agent: bool) -> Iterator[Found]:
    """Four dotted numbers up to 255; in a user agent not where they are a product's version."""
    for match in IPV4.finditer(text):
        if any(int(octet) > 255 for octet in match[0].split(".")):
            continue
        if is_user_agent and PRODUCT.search(text, max(0, match.start() - LONGEST_PRODUCT), match.start()):
            continue
        yield match.start(), match.end(), "{address}"


def find_emails(text: str) -> Iterator[Found]:
    """E-mail addresses, without the ending of a file that is named by one; pictures and packages are none."""
    for match in _emails(text):
        start = match.end() - len(match[0].lstrip(f"+-.{ODD}"))
        end = match.start("domain") + len(FILE_ENDINGS.sub("", match["domain"]))
        address = EMAIL.match(text[start:end])
        if address:
            yield start, start + address.end(), "{email}"


def _emails(text: str) -> Iterator[re.Match[str]]:
    """One after the other; what follows an address at once may be the next one."""
    match = EMAIL.search(text)
    while match:
        yield match
        match = AFTER_EMAIL.match(text, match.end()) or EMAIL.search(text, match.end())


def find_identities(text: str) -> Iterator[Found]:
    """Eleven digits whose control digits hold: birth numbers, D-numbers and synthetic ones.

    From 2032 the first control digit may be off by up to three (Skatteetaten); both rules count here.
    """
    for match in ELEVEN.finditer(text):
        digits = [int(digit) for digit in match[0]]
        first = sum(weight * digit for weight, digit in zip(FIRST_WEIGHTS, digits, strict=False)) % 11
        second = sum(weight * digit for weight, digit in zip(SECOND_WEIGHTS, digits, strict=True)) % 11
        if first <= 3 and second == 0 and not _is_in_hash(text, match.start()):
            yield match.start(), match.end(), "{identity}"


def _is_in_hash(text: str, place: int) -> bool:
    """Whether a place is inside a checksum or a UUID."""
    begin = max(0, place - max(HASH_LENGTHS) - LONGEST_ESCAPE)
    around = hide_escapes(text[begin : place + max(HASH_LENGTHS) + LONGEST_ESCAPE])
    found = (one for one in HASH.finditer(around) if len(one[0]) in HASH_LENGTHS)
    return any(one.start() <= place - begin < one.end() for one in found)
