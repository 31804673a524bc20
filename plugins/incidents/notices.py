"""That there are incidents, without whom they are about: for who may see no address, and for when their day has closed.

None vanishes unnoticed: its notice stays until somebody has assessed it, at most as long as the audit trail.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from plugins.store.records import SUFFIX, read_record, write_record
from plugins.store.store import Store
from schemas.incidents import Notice

FOLDER: Final = "incidents/"
AWARE: Final = timedelta(hours=72)  # GDPR Art. 33 (1), counted from when we noticed, which is never too late
SOON: Final = timedelta(days=1)
WHERE: Final = "on the page Incidents of Lethe (/lethe/incidents)"


def name_of(incident: str) -> str:
    """Of the record that is its notice, by its handle."""
    return f"{FOLDER}{incident}{SUFFIX}"


def get_notice(store: Store, incident: str) -> Notice | None:
    """That of a handle."""
    return read_record(store.place("state"), name_of(incident), Notice)


def put_notice(store: Store, notice: Notice) -> None:
    write_record(store.place("state"), name_of(notice.incident), notice)


def all_notices(store: Store) -> list[Notice]:
    """Newest first."""
    place = store.place("state")
    found = (read_record(place, name, Notice) for name in list(place.names(FOLDER)))
    return sorted((one for one in found if one), key=lambda one: (one.noticed_at, one.incident), reverse=True)


def unassessed(store: Store) -> list[Notice]:
    """Those that nobody has assessed."""
    return [one for one in all_notices(store) if one.assessed_at is None]


def is_over(store: Store, day: date) -> bool:
    """Whether what incidents of a day rest on can be read no more."""
    return store.marks.get(day) is not None or store.calendar.is_past(day)


def tell_until(notice: Notice) -> datetime:
    """When the authority has to know of a breach, if it is one."""
    return notice.noticed_at + AWARE


def waiting(store: Store) -> Iterator[str]:
    """What nobody has assessed, each in a sentence that says until when."""
    found = unassessed(store)
    ended = [one for one in found if is_over(store, one.day)]
    running = [one for one in found if one not in ended]
    if running:
        until = min(map(tell_until, running))
        yield (
            f"{_many(running)}: an attack may have worked; assess {_them(running)} {WHERE}. If it was a breach of "
            f"personal data, the authority has to know by {store.calendar.words(until)} (GDPR Art. 33)"
        )
    for day in sorted({one.day for one in running if store.calendar.is_due(one.day, SOON)}):
        of_day = [one for one in running if one.day == day]
        yield (
            f"{_many(of_day)} of {day} not assessed yet, and from {store.calendar.words(store.calendar.deadline(day))} "
            f"nobody can read what happened; assess {_them(of_day)} before that, {WHERE}"
        )
    if ended:
        yield f"{_many(ended)} ended with the day unassessed; say what came of {_them(ended)}, {WHERE}"


def end_notices(store: Store, day: date, actor: str) -> None:
    """The day closes: what was assessed is in the audit trail, what was not stays, and is counted there."""
    of_day = [one for one in all_notices(store) if one.day == day]
    left = [one for one in of_day if one.assessed_at is None]
    if left:
        store.audit.append(
            store.clock(),
            actor,
            "incidents closed unassessed",
            once=f"unassessed {day}",
            day=str(day),
            unassessed=len(left),
            incidents=[one.incident for one in left],
        )
    for notice in of_day:
        if notice not in left:
            drop_notice(store, notice)


def drop_notice(store: Store, notice: Notice) -> None:
    store.place("state").remove(name_of(notice.incident))


def _many(notices: list[Notice]) -> str:
    return f"{len(notices)} incident{'' if len(notices) == 1 else 's'}"


def _them(notices: list[Notice]) -> str:
    return "it" if len(notices) == 1 else "them"
