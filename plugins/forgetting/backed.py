"""Whether backups forget: no version of one is too old, nothing of a day that had to go is left, and purges run."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from plugins.forgetting.ended_days import left_in_backups, manifest_versions, unnamed_blobs
from plugins.store.store import Store
from schemas.backups import Manifest, Purged
from schemas.forgetting import Check, Result

A_DAY: Final = timedelta(days=1)  # purges run once a day
PURGED: Final = timedelta(days=2)  # one of them may fail


def check_backups(store: Store, found: int, gone: Sequence[date], purged: Purged | None) -> Check:
    """`found`: canaries in them; `gone`: the days of which nothing may be left; `purged`: the newest purge.

    A backup may be a day past its time, until the next purge; longer than a month none lives.
    """
    now = store.clock()
    versions = list(manifest_versions(store.place("backups")))
    manifests = [one for one in versions if one]
    ends = [store.calendar.backup_ends(one.taken_at) for one in manifests if not one.is_thinned]
    old, damaged = sum(now >= end + A_DAY for end in ends), len(versions) - len(manifests)
    left, unnamed = left_in_backups(store, gone), unnamed_blobs(store)
    lasting = sum(_outlived(since, purged, now) for since in unnamed.values())
    doubts = _doubts(manifests, purged, now, has_unnamed=bool(unnamed))
    parts = [
        f"{len(manifests)} backups, {old} of them too old; {found} canaries in them",
        f"{left} objects left of {len(gone)} days that had to be purged" if gone else "no canary had to be purged yet",
        f"last purge {purged.at:%Y-%m-%d}" if purged else "last purge never",
        *([f"{damaged} backups cannot be read"] if damaged else []),
        *([f"{len(unnamed)} objects of no backup, {lasting} of them for too long"] if unnamed else []),
        *doubts,
    ]
    result: Result = "broken" if old or left or found or damaged or lasting else "unknown" if doubts else "kept"
    return Check(check="backups", result=result, sentence="; ".join(parts), deadline=min(ends, default=None))


def _doubts(manifests: Sequence[Manifest], purged: Purged | None, now: datetime, has_unnamed: bool) -> list[str]:
    """Why nobody knows whether backups forget, and what to do."""
    found = [] if manifests else ["there is no backup; run: lethe back-up"]
    needs_purge = any(one.taken_at + A_DAY <= now for one in manifests)
    if has_unnamed or (needs_purge and not (purged and now - purged.at <= PURGED)):
        found.append("a purge is missing; run: lethe purge")
    return found


def _outlived(since: datetime, purged: Purged | None, now: datetime) -> bool:
    """Whether what a proof has seen since then is something that a purge left, or should have removed."""
    return bool(purged and purged.at > since) or now - since > PURGED
