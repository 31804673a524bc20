"""Real sets of nftables and ipset, each in a network of its own: loaded again and again, and ended by the kernel."""

import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.blocklist.decisions import Decision
from plugins.blocklist.formats.firewalls import write_ipset, write_nftables
from tests.consumers.conftest import NAMESPACE, needed, run
from tests.plugins.pages.conftest import NOW, decision

BANS = {
    "203.0.113.66": 70,
    "198.51.100.0/24": 60,
    "198.51.100.5": 120,
    "198.51.100.7": 30,
    "198.51.0.0/16": 90,
    "2001:db8::/64": 60,
    "2001:db8::/48": 50,
}
UNSHARED = pytest.mark.skipif(
    subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0,
    reason="needs the right to a network namespace of its own",
)


def decisions(bans: Mapping[str, float] = BANS) -> list[Decision]:
    """Of targets, with minutes until they end."""
    ends = [(target, NOW + timedelta(minutes=length)) for target, length in bans.items()]
    return [decision(number, target=target, until=until) for number, (target, until) in enumerate(ends)]


def sets(tmp_path: Path, kind: str, *steps: str) -> str:
    """Files that were written, and commands of a shell on them, in one new network."""
    (tmp_path / "full").write_text((write_nftables if kind == "nft" else write_ipset)(decisions(), NOW))
    (tmp_path / "empty").write_text((write_nftables if kind == "nft" else write_ipset)([], NOW))
    short = decisions({"203.0.113.66": 1 + 2.5 / 60, "2001:db8::/64": 60})
    (tmp_path / "short").write_text((write_nftables if kind == "nft" else write_ipset)(short, NOW))
    return run("sh", "-c", f"set -e; cd {tmp_path}; " + "; ".join(steps), within=NAMESPACE)


@UNSHARED
@needed("nft")
def test_nftables_loads_the_sets_again_and_again_and_ends_each_ban(tmp_path: Path) -> None:
    load = "nft -c -f full && nft -f full"
    found = "nft get element inet lethe blocked"
    missing = f"! {found}"
    hits = [f'{found}4 "{{ {one} }}"' for one in ("203.0.113.66", "198.51.100.5", "198.51.100.9", "198.51.7.7")]
    others = [f'{missing}4 "{{ {one} }}"' for one in ("203.0.113.67", "198.52.0.1")]
    sixes = [f'{found}6 "{{ 2001:db8::7 }}"', f'{missing}6 "{{ 2001:db9::7 }}"']
    said = sets(tmp_path, "nft", load, load, *hits, *others, *sixes, "nft list set inet lethe blocked4")
    assert "timeout 1h59m" in said, "a minute shorter, for whoever loads it a minute later"
    sets(tmp_path, "nft", load, "nft -f empty", *(one.replace(found, missing) for one in hits), "nft -f full", *hits)
    one = f'{found}4 "{{ 203.0.113.66 }}"'
    sets(tmp_path, "nft", "nft -f short", one, "sleep 3", f"! {one}", f'{found}6 "{{ 2001:db8::7 }}"')


@UNSHARED
@needed("nft", "ip")
def test_a_rule_with_the_sets_drops_the_banned_and_no_others(tmp_path: Path) -> None:
    """The rule of docs/blocklist-consumers.md, loaded before or after the sets."""
    (tmp_path / "rule").write_text(
        "table inet lethe {\n"
        "    set blocked4 { type ipv4_addr; flags interval, timeout; }\n"
        "    set blocked6 { type ipv6_addr; flags interval, timeout; }\n"
        "    chain input {\n"
        "        type filter hook input priority -10; policy accept;\n"
        "        ip saddr @blocked4 drop\n"
        "        ip6 saddr @blocked6 drop\n"
        "    }\n"
        "}\n"
    )
    up = ["ip link set lo up", "ip address add 203.0.113.66/32 dev lo", "ip address add 203.0.113.67/32 dev lo"]
    reaches = (
        'python3 -c \'import socket, sys; server = socket.create_server(("127.0.0.1", 8081)); '
        'socket.create_connection(("127.0.0.1", 8081), 1, (sys.argv[1], 0))\' '
    )
    for order in (["nft -f rule", "nft -f full"], ["nft -f full", "nft -f rule", "nft -f full"]):
        sets(tmp_path, "nft", *up, *order, f"{reaches} 203.0.113.67", f"! {reaches} 203.0.113.66 2>/dev/null")


@UNSHARED
@needed("ipset")
def test_ipset_swaps_the_sets_again_and_again_and_ends_each_ban(tmp_path: Path) -> None:
    load = "ipset restore -f full"
    hits = [f"ipset test lethe4 {one}" for one in ("203.0.113.66", "198.51.100.5", "198.51.100.9", "198.51.7.7")]
    others = ["! ipset test lethe4 203.0.113.67", "ipset test lethe6 2001:db8::7", "! ipset test lethe6 2001:db9::7"]
    said = sets(tmp_path, "ipset", load, load, *hits, *others, "ipset list -n")
    assert "lethe4\nlethe6\n" in said
    assert "-new" not in said, "nothing is left of the swap"
    sets(tmp_path, "ipset", load, "ipset restore -f empty", *(f"! {one}" for one in hits), load, *hits)
    one = "ipset test lethe4 203.0.113.66"
    sets(tmp_path, "ipset", "ipset restore -f short", one, "sleep 3", f"! {one}", "ipset test lethe6 2001:db8::7")
