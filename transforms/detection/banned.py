"""Which addresses bans hit, and when: targets are compared as numbers, whatever their width."""

import ipaddress
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transforms.anonymising.addresses import unwrap_ip
from transforms.detection.targets import read_network
from transforms.distinct import Codes

Mask = NDArray[np.bool_]


class Targets:
    """Targets by their places in a list; an address may lie in several."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._held: defaultdict[tuple[int, int], dict[int, int]] = defaultdict(dict)  # by version and bits
        for place, network in enumerate(map(read_network, names)):
            first = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
            self._held[network.version, network.prefixlen][first] = place

    def holding(self, address: str) -> list[int]:
        """The places of those that hold the address."""
        if not self._held:
            return []
        number, version = number_of(address)
        whole = ipaddress.IPV4LENGTH if version == 4 else ipaddress.IPV6LENGTH
        return self._covering(number, version, whole, whole)

    def cover(self, target: str) -> bool:
        """Whether one of them holds all of another target."""
        wanted = read_network(target)
        number = int(wanted.network_address)
        return bool(self._covering(number, wanted.version, wanted.max_prefixlen, wanted.prefixlen))

    def _covering(self, number: int, version: int, whole: int, most: int) -> list[int]:
        """Of those that are not narrower than `most` bits."""
        return [
            held[first]
            for (of_version, bits), held in self._held.items()
            if of_version == version and bits <= most and (first := number >> (whole - bits)) in held
        ]

    def pairs(self, addresses: Sequence[str | None]) -> tuple[Codes, Codes]:
        """Places of addresses, ascending, and of the targets that hold them."""
        known = enumerate(addresses)
        found = [(place, one) for place, address in known if address is not None for one in self.holding(address)]
        rows = np.array(found, np.int64).reshape(-1, 2)
        return rows[:, 0], rows[:, 1]


def number_of(address: str) -> tuple[int, int]:
    """Its number and version. A day has an address for each of its people, and most are IPv4, which is soon read."""
    if ":" in address:
        number = unwrap_ip(ipaddress.ip_address(address))
        return int(number), number.version
    return int.from_bytes(map(int, address.split("."))), 4


class Terms:
    """When targets, by their places, are banned; all instants in microseconds."""

    def __init__(self, targets: Codes, begins: Codes, ends: Codes) -> None:
        order = np.lexsort((begins, targets))
        targets = targets[order]
        self._origin = int(begins.min()) if len(begins) else 0
        self._span = int(ends.max(initial=self._origin)) - self._origin + 2
        self._begins = self._keys(targets, begins[order])
        self._ends = np.maximum.accumulate(self._keys(targets, ends[order]))

    def hold(self, targets: Codes, instants: Codes) -> Mask:
        """Whether these targets are banned at these instants."""
        wanted = self._keys(targets, instants)
        last = np.searchsorted(self._begins, wanted, side="right")
        ends = np.append(np.int64(-1), self._ends)[last]  # of an earlier target it is before all that is wanted
        held: Mask = wanted < ends
        return held

    def _keys(self, targets: Codes, instants: Codes) -> Codes:
        """Target after target on one axis."""
        keys: Codes = targets * self._span + np.clip(instants - self._origin + 1, 0, self._span - 1)
        return keys
