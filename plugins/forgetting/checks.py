"""The sentences of the promise, put to the test: what the hunt found, and what the store says of itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from plugins.blocklist.exporting import expired_exports
from plugins.forgetting.backed import check_backups
from plugins.forgetting.ended_days import left_in_window
from plugins.forgetting.hunting import (
    AIRFLOW,
    ELSEWHERE,
    OPENED,
    SCRATCH,
    STORE,
    TEMPORARY,
    WITH_A_KEY,
    Hunt,
    raw,
)
from plugins.forgetting.unread import unread_days
from plugins.store.records import AnyRecord, read_record
from plugins.store.reports import newest_first
from plugins.store.store import RIGHTS, Store
from schemas.backups import Purged, Rehearsal
from schemas.forgetting import CanaryState, Check, Original, Result
from schemas.refusals import RefusedError

ROTATED: Final = timedelta(days=2)  # logs are rotated once a day, and deleted by the second look
REHEARSED: Final = timedelta(days=35)  # rehearsals run once a month
PUBLISHED: Final = ("statistics", "visit_log", SCRATCH)


@dataclass(frozen=True)
class Evidence:
    """All that a proof has gathered."""

    store: Store
    hunt: Hunt
    canaries: Sequence[CanaryState]
    originals: Sequence[Original]

    @property
    def now(self) -> datetime:
        return self.store.clock()


def run_checks(evidence: Evidence) -> Iterator[Check]:
    """Each check; one that cannot be made is broken, since nobody knows then."""
    checks: tuple[Callable[[Evidence], Check], ...] = (
        *(_truncation, _window, _exports, _backups, _restore, _originals, _audit, _airflow, _temporary),
    )
    for check in checks:
        name = check.__name__.strip("_")
        try:
            yield check(evidence)
        except RefusedError as error:
            yield Check(check=name, result="broken", sentence=str(error))
        except OSError as error:
            yield Check(check=name, result="broken", sentence=f"{error.filename}: {error.strerror}")


def _truncation(evidence: Evidence) -> Check:
    found = evidence.hunt.count(*PUBLISHED)
    searched = sum(evidence.hunt.objects.get(place, 0) for place in PUBLISHED)
    scratch = evidence.hunt.objects.get(SCRATCH, 0)
    sentence = (
        f"{found} canaries in {searched} tables, which may hold networks only; {scratch} of them are scratch tables of "
        "the canaries' own lines, which count in no published table"
    )
    return Check(check="truncation", result=_result(not found), sentence=sentence)


def _window(evidence: Evidence) -> Check:
    """Of open days too, nothing may lie anywhere that can be read without a key."""
    store, hunt = evidence.store, evidence.hunt
    elsewhere = [raw(root) for root in RIGHTS if root not in PUBLISHED and root != "exports"]
    plain = hunt.count(STORE, *elsewhere, *(one for one in ELSEWHERE if one != "backups"))
    opened = sum(OPENED in one.found for one in evidence.canaries if one.phase != "window")
    keys = store.ended_days_with_keys()
    overdue = [day for day in store.open_days() if store.calendar.is_overdue(day)]
    closing = [day for day in store.marks.days("closing") if store.calendar.is_past(day)]
    left, closed = left_in_window(store), sum(one.phase != "window" for one in evidence.canaries)
    sentence = (
        f"{plain} canaries that can be read without a key, {opened} closed days that can be opened, {len(keys)} ended "
        f"days with a key, {left} objects of ended days, {len({*overdue, *closing})} days overdue; "
        f"canaries of {len(evidence.canaries)} days"
    )
    sentence += f", {closed} of them closed" if closed else "; no canary has been through a close yet"
    deadlines = [store.calendar.deadline(day) for day in store.open_days()]
    is_kept = not (plain or opened or keys or left or overdue or closing)
    return Check(check="window", result=_result(is_kept), sentence=sentence, deadline=min(deadlines, default=None))


def _exports(evidence: Evidence) -> Check:
    expired, found = expired_exports(evidence.store), evidence.hunt.count("exports")
    sentence = f"{len(expired)} exported files have expired and are still there, {found} canaries in exports"
    sentence += "; nobody acts on canaries, so none was on its way there"
    return Check(check="exports", result=_result(not expired and not found), sentence=sentence)


def _backups(evidence: Evidence) -> Check:
    gone = [one.day for one in evidence.canaries if one.phase == "purged"]
    purged = _newest(evidence.store, "purges", Purged)
    return check_backups(evidence.store, evidence.hunt.count("backups", WITH_A_KEY), gone, purged)


def _restore(evidence: Evidence) -> Check:
    rehearsal = _newest(evidence.store, "rehearsals", Rehearsal)
    if not rehearsal:
        return Check(check="restore", result="unknown", sentence="no restore was rehearsed yet; run: lethe rehearse")
    due = rehearsal.at + REHEARSED
    is_kept = not rehearsal.problems and evidence.now < due
    sentence = f"rehearsed {rehearsal.at:%Y-%m-%d} in {rehearsal.seconds:.0f} s, {len(rehearsal.problems)} problems"
    return Check(check="restore", result=_result(is_kept), sentence=sentence, deadline=due)


def _originals(evidence: Evidence) -> Check:
    """A file can be deleted once its newest line is past the window; its oldest one is by then, for a day or two."""
    store = evidence.store
    past = [one for one in evidence.originals if one.is_past and one.oldest]
    ending = [one for one in past if one.after_window == "delete" and _ends_soon(evidence, one)]
    unread = unread_days(store, tuple(evidence.originals))
    stale = sum(store.calendar.is_past(day) for day in unread)
    empty = {log.name for log in store.policy.logs} - {one.log for one in evidence.originals}
    oldest = min((one.oldest for one in past if one.oldest), default=None)
    sentence = f"{len(past)} of {len(evidence.originals)} original log files hold lines past the window"
    sentence += f", the oldest of {oldest}" if oldest else ""
    sentence += f"; {len(ending)} of them are deleted when their newest line is, too" if ending else ""
    sentence += f"; {len(unread)} cannot be read, {stale} of them written last before the window" if unread else ""
    sentence += f"; {len(empty)} logs have no file, so look at their paths in the policy" if empty else ""
    days = [one.oldest for one in evidence.originals if one.oldest and not one.is_past]
    deadline = store.calendar.deadline(min(days)) if days else None
    result: Result = "broken" if len(past) > len(ending) or stale else "unknown" if unread or empty else "kept"
    return Check(check="originals", result=result, sentence=sentence, deadline=deadline)


def _ends_soon(evidence: Evidence, original: Original) -> bool:
    calendar = evidence.store.calendar
    return original.oldest is not None and evidence.now < calendar.deadline(original.oldest) + ROTATED


def _audit(evidence: Evidence) -> Check:
    found = evidence.store.audit.verify()
    return Check(check="audit", result="kept", sentence=f"{found.entries} entries in {found.days} files, as written")


def _airflow(evidence: Evidence) -> Check:
    hunt = evidence.hunt
    searched = [place for place in AIRFLOW if place in hunt.objects]
    if not searched:
        return Check(check="airflow", result="unknown", sentence="Airflow is not here, so nothing of it was searched")
    found, size = hunt.count(*AIRFLOW), sum(hunt.bytes[place] for place in searched)
    sentence = f"{found} canaries in {size / 1e6:,.1f} MB of Airflow's {' and '.join(searched).replace('airflow ', '')}"
    is_whole = all(hunt.bytes.get(place) for place in AIRFLOW)
    sentence += "" if is_whole else "; one of database and logs is empty or not here, so nobody knows"
    result: Result = "broken" if found else "kept" if is_whole else "unknown"
    return Check(check="airflow", result=result, sentence=sentence)


def _temporary(evidence: Evidence) -> Check:
    found, files = evidence.hunt.count(TEMPORARY), evidence.hunt.objects.get(TEMPORARY, 0)
    return Check(check="temporary", result=_result(not found), sentence=f"{found} canaries in {files} temporary files")


def _newest(store: Store, folder: str, kind: type[AnyRecord]) -> AnyRecord | None:
    """The newest report of a kind."""
    name = next(newest_first(store.place("reports"), folder), None)
    return read_record(store.place("reports"), name, kind) if name else None


def _result(is_kept: bool) -> Result:
    return "kept" if is_kept else "broken"
