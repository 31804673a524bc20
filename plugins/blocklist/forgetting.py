"""Which decisions an erasure leaves."""

from collections.abc import Collection, Iterable

from plugins.blocklist.decisions import Decision
from transforms.anonymising.addresses import Address
from transforms.anonymising.mentions import mentions
from transforms.detection.targets import stands_for


def staying(decisions: Iterable[Decision], addresses: Collection[Address]) -> list[Decision]:
    """Those that are neither on one of these addresses (IPv4 where they stand for one) nor mention one.

    An IPv6 /64 stands for the subscriber, so it goes with each address in it. A wider network is of many people: the
    decision on it says nothing about one of them once that one's lines are gone, and it stays.
    """
    return [
        one
        for one in decisions
        if not any(stands_for(one.target, address) for address in addresses)
        and not any(mentions([one.reason, one.lift_reason], addresses))
    ]
