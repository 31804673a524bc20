"""The client behind proxies, from what they wrote into `X-Forwarded-For` or `Forwarded` (RFC 7239)."""

import re
from collections.abc import Sequence
from typing import Final

from transforms.parsing.values import Client, Network, UnreadableError, is_within, read_client

NOBODY: Final[Client] = (None, None, None)
# RFC 7239 §4. An element ends at any comma: no address holds one, and a client may leave a quote open.
FOR: Final = re.compile(rb'(?:\A|;)\s*+for\s*+=\s*+(?:"([^"]*)"|([^\s";]*))', re.IGNORECASE)
HIDDEN: Final = re.compile(rb"(?:unknown|_[\w.-]+)(?::(?:\d{1,5}|_[\w.-]+))?", re.IGNORECASE)  # RFC 7239 §6.2, §6.3


def choose_client(forwarded: bytes, peer: bytes | None, trusted: Sequence[Network]) -> tuple[Client, str | None]:
    """The client behind proxies: the rightmost address that is not a trusted proxy's, and the peer's own address.

    Who connected counts first: what a stranger claims in a header is not believed. Where the last trusted proxy says
    that it does not tell who asked (`unknown`, `_hidden`), nobody is the client.
    """
    chain = hops_of(forwarded) + ([peer] if peer is not None else [])
    client = NOBODY
    for hop in reversed(chain):
        if client != NOBODY and HIDDEN.fullmatch(hop):
            client = NOBODY
            break
        try:
            client = read_client(hop)
        except UnreadableError:
            break  # beyond what cannot be read, nobody vouches for anything
        if not client[0] or not is_within(client[0], trusted):
            break
    return client, read_client(chain[-1])[0] if chain else None


def hops_of(forwarded: bytes) -> list[bytes]:
    """The addresses of a header, as written, in its order; the last is the nearest.

    Both servers escape the quotes in it, and IIS writes `+` for a blank.
    """
    if forwarded in (b"-", b""):
        return []
    plain = forwarded.replace(b'\\"', b'"').replace(b"\\x22", b'"')
    if b"=" not in plain:
        return [part.strip(b' "+') for part in plain.split(b",")]
    found = [FOR.search(element) for element in plain.split(b",")]
    return [(one[1] or one[2] or b"unknown") if one else b"unknown" for one in found]
