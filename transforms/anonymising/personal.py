"""Where a person is in a plain text: addresses, e-mail addresses, Norwegian identity numbers."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

Found = tuple[int, int, str]  # start, end, what stands in for it

IPV4: Final = re.compile(r"(?<![0-9])(?<![0-9]\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])(?!\.[0-9])")
# `Product/` at the start of a word (RFC 9110 §10.1.5, with the liberties that agents take): no part of a URL.
PRODUCT: Final = re.compile(r"(?<![^\s;,()\[\]{}<>\"|])(?=[^/]*[^\W\d_])[^\s/:;,()\[\]{}<>\"|=@\\]+/\Z")

GROUP: Final = r"[0-9A-Fa-f]{1,4}"
TAIL: Final = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
IPV6: Final = re.compile(
    rf"(?:{GROUP}:){{6}}{TAIL}"
    rf"|(?:{GROUP}:){{7}}{GROUP}"
    rf"|(?:{GROUP}(?::{GROUP}){{0,6}})?::(?:(?:{GROUP}:){{0,5}}{TAIL}|{GROUP}(?::{GROUP}){{0,6}})?"
)
RUN: Final = re.compile(r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*")  # groups and colons as long as they go on
# Where an address may start in a run: a group, `::`, or the digits that a word runs into (node64:ff9b::7).
START: Final = re.compile(r":(?=:[0-9A-Fa-f])|(?<![0-9A-Fa-f])[0-9A-Fa-f]|(?<=[A-Fa-f])[0-9]")
# MAC, EUI-64, fingerprints, also with the end of a label before them (sha256:).
PAIRS: Final = re.compile(r"(?:(?!..:)[0-9A-Fa-f]{0,4}:)?([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+):?")
PADDING_ZEROS: Final = re.compile(r"(?<=[:.])0+(?=[0-9]+\b)")
# More digits, a port, a zone; an escape is no zone, and a word after a colon no port.
AFTER_IPV6: Final = re.compile(r"[0-9A-Fa-f]*(?::+[0-9A-Fa-f]+(?![^\W_]))*(?:%(?:25)?(?![0-9A-Fa-f]{2})[0-9A-Za-z]+)?")
# Where addresses of hosts are: global unicast, unique local, link-local, multicast, and the forms that carry IPv4.
HOSTS: Final = [
    (int(network.network_address), int(network.netmask))
    for network in map(
        ipaddress.IPv6Network,
        ("2000::/3", "fc00::/7", "fe80::/10", "ff00::/8", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/32"),
    )
]

EMAIL: Final = re.compile(
    r"(?:\"[^\"@\s]{1,64}\"|(?<![\w.+-])[\w.+-]+)@"
    r"(?![0-9.]+x\b|v?[0-9]+\.[0-9]+\.[0-9])"  # logo@2x.png, react@18.2.0-rc.next
    r"(?P<domain>\[[^\]@\s]{1,80}\]"
    r"|(?:[^\W_](?:[^\W_]|-){0,62}\.){1,8}(?:(?i:xn--)[0-9A-Za-z-]{2,59}|[^\W\d_]{2,63}))"
)
# What files end in and mail domains do not.
FILE_ENDINGS: Final = re.compile(
    r"(?:\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|heic|css|[cm]?js|jsx|tsx?|json|map|min|html?|xml|txt|pdf|csv|log"
    r"|docx?|xlsx?|pptx?|odt|mp[34]|webm|woff2?|ttf|eot|php|aspx?|jsp|tgz|tar|gz|bz2|xz|bak))+\Z",
    re.I,
)

ELEVEN: Final = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def find_personal(text: str, is_user_agent: bool) -> Iterator[Found]:
    """The personal parts of a text without escapes and wide characters; they may overlap."""
    if "@" in text:
        yield from find_emails(text)
    if text.count(":") >= 2:
        yield from find_ipv6(text)
    if text.count(".") >= 3:
        yield from find_ipv4(text, is_user_agent)
    yield from find_identities(text)


def find_ipv4(text: str, is_user_agent: bool) -> Iterator[Found]:
    """Four dotted numbers up to 255; in a user agent not where they are a product's version."""
    for match in IPV4.finditer(text):
        if any(int(octet) > 255 for octet in match[0].split(".")):
            continue
        if is_user_agent and PRODUCT.search(text, max(0, match.start() - 80), match.start()):
            continue
        yield match.start(), match.end(), "{address}"


def find_ipv6(text: str) -> Iterator[Found]:
    """IPv6 in every spelling, with what hangs on it (port, zone); times, ratios, pairs and `std::vector` are none."""
    for run in RUN.finditer(text):
        if run[0].count(":") >= 2:
            yield from _first_host(text, run)


def _first_host(text: str, run: re.Match[str]) -> Iterator[Found]:
    """The first address of a run, to the run's end. What touches letters may be code: there it must be a host's."""
    touched = text[run.end() : run.end() + 1].isalpha() or run[0].count("::") > 1 or _follows_word(text, run.start())
    escaped = 2 if text[run.start() - 1 : run.start()] == "%" else 0
    pairs = PAIRS.fullmatch(run[0], escaped)
    first, last = (escaped, pairs.start(1)) if pairs else (0, len(run[0]))
    for begin in START.finditer(run[0], first, last):
        start = run.start() + begin.start()
        match = IPV6.match(text, start)
        end = _end_of_host(text, match, touched or _follows_word(text, start)) if match else 0
        if end:
            yield start, end, "{address}"
            return


def _follows_word(text: str, start: int) -> bool:
    """Also in an escape (%5B::7), and where `::` is no more than a colon and a port (:::80)."""
    before = text[start - 1 : start]
    return before.isalnum() or before == "%" or text[start - 1 : start + 2] == ":::"


def _end_of_host(text: str, match: re.Match[str], touched: bool) -> int:
    """Where the address ends whose spelling was matched, 0 where it is none: the last groups may be ports or a word."""
    spelling, _, last = match[0].rpartition(":")
    if last.isalpha() and text[match.end() : match.end() + 1].isalpha() and _is_host(spelling, touched):
        return match.start() + len(spelling)
    spelling = match[0]
    while not _is_host(spelling, touched):
        spelling = spelling.rpartition(":")[0]
        if "::" not in spelling:
            return 0
    after = None if "." in match[0] else AFTER_IPV6.match(text, match.end())
    return after.end() if after else match.end()


def _is_host(spelling: str, touched: bool) -> bool:
    if not any(char.isdigit() for char in spelling):
        return False
    try:
        address = int(ipaddress.IPv6Address(PADDING_ZEROS.sub("", spelling)))
    except ValueError:
        return False
    return not touched or any(address & mask == network for network, mask in HOSTS) or _is_compatible(address, spelling)


def _is_compatible(address: int, spelling: str) -> bool:
    """Whether this is `::` and an IPv4 address, not a line of code (`App::add:117`)."""
    groups = spelling.split(":")
    return 1 << 24 <= address < 1 << 32 and any(char.isdigit() for char in groups[-2])


def find_emails(text: str) -> Iterator[Found]:
    """E-mail addresses, without the ending of a file that is named by one; pictures and packages are none."""
    for match in EMAIL.finditer(text):
        start = match.end() - len(match[0].lstrip("+-."))
        end = match.start("domain") + len(FILE_ENDINGS.sub("", match["domain"]))
        address = EMAIL.match(text[start:end])
        if address:
            yield start, start + address.end(), "{email}"


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
