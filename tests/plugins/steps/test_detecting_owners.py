"""Passwords tried from many addresses of one owner, through a store with a database of autonomous systems."""

from datetime import timedelta
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from plugins.blocklist.decisions import Decisions
from plugins.steps.detecting import detect
from tests.plugins.blocklist.blocklists import NOON, OPEN
from tests.stores import Site, hit, silent

RULE = """
name = "stuffing"
description = "Failed logins from many addresses of one owner"
severity = "high"
group_by = "owner"
count = "distinct address"
bucket = { capacity = 3, leak = "PT1M" }

[[match]]
methods = ["GET"]
path = ['^/account$']
status = [200]
"""
ONE, OTHER = ("198.51.100.0/24", "203.0.113.0/25"), ("203.0.113.128/25",)


def owned_site(folder: Path) -> Site:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for number, networks in ((64496, ONE), (64497, OTHER)):
        writer.insert_network(IPSet(networks), {"autonomous_system_number": number})
    writer.to_db_file(str(folder / "owners.mmdb"))
    (folder / "rules").mkdir()
    (folder / "rules" / "stuffing.toml").write_text(RULE)
    return Site(folder, NOON, f'{OPEN}\n[places]\nnetwork_data = "owners.mmdb"\nscenarios = "rules"\n')


def test_every_address_that_took_part_is_banned_and_no_other_owners(tmp_path: Path) -> None:
    site = owned_site(tmp_path)
    addresses = ["198.51.100.7", "198.51.100.8", "203.0.113.9", "203.0.113.200", "203.0.113.10", "192.0.2.77"]
    lines = [hit(NOON + timedelta(seconds=n - 60), address, "/account") for n, address in enumerate(addresses)]
    for number, line in enumerate(lines):
        site.write(f"access.log.{number}", line)
        site.ingest()
        detect(site.open(), "operations", silent)
    banned = {one.target for one in Decisions(site.open()).all() if one.scenario == "stuffing"}
    assert banned == {"198.51.100.7", "198.51.100.8", "203.0.113.9", "203.0.113.10"}
    assert detect(site.open(), "operations", silent).new == 0
