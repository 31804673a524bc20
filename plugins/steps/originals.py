"""Original log files, which Lethe does not write: how old their lines are, and their end where the policy says so."""

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pyarrow.compute as pc

from plugins.logs.discovering import Signature, log_paths, recognise
from plugins.logs.fingerprints import START, Fingerprints
from plugins.logs.log_file import LogFile
from plugins.logs.reading import instants, read_sample
from plugins.store.records import read_record, write_record
from plugins.store.store import Store, Tell
from schemas.forgetting import Original
from schemas.policy_model import Log
from schemas.receipts import Receipt, Record
from schemas.refusals import EmptyError, RefusedError

ASIDE: Final = ".lethe-"
LOOKED_AT: Final = "originals.json"
TO_ITS_END: Final = timedelta(minutes=59, seconds=59)  # receipts keep the hour of their newest line only
# What rotation adds to a name: .1 and -20261128, also before the ending; what is left names the file's siblings.
ROTATED: Final = re.compile(r"[._-]?[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[._T-]?[0-9]{2,6})?(?![0-9])|\.[0-9]+(?=\.gz\Z|\Z)")


class LookedAt(Record):
    """How each file looked that might be deleted by the next run, if it still looks so then."""

    files: dict[str, Signature]


def list_originals(store: Store) -> list[Original]:
    """Each file of each log with the day of its oldest readable line, the worst first."""
    found = []
    for log in store.policy.logs:
        for kind, path in log_paths(log, store.base):
            oldest = oldest_day(store, log, kind, path)
            is_past = oldest is not None and store.calendar.is_past(oldest)
            found.append(
                Original(log=log.name, path=str(path), oldest=oldest, is_past=is_past, after_window=log.after_window)
            )
    return sorted(found, key=lambda one: (one.oldest or date.max, one.path))


def oldest_day(store: Store, log: Log, kind: str, path: Path) -> date | None:
    """Of the lines at the file's beginning; None where none can be read."""
    parsed = read_sample(path, kind, log, datetime.now(UTC))
    oldest = min((moment for column in instants(parsed) if (moment := pc.min(column).as_py())), default=None)
    return oldest.astimezone(store.calendar.zone).date() if oldest else None


def delete_originals(store: Store, actor: str, tell: Tell) -> list[str]:
    """Delete the files of logs with `after_window = "delete"` that look as they did in the run before; what failed.

    Only what was read to its last byte, and past the window with its newest line. A replay deletes nothing. The clock
    is believed.
    """
    logs = [log for log in store.policy.logs if log.after_window == "delete" and not store.is_replay]
    before = read_record(store.place("state"), LOOKED_AT, LookedAt)
    if not logs:
        return []
    known = before.files if before else {}
    left: dict[str, Signature] = {}
    problems: list[str] = []
    for log in logs:
        deleted = 0
        try:
            for file in _candidates(store, log):
                if known.get(str(file.path)) == file.signature and _delete(file):
                    deleted += 1
                else:
                    left[str(file.path)] = file.signature
        except (OSError, RefusedError) as error:
            what = error.strerror if isinstance(error, OSError) else error
            problems.append(f"{log.name}: original files past the window are not deleted: {what}")
        if deleted:
            tell(f"{log.name}: {deleted} original files deleted")
            store.audit.append(store.clock(), actor, "delete originals", log=log.name, files=deleted)
    write_record(store.place("state"), LOOKED_AT, LookedAt(files=left))
    return problems


def _candidates(store: Store, log: Log) -> Iterator[LogFile]:
    known = store.receipts.newest(log.name)
    if not known:
        return
    prints = Fingerprints(store.keys.store_key(may_make=False), log.name)
    paths = [path for _, path in log_paths(log, store.base)]
    _bring_back_left(paths)
    for path in paths:
        with suppress(EmptyError, RefusedError):  # a file that cannot be read is told of by the ingest
            file = LogFile(path)
            if _may_be_written(path, file, paths) or _has_other_names(path):
                continue
            receipt, _ = recognise(file, file.read(0, START), known, prints)
            if receipt and file.length() == receipt.end and _is_past(store, receipt):
                yield file


def _is_past(store: Store, receipt: Receipt) -> bool:
    """Whether the newest of all its lines is past the window, and its day is closed."""
    shards = store.receipts.shards(f"{receipt.log}/{receipt.file}/")
    newest = [one.newest for shard in shards if (one := store.receipts.get(shard)) and one.newest]
    is_whole = shards[0].begin == 0 and all(one.end == following.begin for one, following in pairwise(shards))
    if not newest or not is_whole:
        return False
    day = (max(newest) + TO_ITS_END).astimezone(store.calendar.zone).date()
    return store.calendar.is_past(day) and day not in store.open_days()


def _may_be_written(path: Path, file: LogFile, paths: Sequence[Path]) -> bool:
    """However long it was quiet: a file that was not rotated, or the youngest of a family, may be the server's."""
    if file.is_compressed:
        return False
    siblings = [other for other in paths if _family(other) == _family(path) and other != path]
    return path.name == _family(path)[1] or not any(_changed(other) > file.changed_at for other in siblings)


def _family(path: Path) -> tuple[Path, str]:
    """What a file and those that it was rotated to have in common."""
    return path.parent, ROTATED.sub("", path.name.removesuffix(".gz"))


def _changed(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _has_other_names(path: Path) -> bool:
    """What is linked elsewhere is there for somebody else, and would stay there."""
    return path.is_symlink() or path.lstat().st_nlink > 1


def _delete(file: LogFile) -> bool:
    """Unlink the file, if it still is the one that was looked at.

    It is renamed first: between a look and an unlink a rotation may put another file under that name.
    """
    path = file.path
    aside = path.with_name(f"{ASIDE}{secrets.token_hex(8)}-{path.name}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return False
    found = aside.lstat()
    if (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) != file.signature or found.st_nlink > 1:
        _put_back(aside, path)
        return False
    aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _bring_back_left(paths: Sequence[Path]) -> None:
    """What a killed run had renamed has its name again; the next run decides anew."""
    for folder in {path.parent for path in paths}:
        for aside in folder.glob(f"{ASIDE}*"):
            _put_back(aside, folder / aside.name.removeprefix(ASIDE).partition("-")[2])


def _put_back(aside: Path, path: Path) -> None:
    """Under its old name, unless another file has it by now: then under one that the log's paths fit all the same."""
    try:
        os.link(aside, path)
    except FileExistsError:
        aside.rename(path.with_name(f"{path.name}.{secrets.token_hex(4)}"))
    else:
        aside.unlink()
