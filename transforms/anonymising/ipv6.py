"""Where IPv6 addresses are in a plain text; times, ratios, pairs of digits and `std::vector` look like them."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from transforms.anonymising.layers import HIDDEN, hide_escapes

Span = tuple[int, int]

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
CODE_LINE: Final = re.compile(r"[A-Za-z]+::[A-Za-z:]*(?::[0-9]+)+")  # Cafe::add:117, words and the number of a line
MAPPED: Final = re.compile(r"::ffff:[a-f]{1,4}:[a-f]{1,4}", re.IGNORECASE)  # IPv4 that needs no digit
NO_ESCAPE: Final = re.compile(r"%[Ff][C-Fc-f]")
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


def find_ipv6(text: str) -> Iterator[Span]:
    """IPv6 in every spelling, with what hangs on it (port, zone)."""
    bare = hide_escapes(text)
    for run in RUN.finditer(bare):
        if run[0].count(":") >= 2:
            yield from _first_host(bare, run, text)
    if bare != text:
        yield from _after_percent(text)


def _first_host(bare: str, run: re.Match[str], text: str) -> Iterator[Span]:
    """The first address of a run, to the run's end. What touches letters may be code: there it must be a host's."""
    touched = bare[run.end() : run.end() + 1].isalpha() or run[0].count("::") > 1 or _follows_word(bare, run.start())
    pairs = PAIRS.fullmatch(run[0])
    touched = touched or pairs is not None  # a label and pairs (SHA-256:AB:CD)
    for begin in START.finditer(run[0], 0, pairs.start(1) if pairs else len(run[0])):
        start = run.start() + begin.start()
        match = IPV6.match(bare, start)
        end = _end_of_host(bare, match, touched or _follows_word(bare, start), text) if match else 0
        if end:
            yield start, end
            return


def _after_percent(text: str) -> Iterator[Span]:
    """Hosts whose first digits were taken for an escape (100%fe80::1): UTF-8 has no such byte (RFC 3629 §1)."""
    for run in RUN.finditer(text):
        match = IPV6.match(text, run.start()) if NO_ESCAPE.match(text, max(0, run.start() - 1)) else None
        end = _end_of_host(text, match, True, text) if match and not PAIRS.fullmatch(run[0], 2) else 0
        if end:
            yield run.start(), end


def _follows_word(text: str, start: int) -> bool:
    """Also where an escape may be a letter, and where `::` is no more than a colon and a port (:::80)."""
    before = text[start - 1 : start]
    return before.isalnum() or before == HIDDEN or text[start - 1 : start + 2] == ":::"


def _end_of_host(bare: str, match: re.Match[str], touched: bool, text: str) -> int:
    """Where the address ends whose spelling was matched, 0 where it is none: the last groups may be ports or a word."""
    spelling, _, last = match[0].rpartition(":")
    if last.isalpha() and bare[match.end() : match.end() + 1].isalpha() and _is_host(spelling, touched):
        return match.start() + len(spelling)
    spelling = match[0]
    while not _is_host(spelling, touched):
        spelling = spelling.rpartition(":")[0]
        if "::" not in spelling:
            return 0
    after = None if "." in match[0] else AFTER_IPV6.match(text, match.end())
    return after.end() if after else match.end()


def _is_host(spelling: str, touched: bool) -> bool:
    if not any(char.isdigit() for char in spelling) and not MAPPED.fullmatch(spelling):
        return False
    try:
        address = int(ipaddress.IPv6Address(PADDING_ZEROS.sub("", spelling)))
    except ValueError:
        return False
    if not touched and not CODE_LINE.fullmatch(spelling):
        return True
    return any(address & mask == network for network, mask in HOSTS) or _is_compatible(address, spelling)


def _is_compatible(address: int, spelling: str) -> bool:
    """Whether this is zeros and an IPv4 address, not a line of code (`App::add:117`)."""
    groups = spelling.split(":")
    return 1 << 24 <= address < 1 << 32 and ("" not in groups or any(char.isdigit() for char in groups[-2]))
