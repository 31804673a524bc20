"""Reports, backups and days as a site has them that was proven."""

from datetime import datetime, timedelta
from typing import Any

from plugins.backups.target import Target
from plugins.store.records import write_record
from schemas.backups import Backed, Manifest, Purged, Rehearsal
from schemas.forgetting import CanaryState, Check, ForgettingReport, Original, Searched
from schemas.notice import CHECKS
from schemas.receipts import Record
from tests.stores import Site

A_DAY = timedelta(days=1)


def report(at: datetime, **other: Any) -> ForgettingReport:
    """A good proof; a test overrides what it is about."""
    checks = [
        Check(check=name, result="kept", sentence=f"{name} was looked at", deadline=at + 7 * A_DAY)
        for name in CHECKS
        if name not in ("keep", "cookies")
    ]
    usual: dict[str, Any] = {
        "at": at,
        "token": "0123456789abcdef",
        "is_valid": True,
        "problems": (),
        "checks": tuple(checks),
        "canaries": (
            CanaryState(day=at.date(), phase="window", found=("window",)),
            CanaryState(day=at.date() - 14 * A_DAY, phase="closed", found=()),
            CanaryState(day=at.date() - 42 * A_DAY, phase="purged", found=()),
        ),
        "searched": (
            Searched(place="store", objects=4321, bytes=987_654_321, is_proven=True),
            Searched(place="backups", objects=1234, bytes=123_456_789, is_proven=True),
        ),
        "originals": (
            Original(
                log="www",
                path="/var/log/nginx/access.log",
                oldest=at.date() - 2 * A_DAY,
                is_past=False,
                after_window="report",
            ),
        ),
        "seconds": 12.5,
    }
    return ForgettingReport.model_validate(usual | other)


def put(site: Site, folder: str, at: datetime, record: Record) -> None:
    write_record(site.open().place("reports"), f"{folder}/{at:%Y-%m-%dT%H%M%SZ}.json", record)


def prove(site: Site, at: datetime, **other: Any) -> ForgettingReport:
    made = report(at, **other)
    put(site, "forgetting", at, made)
    return made


def back_up(site: Site, at: datetime, **other: Any) -> None:
    """A manifest, without the blobs, which nobody here asks for."""
    objects = {f"statistics/days/{number}": Backed(digest=f"{number:064x}", size=1_500_000) for number in range(40)}
    usual = {"token": "0f" * 8, "taken_at": at, "policy_version": "x", "lines": 7, "objects": objects}
    Target(site.open().place("backups")).put_manifest(Manifest.model_validate(usual | other))


def prove_for_weeks(site: Site) -> None:
    """A site where all is well: a proof each week, a backup each day, a rehearsal and a purge."""
    for week in range(6, 0, -1):
        prove(site, site.now - week * 7 * A_DAY + 2 * A_DAY)
    for days in range(26):
        back_up(site, site.now - days * A_DAY - timedelta(hours=3))
    at = site.now - 3 * A_DAY
    put(site, "rehearsals", at, Rehearsal(at=at, taken_at=at, objects=4321, bytes=9, seconds=41.5, problems=()))
    at = site.now - timedelta(hours=2)
    put(site, "purges", at, Purged(at=at, manifests=1, blobs=12, traces=13, left=47, oldest=at - 26 * A_DAY))
