"""What anybody can see of the promise right now, without a proof: what should have ended and is still there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from plugins.backups.target import DamagedBackupError, Target, instant_of
from plugins.blocklist.exporting import expired_exports
from plugins.steps.expiring import ended
from plugins.steps.watching import Watch, listed_days
from plugins.store.store import Store
from schemas.refusals import RefusedError
from transforms.notice.ready import cookie_logs

A_DAY: Final = timedelta(days=1)  # the purge runs once a day
HOURS: Final = timedelta(hours=3)  # of hourly runs, two may fail or be late
MOST: Final = 500
_sizes: dict[str, tuple[int, int, bool]] = {}  # by manifest and whether it has ended: objects, bytes, is thinned


@dataclass(frozen=True)
class Backed:
    """A backup: `ends` is when the promise says that it is gone; a thinned one has lost all that is of persons."""

    taken_at: datetime
    ends: datetime
    objects: int
    bytes: int
    is_thinned: bool
    is_overdue: bool


def troubles_now(store: Store, watch: Watch, backups: list[Backed]) -> dict[str, list[str]]:
    """By the id of a check, what is wrong at this moment, in counts and days; a check that is not here is not seen."""
    checks: dict[str, Callable[[], Iterator[str]]] = {
        "window": lambda: _days(store, watch),
        "keep": lambda: _kept_too_long(store),
        "exports": lambda: _exports(store),
        "backups": lambda: _backups(backups),
        "cookies": lambda: (f"the format of the log {name} holds a cookie" for name in cookie_logs(store.policy)),
    }
    return {check: _told(look) for check, look in checks.items()}


def find_backups(store: Store) -> list[Backed]:
    """All that lie in their place, newest first; a manifest that cannot be read has no size."""
    target, now = Target(store.place("backups")), store.clock()
    found = []
    for name in reversed(target.manifests()):
        taken_at = instant_of(name)
        ends = store.calendar.backup_ends(taken_at)
        objects, size, is_thinned = _size(target, name, now >= ends)
        found.append(Backed(taken_at, ends, objects, size, is_thinned, not is_thinned and now >= ends + A_DAY))
    return found


def _size(target: Target, name: str, has_ended: bool) -> tuple[int, int, bool]:
    """A manifest is never written in place, unless it is thinned when it has ended; so until then it is read once."""
    key = f"{target.place.where} {name} {has_ended}"
    if key not in _sizes:
        try:
            manifest = target.manifest(name)
        except DamagedBackupError:
            return 0, 0, False
        size = sum(one.size for one in manifest.objects.values())
        found = len(manifest.objects), size, manifest.is_thinned
        if has_ended and not manifest.is_thinned:
            return found
        if len(_sizes) > MOST:
            _sizes.clear()
        _sizes[key] = found
    return _sizes[key]


def _days(store: Store, watch: Watch) -> Iterator[str]:
    if late := watch.unclosed:
        yield f"{listed_days(late)} should be closed; run: lethe close --overdue"
    if keys := sorted(store.keys.days().intersection(store.marks.days("closed"))):
        yield f"a key of {listed_days(keys)}, which is closed, is there; run: lethe close --overdue"


def _kept_too_long(store: Store) -> Iterator[str]:
    if old := sum(1 for _ in ended(store, HOURS)):
        yield f"{old:,} objects are past what [keep] says; run close_days, or: lethe close --overdue"


def _exports(store: Store) -> Iterator[str]:
    if expired := len(expired_exports(store)):
        yield f"{expired} exports of the blocklist have expired and are still there; run: lethe detect"


def _backups(backups: list[Backed]) -> Iterator[str]:
    if overdue := [one for one in backups if one.is_overdue]:
        yield f"{len(overdue)} backups are past their end; run purge_backups, or: lethe purge"


def _told(look: Callable[[], Iterator[str]]) -> list[str]:
    try:
        return list(look())
    except RefusedError as error:
        return [str(error)]
    except OSError as error:
        return [f"a place does not answer: {error.strerror or type(error).__name__}"]
