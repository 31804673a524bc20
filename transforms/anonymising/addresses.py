"""The client's address without its last digits."""

import ipaddress
import re
import unicodedata
from typing import Final

import pyarrow as pa

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# The first 96 bits of IPv6 addresses that stand for the IPv4 address in the other 32:
# IPv4-compatible and IPv4-mapped (RFC 4291 §2.5.5), SIIT (RFC 2765), NAT64 (RFC 6052 §2.1).
COMPATIBLE: Final = 0
CARRIERS: Final = frozenset({COMPATIBLE, 0xFFFF, 0xFFFF << 16, 0x64FF9B << 64})
SIX_TO_FOUR: Final = 0x2002  # RFC 3056: an IPv4 address from bit 16 on
PADDING: Final = " \t\r\n\v\f\"'`“”„‘’‚«»‹›"
PORT: Final = "(?::(?:[0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))"
BRACKETED: Final = re.compile(rf"\[([^\[\]]*)\]((?:/[0-9]{{1,3}})?){PORT}?")
WITH_PORT: Final = re.compile(rf"([0-9.]+){PORT}")  # after IPv6 without brackets it is part of the address
# IPv4, or IPv6 with or without a zone (RFC 4007 §11); a prefix length.
BARE: Final = re.compile(r"([0-9.]+(?!%)|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%[\w.:~-]+)?(?:/([0-9]{1,3}))?", re.ASCII)


def truncate_ip(text: str, ipv4_prefix: int, ipv6_prefix: int) -> str | None:
    """An address in any usual spelling → the network of its first bits, in CIDR notation (RFC 5952), or null.

    Null for everything that is not surely one address: names, lists, octets with leading zeros, integers.
    """
    address = read_address(text)
    if address is None:
        return None
    address = unwrap_ip(address)
    kept = ipv4_prefix if address.version == 4 else ipv6_prefix
    if address.version == 6 and int(address) >> 112 == SIX_TO_FOUR:
        kept = min(ipv6_prefix, 16 + ipv4_prefix)
    cut = address.max_prefixlen - kept
    return f"{type(address)(int(address) >> cut << cut)}/{kept}"


def truncate_addresses(addresses: pa.Array | pa.ChunkedArray, ipv4_prefix: int, ipv6_prefix: int) -> pa.Array:
    """A column of addresses → their networks, dictionary-encoded; each distinct address is read once."""
    array = addresses.combine_chunks() if isinstance(addresses, pa.ChunkedArray) else addresses
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    networks = [truncate_ip(text, ipv4_prefix, ipv6_prefix) for text in coded.dictionary.to_pylist()]
    return pa.array(networks, pa.string()).dictionary_encode().take(coded.indices)


def unwrap_ip(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, else the address itself; `::` and `::1` stand for nothing."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    head, tail = int(address) >> 32, int(address) & 0xFFFFFFFF
    if head not in CARRIERS or (head == COMPATIBLE and tail <= 1):
        return address
    return ipaddress.IPv4Address(tail)


def read_address(text: str) -> Address | None:
    """The address in a field, without quotes, brackets, port, prefix length and zone; null where there is none."""
    text = unicodedata.normalize("NFKC", text).strip(PADDING)
    if bracketed := BRACKETED.fullmatch(text):
        text = bracketed[1].strip(PADDING) + bracketed[2]
    if with_port := WITH_PORT.fullmatch(text):
        text = with_port[1]
    bare = BARE.fullmatch(text)
    try:
        address = ipaddress.ip_address(bare[1]) if bare else None
    except ValueError:
        return None
    return address if address and bare and int(bare[2] or 0) <= address.max_prefixlen else None
