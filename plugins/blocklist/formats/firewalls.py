"""For packet filters, which end each ban by themselves: sets that one load puts in place of those before."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from plugins.blocklist.decisions import Decision
from plugins.blocklist.formats.bans import Ban, bans_of, whole
from transforms.detection.targets import Network

LOADED_WITHIN: Final = timedelta(minutes=1)  # a timeout runs from the load; it is shorter by that, and ends no ban late
FAMILIES: Final = (4, 6)


def write_nftables(decisions: Iterable[Decision], now: datetime) -> str:
    """A table `inet lethe` with the sets blocked4 and blocked6, filled in one transaction; no rule: that is yours."""
    bans = _still_running(decisions, now)
    sets = [f"blocked{family} {{ type ipv{family}_addr; flags interval, timeout; }}" for family in FAMILIES]
    lines = [
        "add table inet lethe",
        *(f"add set inet lethe {one}" for one in sets),
        *(f"flush set inet lethe blocked{family}" for family in FAMILIES),
        *(_element(ban, now) for ban in disjoint(bans)),
    ]
    return whole(bans, "".join(f"{line}\n" for line in lines))


def write_ipset(decisions: Iterable[Decision], now: datetime) -> str:
    """For `ipset restore`: the sets lethe4 and lethe6, filled beside those in use and swapped."""
    bans = _still_running(decisions, now)
    lines = []
    for family in FAMILIES:
        name, kind = f"lethe{family}", f"hash:net family inet{'6' if family == 6 else ''} timeout 0 comment"
        size = max(65536, sum(ban.network.version == family for ban in bans))
        lines += [f"create {one} {kind} maxelem {size} -exist" for one in (name, f"{name}-new")]
        lines += [f"flush {name}-new"]
        lines += [
            f'add {name}-new {ban.target} timeout {_left(ban, now)} comment "{ban.decision} {ban.ends}"'
            for ban in bans
            if ban.network.version == family
        ]
        lines += [f"swap {name}-new {name}", f"destroy {name}-new"]
    return whole(bans, "".join(f"{line}\n" for line in lines))


def disjoint(bans: Sequence[Ban]) -> Iterator[Ban]:
    """The same addresses until the same moments in networks without a common address, in the order of `bans_of`.

    What lies in a network that is banned as long goes; of one that ends earlier, only what is around it stays.
    """
    around: list[Ban] = []
    inside: dict[Network, list[Network]] = {}
    for ban in bans:
        while around and not _holds(around[-1].network, ban.network):
            around.pop()
        if any(one.until >= ban.until for one in around):
            continue
        if around:
            inside[around[-1].network].append(ban.network)
        around.append(ban)
        inside[ban.network] = []
    for ban in bans:
        for piece in _without(ban.network, inside[ban.network]) if ban.network in inside else ():
            yield ban._replace(network=piece)


def _without(network: Network, holes: Iterable[Network]) -> list[Network]:
    pieces: list[Any] = [network]
    for hole in holes:
        holder = next(piece for piece in pieces if _holds(piece, hole))
        pieces.remove(holder)
        pieces += holder.address_exclude(hole)
    return sorted(pieces)


def _holds(wide: Any, narrow: Any) -> bool:
    return wide.version == narrow.version and bool(narrow.subnet_of(wide))


def _still_running(decisions: Iterable[Decision], now: datetime) -> list[Ban]:
    return [ban for ban in bans_of(decisions, now) if _left(ban, now) > 0]


def _left(ban: Ban, now: datetime) -> int:
    return int((ban.until - now - LOADED_WITHIN).total_seconds())


def _element(ban: Ban, now: datetime) -> str:
    about = f'timeout {_left(ban, now)}s comment "{ban.decision} {ban.ends}"'
    return f"add element inet lethe blocked{ban.network.version} {{ {ban.target} {about} }}"
