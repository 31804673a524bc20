"""Which texts mention an address, in any of the spellings that the anonymiser knows."""

import ipaddress
from collections.abc import Collection, Iterator, Sequence

from transforms.anonymising.addresses import Address, read_address, unwrap_ip
from transforms.anonymising.ipv6 import find_ipv6
from transforms.anonymising.layers import read_layers
from transforms.anonymising.personal import find_ipv4
from transforms.anonymising.text import SUSPICIOUS


def mentions(texts: Sequence[str | None], addresses: Collection[Address]) -> list[bool]:
    """For each text, whether one of the addresses (IPv4 where they stand for one) occurs in it."""
    return [text is not None and any(found in addresses for found in _addresses(text)) for text in texts]


def _addresses(text: str) -> Iterator[Address]:
    """All addresses of a text; some are no more than possible readings of it."""
    if (whole := read_address(text)) is not None:
        yield from _stands_for(whole)
    if not SUSPICIOUS.search(text):
        return
    for layer in read_layers(text):
        for start, end, _ in find_ipv4(layer.text, is_user_agent=False):
            yield ipaddress.IPv4Address(".".join(str(int(octet)) for octet in layer.text[start:end].split(".")))
        for start, end in find_ipv6(layer.text):
            yield from _readings(layer.text[start:end])


def _readings(spelling: str) -> Iterator[Address]:
    """An address and its shorter beginnings: the last groups may be a port."""
    while spelling.count(":") >= 2:
        if (address := read_address(spelling)) is not None:
            yield from _stands_for(address)
        spelling = spelling.rpartition(":")[0]


def _stands_for(address: Address) -> Iterator[Address]:
    """The address, or the IPv4 address instead of which it is written; also that of a tunnel's end (6to4, Teredo)."""
    yield unwrap_ip(address)
    if isinstance(address, ipaddress.IPv6Address):
        yield from filter(None, (address.sixtofour, address.teredo and address.teredo[1]))
