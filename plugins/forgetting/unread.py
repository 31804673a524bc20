"""Original log files of which no line can be read: when they were written last is all that is known of them."""

from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from plugins.logs.log_file import LogFile
from plugins.store.store import Store
from schemas.forgetting import Original
from schemas.refusals import EmptyError, RefusedError


def unread_days(store: Store, originals: tuple[Original, ...]) -> list[date]:
    """The day on which something was written last to each file that holds something nobody can read."""
    found = []
    for one in originals:
        with suppress(FileNotFoundError):
            if one.oldest is None and _holds_something(Path(one.path)):
                changed_at = Path(one.path).stat().st_mtime
                found.append(datetime.fromtimestamp(changed_at, store.calendar.zone).date())
    return found


def _holds_something(path: Path) -> bool:
    """Also what cannot be opened may."""
    try:
        return bool(LogFile(path).read(0, 1))
    except EmptyError:
        return False
    except (RefusedError, OSError):
        return True
