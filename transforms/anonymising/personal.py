"""Where a person is in a plain text: addresses, e-mail addresses, Norwegian identity numbers."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

Found = tuple[int, int, str]  # start, end, what stands in for it

IPV4: Final = re.compile(r"(?<![0-9])(?<![0-9]\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])(?!\.[0-9])")
PRODUCT: Final = re.compile(r"(?<![/\w.+-])[A-Za-z][\w.+-]*/\Z")

GROUP: Final = r"[0-9A-Fa-f]{1,4}"
TAIL: Final = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
IPV6: Final = re.compile(
    rf"(?:{GROUP}:){{6}}{TAIL}"
    rf"|(?:{GROUP}:){{7}}{GROUP}"
    rf"|(?:{GROUP}(?::{GROUP}){{0,6}})?::(?:(?:{GROUP}:){{0,5}}{TAIL}|{GROUP}(?::{GROUP}){{0,6}})?"
)
AFTER_IPV6: Final = re.compile(r"[0-9A-Fa-f]*(?::[0-9A-Fa-f]{1,5})*(?:%(?:25)?[0-9A-Za-z_-][0-9A-Za-z_.-]*)?")
PAIRS: Final = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+(?![0-9A-Fa-f:])")  # MAC, fingerprints
# Where addresses of hosts are: global unicast, unique local, link-local, multicast, and the forms that carry IPv4.
HOSTS: Final = [ipaddress.IPv6Network(text) for text in ("2000::/3", "fc00::/7", "fe80::/10", "ff00::/8")]
CARRYING: Final = [ipaddress.IPv6Network(t) for t in ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/64")]

EMAIL: Final = re.compile(
    r"[\w.+~!#$*^|-]{1,64}@(?:\[[^\]\s]{1,80}\]|(?:\w[\w-]{0,62}\.){1,8}(?!\d)[^\W\d_][\w-]{1,62})", re.UNICODE
)
# Names of pictures and packages (logo@2x.png) end in what no mail domain ends in.
FILE_NAME: Final = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|css|js|mjs|json|map|html?|xml|txt|pdf|woff2?|ttf|php|tgz|gz)\Z", re.I
)

ELEVEN: Final = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def find_personal(text: str, is_user_agent: bool) -> Iterator[Found]:
    """The personal parts of a text without escapes and wide characters; they may overlap."""
    if "@" in text:
        yield from find_emails(text)
    if ":" in text:
        yield from find_ipv6(text)
    if text.count(".") >= 3:
        yield from find_ipv4(text, is_user_agent)
    yield from find_identities(text)


def find_ipv4(text: str, is_user_agent: bool) -> Iterator[Found]:
    """Four dotted numbers up to 255; in a user agent not where they are a product's version."""
    for match in IPV4.finditer(text):
        if any(int(octet) > 255 for octet in match[0].split(".")):
            continue
        if is_user_agent and PRODUCT.search(text[max(0, match.start() - 80) : match.start()]):
            continue
        yield match.start(), match.end(), "{address}"


def find_ipv6(text: str) -> Iterator[Found]:
    """IPv6 in every spelling, with what hangs on it (port, zone); times, ratios, pairs and `std::vector` are none."""
    pairs = [match.span() for match in PAIRS.finditer(text)]
    for match in IPV6.finditer(text):
        if not any(start <= match.start() and match.end() <= end for start, end in pairs) and _is_host(text, match):
            after = AFTER_IPV6.match(text, match.end())
            yield match.start(), after.end() if after else match.end(), "{address}"


def _is_host(text: str, match: re.Match[str]) -> bool:
    if not any(char.isdigit() for char in match[0]):
        return False
    try:
        address = ipaddress.IPv6Address(re.sub(r"(?<![0-9])0+(?=[0-9])", "", match[0]) if "." in match[0] else match[0])
    except ValueError:
        return False
    touched = _is_letter(text[match.start() - 1 : match.start()]) or _is_letter(text[match.end() : match.end() + 1])
    return not touched or any(address in network for network in (*HOSTS, *CARRYING))


def _is_letter(char: str) -> bool:
    return char.isalpha()


def find_emails(text: str) -> Iterator[Found]:
    """E-mail addresses; file and package names with an `@` are none."""
    for match in EMAIL.finditer(text):
        if not FILE_NAME.search(match[0]):
            yield match.start(), match.end(), "{email}"


def find_identities(text: str) -> Iterator[Found]:
    """Eleven digits whose control digits hold: birth numbers, D-numbers and synthetic ones.

    From 2032 the first control digit may be off by up to three (Skatteetaten); both rules count here.
    """
    for match in ELEVEN.finditer(text):
        digits = [int(digit) for digit in match[0]]
        first = sum(weight * digit for weight, digit in zip(FIRST_WEIGHTS, digits, strict=False)) % 11
        second = sum(weight * digit for weight, digit in zip(SECOND_WEIGHTS, digits, strict=True)) % 11
        if first <= 3 and second == 0:
            yield match.start(), match.end(), "{identity}"
