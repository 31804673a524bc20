"""Original log files of which no line can be read: when they were written last is all that is known of them."""

from contextlib import suppress
from datetime import date, datetime

from plugins.logs.finding import find_file
from plugins.logs.local import Local
from plugins.logs.log_file import LogFile
from plugins.logs.origins import ExchangedError, Origin, OutOfReachError
from plugins.store.store import Store
from schemas.forgetting import Original
from schemas.refusals import EmptyError, RefusedError


def unread_days(store: Store, originals: tuple[Original, ...]) -> list[date]:
    """The day on which something was written last to each file that holds something nobody can read."""
    found = []
    for one in originals:
        origin = find_file(one.path)
        with suppress(FileNotFoundError, ExchangedError):
            if one.oldest is None and _holds_something(origin):
                found.append(datetime.fromtimestamp(_changed_at(origin, store), store.calendar.zone).date())
    return found


def _changed_at(origin: Origin, store: Store) -> float:
    """Also of a file that may not be opened; what is out of reach may have been written to just now."""
    try:
        return origin.path.stat().st_mtime if isinstance(origin, Local) else origin.look().changed_at
    except OutOfReachError:
        return store.clock().timestamp()


def _holds_something(origin: Origin) -> bool:
    """Also what cannot be opened may."""
    try:
        return bool(LogFile(origin).read(0, 1))
    except EmptyError:
        return False
    except (RefusedError, OSError):
        return True
