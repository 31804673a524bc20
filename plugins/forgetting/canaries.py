"""Addresses that no visitor has and words that nobody says: planted among the lines, hunted when they must be gone.

What is kept is a seed a day, from which they are derived; they themselves are written nowhere but where lines go.
"""

import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from plugins.store.door import Place
from plugins.store.records import SUFFIX, read_record, write_record
from schemas.receipts import Record
from transforms.anonymising.addresses import Address
from transforms.anonymising.spellings import Spelling, spell, spell_text

SEEDS: Final = "canaries/"
IPV4: Final = 6
IPV6: Final = 4
WORDS: Final = ("agent", "path", "query")  # in which field each of them stands
BEGINNING: Final = "zqcanary"  # of each word: whoever meets one knows what it is
LETTERS: Final = "bcdfghjkmnpqrstvwxyz"
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
NO_DAY: Final = date.min  # of decoys, which prove that a place can be read


class Seed(Record):
    """32 random bytes, in hexadecimal digits; by this machine's clock, when its canaries were first planted."""

    day: date
    secret: str
    planted_at: datetime | None = None


@dataclass(frozen=True)
class Canaries:
    """What is planted on a day: addresses of RFC 2544 (for tests of networks) and RFC 3849 (for documents), and words.

    All octets and groups have as many digits as they may, so that no spelling is the beginning of another address.
    """

    day: date
    addresses: tuple[Address, ...]
    words: tuple[str, ...]

    def spellings(self) -> Iterator[tuple[int, Spelling]]:
        """Each spelling with the number of its canary: addresses first, then words."""
        for number, address in enumerate(self.addresses):
            yield from ((number, one) for one in spell(address))
        for number, word in enumerate(self.words, len(self.addresses)):
            yield from ((number, one) for one in spell_text("word", word))

    @property
    def numbers(self) -> range:
        return range(len(self.addresses) + len(self.words))


def derive(seed: Seed) -> Canaries:
    """The canaries of a seed, always the same."""
    secret = bytes.fromhex(seed.secret)
    ipv4 = _digests(secret, b"ipv4", IPV4)
    ipv6 = _digests(secret, b"ipv6", IPV6)
    addresses: list[Address] = [
        *(IPv4Address(bytes((198, 18, 100 + one[0] % 156, 100 + one[1] % 156))) for one in ipv4),
        *(_ipv6(one, with_zeros=number % 2 == 1) for number, one in enumerate(ipv6)),
    ]
    words = [_word(hmac.digest(secret, name.encode(), "sha256")) for name in WORDS]
    return Canaries(seed.day, tuple(addresses), tuple(words))


def canaries_of(state: Place) -> list[Canaries]:
    """Those of all days whose seed is kept, oldest first."""
    found = (read_record(state, name, Seed) for name in state.names(SEEDS))
    return [derive(seed) for seed in found if seed]


def new_canaries(day: date, others: Iterable[Canaries]) -> tuple[Seed, Canaries]:
    """Canaries of which none could be taken for another: in base64 the last digit of an address may not show."""
    known = {written for one in others for written in _all_but_last(one)}
    while True:
        seed = Seed(day=day, secret=secrets.token_hex(32))
        found = derive(seed)
        written = _all_but_last(found)
        if known.isdisjoint(written) and len(written) == len(found.addresses):
            return seed, found


def keep_seed(state: Place, seed: Seed, now: datetime) -> None:
    """Before any is planted; `now` as the files of this machine have it, also where the store is a replay."""
    write_record(state, f"{SEEDS}{seed.day}{SUFFIX}", seed.model_copy(update={"planted_at": now}))


def first_planted(state: Place) -> datetime:
    """No file that was changed last before this instant can hold a canary."""
    found = (read_record(state, name, Seed) for name in state.names(SEEDS))
    return min((seed.planted_at for seed in found if seed and seed.planted_at), default=ALWAYS)


def forget_seed(state: Place, day: date) -> None:
    state.remove(f"{SEEDS}{day}{SUFFIX}")


def _all_but_last(canaries: Canaries) -> set[str]:
    return {str(address)[:-1] for address in canaries.addresses}


def _digests(secret: bytes, purpose: bytes, most: int) -> list[bytes]:
    return [hmac.digest(secret, purpose + bytes([number]), "sha256") for number in range(most)]


def _ipv6(random: bytes, with_zeros: bool) -> IPv6Address:
    """2001:db8:cafe:, then groups of four digits, in some addresses around zeros that are left out."""
    groups = [0x1000 + int.from_bytes(random[at : at + 2], "big") % 0xF000 for at in range(0, 10, 2)]
    middle = [0, 0, 0] if with_zeros else groups[:3]
    return IPv6Address(":".join(f"{group:x}" for group in (0x2001, 0xDB8, 0xCAFE, *middle, *groups[3:])))


def _word(random: bytes) -> str:
    return BEGINNING + "".join(LETTERS[byte % len(LETTERS)] for byte in random[:11])
