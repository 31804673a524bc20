"""What every file is made of: each target once, until its last ban ends; a line with count and expiry, and a last."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from plugins.blocklist.decisions import Decision
from transforms.detection.targets import Network, read_network


class Ban(NamedTuple):
    """A network (an address is one of a single address), when its ban ends, and the decision to quote."""

    network: Network
    until: datetime
    decision: str

    @property
    def target(self) -> str:
        """As short as every server reads it."""
        return str(self.network).removesuffix("/32" if self.network.version == 4 else "/128")

    @property
    def ends(self) -> str:
        return iso(self.until)


def bans_of(decisions: Iterable[Decision], now: datetime) -> list[Ban]:
    """The targets that are banned now, IPv4 first, in the order of their numbers."""
    longest: dict[Network, Ban] = {}
    for one in decisions:
        ban = Ban(_by_number(one.target), one.until, one.decision)
        if one.is_active(now) and (ban.network not in longest or longest[ban.network].until < ban.until):
            longest[ban.network] = ban
    return sorted(longest.values(), key=lambda ban: (ban.network.version, ban.network))


def whole(bans: Sequence[Ban], body: str) -> str:
    """With a first line, and a last that sums up all before it: what was cut or changed on its way is not taken."""
    text = heading([ban.until for ban in bans]) + body
    return f"{text}# end, sha256 {hashlib.sha256(text.encode()).hexdigest()}\n"


def heading(untils: Sequence[datetime], what: str = "addresses and networks") -> str:
    """It expires when the first ban in it ends; an empty list bans nobody and never does.

    When it was written is left out: the same bans are the same file, for which no server has to reload.
    """
    expires = iso(min(untils)) if untils else "never"
    return f"# Lethe blocklist: {len(untils)} {what}, expires {expires}\n"


def iso(moment: datetime) -> str:
    """To the second, downwards: a ban may end early, never late."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _by_number(target: str) -> Network:
    """Written from its numbers, whatever text a target may hold."""
    found = read_network(target)
    return type(found)((int(found.network_address), found.prefixlen))
