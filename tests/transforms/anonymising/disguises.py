"""Personal parts in the disguises that the anonymiser has to see through, and what only looks like them."""

import unicodedata
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import unquote

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Draw = Callable[[SearchStrategy], object]
HEX = "0123456789abcdef"

V4 = st.one_of(*(st.ip_addresses(v=4, network=net) for net in ("192.0.2.0/24", "10.0.0.0/8", "100.64.0.0/10")))
NETWORKS = ("2001:db8::/32", "3fff::/20", "fe80::/64", "fd00::/8")
# A spelling without any digit (fdff:ffff:…:fffa) is taken for code.
V6 = st.one_of(*(st.ip_addresses(v=6, network=net) for net in NETWORKS)).filter(
    lambda address: any(char.isdigit() for char in str(address))
)


def groups(address: IPv6Address) -> list[str]:
    return [f"{int(address) >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]


@st.composite
def v6_spellings(draw: Draw) -> tuple[str, str]:
    """An address as somebody may write it, and a part of it that must not be seen."""
    address = draw(V6)
    parts = groups(address)
    tail = str(IPv4Address(int(address) & 0xFFFFFFFF))
    spelled = draw(st.sampled_from([str(address), address.exploded, ":".join(parts), ":".join([*parts[:6], tail])]))
    return draw(st.sampled_from([spelled, spelled.upper()])), spelled.lower()


@st.composite
def v4_spellings(draw: Draw) -> tuple[str, str]:
    address = str(draw(V4))
    padded = ".".join(octet.zfill(3) for octet in address.split("."))
    spelled = draw(st.sampled_from([address, address, padded]))
    return spelled, spelled


@st.composite
def carriers(draw: Draw) -> tuple[str, str]:
    """IPv6 that carries an IPv4 address, which must not be seen."""
    address = draw(V4)
    digits = f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
    tunnel = f"{int(address) >> 16 ^ 0xFFFF:x}:{int(address) & 0xFFFF ^ 0xFFFF:x}"
    before = draw(
        st.sampled_from(["::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "0:0:0:0:0:FFFF:", "2001:db8:1:2:0:5efe:"])
    )
    return draw(
        st.sampled_from(
            [
                (f"{before}{digits}", digits),
                (f"{before}{address}", str(address)),
                (f"2002:{digits}::1", digits),
                (f"2002:{digits}:1:2:3:4:5".upper(), digits),
                (f"2001:0:c000:292:0:63bf:{tunnel}", tunnel),
            ]
        )
    )


@st.composite
def emails(draw: Draw) -> tuple[str, str]:
    local = draw(
        st.sampled_from(["kari", "kari.nordmann", "ola+nyhet", "KARI_N", "per-olav", "kåre", "o'brien", '"k n"'])
    )
    domain = draw(
        st.sampled_from(["example.org", "EXAMPLE.NO", "mail-1.example.co.uk", "blåbær.example.no", "163.com"])
    )
    return f"{local}@{domain}", f"{local}@{domain}".lower()


@st.composite
def identities(draw: Draw) -> tuple[str, str]:
    """Synthetic birth numbers: month + 80, and D-numbers, day + 40."""
    day = draw(st.integers(1, 28)) + draw(st.sampled_from([0, 40]))
    nine = f"{day:02}{draw(st.integers(81, 92)):02}{draw(st.integers(0, 99)):02}{draw(st.integers(0, 999)):03}"
    first = -sum(int(a) * b for a, b in zip(nine, (3, 7, 6, 1, 8, 9, 4, 5, 2), strict=True)) % 11
    ten = f"{nine}{first % 10}"
    second = -sum(int(a) * b for a, b in zip(ten, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    whole = f"{ten}{second % 10}"
    return (whole, whole) if 10 not in (first, second) else ("14876231078", "14876231078")


PERSONAL = st.one_of(v4_spellings(), v6_spellings(), carriers(), emails(), identities())


def wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char


FOLDS: list[Callable[[str], str]] = [
    wide,
    lambda char: chr(0x1D7CE + int(char)) if char in "0123456789" else char,
    lambda char: "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(char)] if char in "0123456789" else char,
    lambda char: {".": "․", ":": "︓", "@": "﹫"}.get(char, char),
    lambda char: unicodedata.normalize("NFD", char),
]


@st.composite
def disguised(draw: Draw, text: str) -> str:
    """The text in characters that fold to it, and escaped up to three times, wholly or in part."""
    fold = draw(st.sampled_from([str, str, *FOLDS]))
    chars = [fold(char) for char in text]
    share = draw(st.sampled_from(["none", "none", "all", "some", "marks"]))
    escaped = {
        "none": [False] * len(chars),
        "all": [True] * len(chars),
        "some": draw(st.lists(st.booleans(), min_size=len(chars), max_size=len(chars))),
        "marks": [char in ".:@" for char in text],
    }[share]
    pattern = draw(st.sampled_from(["%{:02X}", "%{:02x}"]))
    spelled = "".join(
        "".join(pattern.format(octet) for octet in char.encode()) if is_escaped else char
        for char, is_escaped in zip(chars, escaped, strict=True)
    )
    for _ in range(draw(st.integers(0, 2))):
        spelled = spelled.replace("%", "%25")
    return spelled


def readings(text: str) -> set[str]:
    """All that a reader may make of a text."""
    found = {text}
    for _ in range(3):
        found |= {unicodedata.normalize("NFKC", one) for one in found}
        found |= {unquote(one) for one in found}
    return {unicodedata.normalize("NFKC", one).lower() for one in found}


DIGITS = st.text(HEX, min_size=2, max_size=2)
NUMBERS = st.integers(0, 255).map(str)


def joined(separator: str, parts: SearchStrategy[str], least: int, most: int) -> SearchStrategy[str]:
    return st.lists(parts, min_size=least, max_size=most).map(separator.join)


# What is nobody's: it has to come out as it went in.
NOBODYS = st.one_of(
    joined(".", NUMBERS, 2, 3),
    st.tuples(joined(".", NUMBERS, 2, 2), st.integers(256, 99_999), NUMBERS).map(lambda v: f"{v[0]}.{v[1]}.{v[2]}"),
    st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S")),
    st.datetimes().map(lambda moment: moment.strftime("%d/%b/%Y:%H:%M:%S")),
    st.sampled_from([32, 40, 56, 64, 96, 128]).flatmap(lambda size: st.text(HEX, min_size=size, max_size=size)),
    st.uuids().map(str),
    joined(":", DIGITS, 3, 32),
    st.sampled_from([16, 20, 32])
    .flatmap(lambda size: joined(":", DIGITS.map(str.upper), size, size))
    .map("SHA256:".__add__),
    joined("-", DIGITS, 6, 6),
    joined("::", st.sampled_from(["std", "vector", "App", "Cafe", "Babe", "add", "b", "DBI", "before"]), 2, 4),
    joined("::", st.sampled_from(["Ace", "Bad", "fab", "App"]), 2, 3).map(lambda code: f"{code}:117"),
    st.sampled_from(["logo@2x.png", "react@18.2.0", "pkg@2.0-beta.next", "@scope/package", "@59.9139,10.7522,14z"]),
    st.integers(10**12, 10**15).map(str),
    st.sampled_from(["::", "dead:beef", "4:3", "16:9", "12:34:56.789", "caf%C3%A9", "100%", "%zz", "a%3A%3Ab", "søk"]),
)
