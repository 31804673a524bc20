"""Whom a ban would name: an address, or the network that stands for it."""

import ipaddress
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

IPV4_NETWORK: Final = 24
IPV6_NETWORK: Final = 64  # a subscriber's: within it addresses cost nothing, so it stands for each of them


def name_targets(client_ips: pa.ChunkedArray, group_by: str, allowlist: Sequence[str]) -> pa.Array:
    """For each address (TEXT) the target of a scenario that groups by `address` or `network`, as TEXT.

    An IPv4 address, its /24, or an IPv6 address's /64; null where the target holds anything of the allow-list
    (addresses and networks), so that no ban can hit it.
    """
    allowed = [_plain(ipaddress.ip_network(entry, strict=False)) for entry in allowlist]
    coded = client_ips.combine_chunks()
    targets = [_target(address, group_by) for address in coded.dictionary.to_pylist()]
    names = [None if any(_overlap(target, entry) for entry in allowed) else _name(target) for target in targets]
    return pa.array(names, pa.string()).dictionary_encode().take(coded.indices)


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


def _overlap(target: Network, entry: Network) -> bool:
    return target.version == entry.version and target.overlaps(entry)


def _name(target: Network) -> str:
    return str(target.network_address) if target.prefixlen == target.max_prefixlen else str(target)
