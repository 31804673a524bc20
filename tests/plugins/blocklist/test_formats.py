"""What each kind of file says of the same bans; tests/consumers has the programs that read them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.blocklist.decisions import Decision
from plugins.blocklist.exporting import EXPIRES, FORMATS
from plugins.blocklist.formats.bans import Ban, bans_of
from plugins.blocklist.formats.firewalls import disjoint
from tests.plugins.pages.conftest import NOW, decision

FIRST = 0xC6336400  # 198.51.100.0
TARGETS = st.builds(
    lambda number, bits: str(ip_network((FIRST | number, bits), strict=False)),
    st.integers(0, 255),
    st.integers(24, 32),
)


def decisions(bans: Mapping[str, float]) -> list[Decision]:
    """Of targets, with minutes until they end."""
    return [
        decision(decision=f"{number:012x}", target=target, until=NOW + timedelta(minutes=length))
        for number, (target, length) in enumerate(bans.items())
    ]


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (
            "nginx",
            ["deny 203.0.113.66; # until 2026-11-20T13:00:00Z", "deny 2001:db8::/64; # until 2026-11-20T14:00:00Z"],
        ),
        (
            "geo",
            [
                "geo $lethe_block {",
                '    default "";',
                '    203.0.113.66 "000000000001 2026-11-20T13:00:00Z";',
                '    2001:db8::/64 "000000000000 2026-11-20T14:00:00Z";',
                "}",
            ],
        ),
        (
            "apache",
            [
                "SetEnvIfExpr \"-R '203.0.113.66'\" lethe_block=000000000001 lethe_until=2026-11-20T13:00:00Z",
                "SetEnvIfExpr \"-R '2001:db8::/64'\" lethe_block=000000000000 lethe_until=2026-11-20T14:00:00Z",
            ],
        ),
        (
            "haproxy",
            [
                "203.0.113.66 000000000001 2026-11-20T13:00:00Z 1795179600",
                "2001:db8::/64 000000000000 2026-11-20T14:00:00Z 1795183200",
            ],
        ),
        (
            "nftables",
            [
                "add table inet lethe",
                "add set inet lethe blocked4 { type ipv4_addr; flags interval, timeout; }",
                "add set inet lethe blocked6 { type ipv6_addr; flags interval, timeout; }",
                "flush set inet lethe blocked4",
                "flush set inet lethe blocked6",
                "add element inet lethe blocked4 "
                '{ 203.0.113.66 timeout 3540s comment "000000000001 2026-11-20T13:00:00Z" }',
                "add element inet lethe blocked6 "
                '{ 2001:db8::/64 timeout 7140s comment "000000000000 2026-11-20T14:00:00Z" }',
            ],
        ),
    ],
)
def test_each_file_says_whom_and_until_when(form: str, lines: list[str]) -> None:
    text = FORMATS[form].write(decisions({"2001:db8::/64": 120, "203.0.113.66": 60}), NOW)
    heading = "# Lethe blocklist: 2 addresses and networks, expires 2026-11-20T13:00:00Z"
    end = f"# end, sha256 {hashlib.sha256(text[: text.index('# end')].encode()).hexdigest()}"
    assert text.splitlines() == [heading, *lines, end]


@pytest.mark.parametrize("form", FORMATS)
def test_every_file_begins_with_count_and_expiry_and_an_empty_one_bans_nobody(form: str) -> None:
    empty = FORMATS[form].write([], NOW)
    assert re.match(r"# Lethe blocklist: 0 .*, expires never\n", empty)
    assert EXPIRES.match(empty.encode())
    assert "203.0.113" not in empty


@pytest.mark.parametrize("form", ["nftables", "ipset"])
def test_a_ban_in_its_last_minute_is_left_to_end(form: str) -> None:
    assert "0 addresses" in FORMATS[form].write(decisions({"203.0.113.66": 1}), NOW)
    assert "timeout 1" in FORMATS[form].write(decisions({"203.0.113.66": 1.02}), NOW)


def test_ipset_has_room_for_every_ban() -> None:
    many = decisions({f"203.{number >> 16}.{number >> 8 & 255}.{number & 255}": 60 for number in range(65537)})
    assert "lethe4-new hash:net family inet timeout 0 comment maxelem 65537 " in FORMATS["ipset"].write(many, NOW)


@settings(deadline=None)
@given(st.dictionaries(TARGETS, st.integers(2, 9), max_size=12))
def test_disjoint_networks_ban_the_same_addresses_as_long(bans: dict[str, float]) -> None:
    wanted = bans_of(decisions(bans), NOW)
    pieces = list(disjoint(wanted))
    for number in range(256):
        address = IPv4Address(FIRST | number)
        assert len(_ends(pieces, address)) <= 1, "no two networks share an address"
        assert max(_ends(pieces, address), default=None) == max(_ends(wanted, address), default=None)


def test_networks_of_both_families_are_cut_apart() -> None:
    cut = [ban.target for ban in disjoint(bans_of(decisions({"2001:db8::/62": 60, "2001:db8::/64": 90}), NOW))]
    assert cut == ["2001:db8:0:1::/64", "2001:db8:0:2::/63", "2001:db8::/64"]
    assert ip_address("2001:db8::1") in ip_network(cut[-1])


def _ends(bans: Sequence[Ban], address: IPv4Address) -> list[datetime]:
    return [ban.until for ban in bans if address in ban.network]
