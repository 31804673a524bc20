"""Whom a ban would name: an address, or the network that stands for it."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.refusals import RefusedError
from transforms.distinct import Codes

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

IPV4_NETWORK: Final = 24
IPV6_NETWORK: Final = 64  # a subscriber's: within it addresses cost nothing, so it stands for each of them
MAPPED: Final = "::ffff:"  # IPv4 inside IPv6 (RFC 4291 §2.5.5.2)
ZEROS: Final = frozenset(("", "0"))
WIDEST: Final = {4: 16, 6: 32}  # what a person may ban at once; beyond it are whole providers
NEVER: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "127.0.0.0/8", "::/127"),  # this machine
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),  # RFC 1918, RFC 4193: the own network
        *("100.64.0.0/10", "169.254.0.0/16", "fe80::/10"),  # RFC 6598, RFC 3927: a provider's or a link's inside
        *("64:ff9b::/96", "64:ff9b:1::/48"),  # RFC 6052, RFC 8215: everybody behind a translator
        *("224.0.0.0/3", "ff00::/8"),  # multicast, and what nobody has
    )
)


class Ranges:
    """Networks to look targets up in: search engines name thousands, and a day has as many addresses."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._ranges: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        ordered = sorted(map(_plain, networks), key=lambda one: (one.version, int(one[0]), one.prefixlen))
        for network in ordered:
            ranges = self._ranges[network.version]
            if not ranges or int(network[0]) > ranges[-1][1]:  # else it is part of the one before
                ranges.append((int(network[0]), int(network[-1])))

    def meet(self, target: str | Network) -> bool:
        """Whether a ban on the target would hit anything of them."""
        wanted = _plain(ipaddress.ip_network(target))
        ranges = self._ranges[wanted.version]
        place = bisect_right(ranges, int(wanted[-1]), key=itemgetter(0))
        return place > 0 and ranges[place - 1][1] >= int(wanted[0])


def name_targets(addresses: Iterable[str], group_by: str, allowed: Sequence[Network]) -> list[str | None]:
    """For each address the target of a scenario that groups by `address` or `network`.

    An IPv4 address, its /24, or an IPv6 address's /64; None where the target holds anything of the allow-list, so that
    no ban can hit it.
    """
    ranges = Ranges(allowed) if allowed else None
    return [_target_name(address, group_by, ranges) for address in addresses]


def code_targets(addresses: pa.StringArray, group_by: str) -> Codes:
    """For each address a number that its target's other addresses have too; without the cost of names."""
    if group_by == "owner":
        return np.zeros(len(addresses), np.int64)  # who owns them costs a look-up each
    targets = np.arange(len(addresses))
    grouped = np.ones(len(addresses), bool)
    if group_by == "address" and not pc.any(pc.starts_with(addresses, MAPPED)).as_py():
        # most addresses are IPv4, and targets themselves
        grouped = np.asarray(pc.match_substring(addresses, ":"))
    index: dict[str | bytes, int] = {}
    rough = (_rough(address, group_by) for address in addresses.filter(grouped).to_pylist())
    targets[grouped] = [index.setdefault(one, len(targets) + len(index)) for one in rough]
    return targets


def _rough(address: str, group_by: str) -> str | bytes:
    """As good as the target's name for telling it from others."""
    if ":" not in address:
        return address if group_by == "address" else address.rpartition(".")[0]
    groups = address.split(":", 4)[:4]
    if not ZEROS.intersection(groups):  # no `::` hides in the first half
        return ":".join(groups)
    number = ipaddress.IPv6Address(address)
    return _rough(str(number.ipv4_mapped), group_by) if number.ipv4_mapped else number.packed[: IPV6_NETWORK // 8]


def _target_name(address: str, group_by: str, allowed: Ranges | None) -> str | None:
    if not allowed and group_by == "address" and ":" not in address:
        return address
    target = _target(address, group_by)
    return None if allowed and allowed.meet(target) else _name(target)


def read_target(text: str) -> str:
    """What a person writes, an address or a network in CIDR notation → the target's name; IPv6 stands for its /64."""
    try:
        if "%" in text:  # a zone is of this machine's own links, and may hold any text
            raise ValueError
        target = _plain(ipaddress.ip_network(text.strip()))
    except ValueError:
        raise RefusedError("this is neither an address nor a network such as 192.0.2.0/24; nothing was done") from None
    if target.version == 6 and target.prefixlen > IPV6_NETWORK:
        target = target.supernet(new_prefix=IPV6_NETWORK)
    return _name(target)


def refuse_unbannable(target: str, allowlist: Iterable[Network]) -> None:
    """Raise, without repeating the target, where no person may ban it."""
    network = ipaddress.ip_network(target)
    if network.prefixlen < WIDEST[network.version]:
        raise RefusedError(f"no network this wide is banned by hand, at most a /{WIDEST[network.version]}")
    if holds_any(network, NEVER):
        raise RefusedError("this is no address of the internet (loopback, private, multicast); nothing was banned")
    if holds_any(network, allowlist):
        raise RefusedError("this holds addresses of blocklist.allowlist in the policy, which are never banned")


def read_network(target: str) -> Network:
    """A target by its name."""
    return ipaddress.ip_network(target)


def holders(target: str) -> list[str]:
    """The names of all targets that hold this one, itself among them."""
    network = read_network(target)
    return [_name(network.supernet(new_prefix=bits)) for bits in range(network.prefixlen + 1)]


def holds_any(target: str | Network, networks: Iterable[Network]) -> bool:
    """As `Ranges.meet`, once."""
    return Ranges(networks).meet(target)


def stands_for(target: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether the target is that address, or the /64 or narrower network of whoever has it."""
    network = ipaddress.ip_network(target)
    is_one = network.prefixlen >= (network.max_prefixlen if network.version == 4 else IPV6_NETWORK)
    return is_one and address in network


def _target(address: str, group_by: str) -> Network:
    network = _plain(ipaddress.ip_network(address))
    if network.version == 6:
        return network.supernet(new_prefix=IPV6_NETWORK)
    return network.supernet(new_prefix=IPV4_NETWORK) if group_by == "network" else network


def _plain(network: Network) -> Network:
    """An IPv4-mapped network (::ffff:0:0/96, RFC 4291 §2.5.5.2) is the IPv4 one."""
    if network.version == 4 or network.prefixlen < 96 or network.network_address.ipv4_mapped is None:
        return network
    return ipaddress.IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - 96))


def _name(target: Network) -> str:
    return str(target.network_address) if target.prefixlen == target.max_prefixlen else str(target)
