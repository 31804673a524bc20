"""All the spellings under which an address may lie in a file: as text, as a number, reversed, packed, in base64."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from transforms.anonymising.addresses import Address

DIGITS: Final = b"0123456789"
HEX: Final = b"0123456789abcdefABCDEF"
LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
FOR_URLS: Final = bytes.maketrans(b"+/", b"-_")  # RFC 4648 §5
FEWEST_LETTERS: Final = 5  # 30 bits


@dataclass(frozen=True)
class Spelling:
    """Bytes that stand for an address.

    A weak one has no more than 32 bits, so it stands in any large file by accident; bytes `edge` may not touch it.
    """

    kind: str
    content: bytes
    is_weak: bool = False
    edge: bytes = b""


def spell(address: Address) -> Iterator[Spelling]:
    """Every spelling; an IPv6 address that stands for one of IPv4 has its groups, octets or packed bytes.

    What is percent-encoded, escaped, in UTF-16 or compressed is one of these again, once it is decoded. A short address
    may be the beginning of a longer one.
    """
    for one in _spell_ipv4(address) if isinstance(address, IPv4Address) else _spell_ipv6(address):
        yield one
        if one.kind.startswith("base64") and (for_urls := one.content.translate(FOR_URLS)) != one.content:
            yield replace(one, kind=f"{one.kind}, for URLs", content=for_urls)


def spell_text(kind: str, text: str) -> Iterator[Spelling]:
    """A text as it stands, and in base64, whatever stands before it there."""
    yield Spelling(kind, text.encode())
    for shift, inner in enumerate(in_base64(text.encode())):
        yield Spelling(f"base64 of {kind}, {shift}", inner)


def in_base64(content: bytes) -> list[bytes]:
    """The letters that are of this content alone, with 0, 1 or 2 bytes of a triple before it."""
    found = []
    for shift in range(3):
        first, end = -(-shift * 8 // 6), (shift + len(content)) * 8 // 6
        found.append(b64encode(bytes(shift) + content)[first:end])
    return found


def _spell_ipv4(address: IPv4Address) -> Iterator[Spelling]:
    packed, number = address.packed, int(address)
    yield from spell_text("dotted", str(address))
    yield from _cased("padded", ".".join(f"{octet:03d}" for octet in packed))
    yield from _cased("octal", ".".join(f"0{octet:o}" for octet in packed))
    yield from _cased("dashed", "-".join(map(str, packed)))
    yield from _cased("underscored", "_".join(map(str, packed)))
    yield from _cased("reversed", ".".join(map(str, packed[::-1])))  # in-addr.arpa
    yield from _cased("dotted hex", ".".join(f"0x{octet:02x}" for octet in packed))
    yield from _cased("groups", f"{number >> 16:x}:{number & 0xFFFF:x}")  # mapped, compatible, NAT64, 6to4
    yield from _cased("padded groups", f"{number >> 16:04x}:{number & 0xFFFF:04x}")
    yield from _cased("nibbles", ".".join(reversed(packed.hex())))
    for one in (*_cased("hex", packed.hex()), *_cased("octets", packed.hex(":"))):
        yield replace(one, is_weak=True, edge=HEX)
    for kind, value in (
        ("integer", number),
        ("signed integer", number - (1 << 32)),
        ("swapped integer", int.from_bytes(packed, "little")),
        ("signed swapped integer", int.from_bytes(packed, "little", signed=True)),
    ):
        yield Spelling(kind, str(value).encode(), is_weak=True, edge=DIGITS)
    yield Spelling("packed", packed, is_weak=True)
    yield Spelling("packed swapped", packed[::-1], is_weak=True)
    yield from _packed_ipv4_in_base64(packed)


def _packed_ipv4_in_base64(packed: bytes) -> Iterator[Spelling]:
    """Where two bits of the first letter are another's, in all four ways: fewer letters would be everywhere."""
    whole, inner, later = in_base64(packed)
    firsts = [(others << 4) | (packed[0] >> 4) for others in range(4)]
    yield Spelling("base64 of packed, 0", whole[:FEWEST_LETTERS], is_weak=True)
    for first in firsts:
        yield Spelling("base64 of packed, 1", LETTERS[first : first + 1] + inner, is_weak=True)
    yield Spelling("base64 of packed, 2", later, is_weak=True)


def _spell_ipv6(address: IPv6Address) -> Iterator[Spelling]:
    packed, padded = address.packed, address.exploded.split(":")
    groups, tail = [f"{int(group, 16):x}" for group in padded], str(IPv4Address(packed[12:]))
    for kind, text in (("compressed", str(address)), ("exploded", address.exploded)):
        for cased in _cased(kind, text):
            yield from spell_text(cased.kind, cased.content.decode())
    yield from _cased("uncompressed", ":".join(groups))
    yield from _cased("dashed", str(address).replace(":", "-"))
    yield from _cased("exploded dashed", "-".join(padded))
    yield from _cased("octets", packed.hex(":"))
    yield from _cased("hex", packed.hex())
    yield from _cased("nibbles", ".".join(reversed(packed.hex())))  # ip6.arpa
    yield from _cased("exploded with dotted tail", ":".join([*padded[:6], tail]))
    yield from _cased("uncompressed with dotted tail", ":".join([*groups[:6], tail]))
    yield from _cased("compressed with dotted tail", _head(packed) + tail)
    yield Spelling("integer", str(int(address)).encode())
    yield Spelling("packed", packed)
    yield Spelling("packed reversed", packed[::-1])
    yield Spelling("packed in swapped words", b"".join(packed[at : at + 4][::-1] for at in range(0, 16, 4)))
    yield Spelling("packed in swapped halves", packed[:8][::-1] + packed[8:][::-1])
    for shift, inner in enumerate(in_base64(packed)):
        yield Spelling(f"base64 of packed, {shift}", inner)


def _head(packed: bytes) -> str:
    """The first 96 bits as in the compressed spelling of an address whose last ones are not zero."""
    return str(IPv6Address(packed[:12] + b"\x00\x01\x00\x01")).removesuffix("1:1")


def _cased(kind: str, text: str) -> Iterator[Spelling]:
    """In small letters, and in capitals where that is something else."""
    yield Spelling(kind, text.encode())
    if (capital := text.upper().replace("0X", "0x")) != text:
        yield Spelling(f"{kind}, in capitals", capital.encode())
