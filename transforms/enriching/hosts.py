"""Referrers apart: their host, path and query, and which hosts may be published."""

import re
from typing import Final, NamedTuple

from transforms.anonymising.grouping import looks_random
from transforms.enriching import UNKNOWN

REFERRER: Final = re.compile(
    r"(?:https?|android-app)://(?:[^/?#\\]*@)?(\[[^\]]*\]|[^/?#:\\@\[\]]+)(?::\d*)?(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST: Final = re.compile(rf"{LABEL}(?:\.{LABEL})*")
# A name that ends in a number is an address: https://url.spec.whatwg.org/#ends-in-a-number-checker
ADDRESS: Final = re.compile(r"\[.*|(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
# Names that providers make of a customer's address, and numbers long enough to be a person's.
PERSONAL: Final = re.compile(
    r"\d{1,3}([._-])\d{1,3}\1\d{1,3}\1\d{1,3}|(?:[0-9a-f]{1,4}-+){4}[0-9a-f]|[0-9a-f]{16}|\d{9}"
)


class Referrer(NamedTuple):
    """A referrer's parts; the host without `www.`, port and user name, in lower case."""

    host: str
    path: str
    query: str


def split_referrer(referrer: str) -> Referrer | None:
    """Split a referrer of http, https or an Android app; None for anything else and for hosts outside DNS's letters."""
    match = REFERRER.fullmatch(referrer.strip())
    host = plain_host(match[1]) if match else None
    return Referrer(host, match[2] or "/", match[3] or "") if match and host else None


def plain_host(host: str) -> str | None:
    """A host in lower case without `www.` and a last dot, an international one as `xn--`; None where it is no host.

    Addresses are hosts too.
    """
    try:
        name = (host if host.isascii() else host.encode("idna").decode()).lower().removesuffix(".")
    except UnicodeError:
        return None
    name = name.removeprefix("www.")
    return name if len(name) <= 253 and (HOST.fullmatch(name) or ADDRESS.fullmatch(name)) else None


def published_host(host: str) -> str:
    """The host, or `unknown` where it is no name in DNS's letters, an address, or made of one or of a token."""
    if not HOST.fullmatch(host) or ADDRESS.fullmatch(host) or PERSONAL.search(host):
        return UNKNOWN
    # xn-- begins letters that DNS does not have
    return UNKNOWN if any(looks_random(label) for label in host.split(".") if not label.startswith("xn--")) else host
