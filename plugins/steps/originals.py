"""Original log files, which Lethe does not write: how old their lines are, and their end where the policy says so."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pyarrow.compute as pc

from plugins.logs.discovering import recognise
from plugins.logs.finding import find_files, left_aside
from plugins.logs.fingerprints import START, Fingerprints
from plugins.logs.log_file import LogFile
from plugins.logs.origins import Origin, Signature
from plugins.logs.reading import instants, read_sample
from plugins.logs.rotation import is_rotated
from plugins.store.records import read_record, write_record
from plugins.store.store import Store, Tell
from schemas.forgetting import Original
from schemas.policy_model import Log
from schemas.receipts import Receipt, Record
from schemas.refusals import EmptyError, RefusedError

LOOKED_AT: Final = "originals.json"
TO_ITS_END: Final = timedelta(minutes=59, seconds=59)  # receipts keep the hour of their newest line only


class LookedAt(Record):
    """How each file looked that might be deleted by the next run, if it still looks so then."""

    files: dict[str, Signature]


@dataclass(frozen=True)
class Look:
    """What is known at one moment: the logs that read each file, by whatever path; what each of them has read."""

    readers: Mapping[tuple[int, int], Sequence[Log]]  # by what stays the same of a file's signature
    known: Mapping[str, Sequence[Receipt]]


def list_originals(store: Store) -> list[Original]:
    """Each file of each log with the day of its oldest readable line, the worst first; also what a kill left aside.

    Patterns that are out of reach are listed too, as what nobody can read.
    """
    found = []
    for log in store.policy.logs:
        unreached: dict[str, str] = {}
        for kind, origin in (*find_files(log, store.base, unreached), *left_aside(log, store.base)):
            found.append(_original(store, log, origin.name, oldest_day(store, log, kind, origin)))
        found += [_original(store, log, pattern, None) for pattern in unreached]
    return sorted(found, key=lambda one: (one.oldest or date.max, one.path))


def _original(store: Store, log: Log, name: str, oldest: date | None) -> Original:
    is_past = oldest is not None and store.calendar.is_past(oldest)
    return Original(log=log.name, path=name, oldest=oldest, is_past=is_past, after_window=log.after_window)


def oldest_day(store: Store, log: Log, kind: str, origin: Origin) -> date | None:
    """Of the lines at the file's beginning; None where none can be read."""
    parsed = read_sample(origin, kind, log, datetime.now(UTC))
    oldest = min((moment for column in instants(parsed) if (moment := pc.min(column).as_py())), default=None)
    return oldest.astimezone(store.calendar.zone).date() if oldest else None


def delete_originals(store: Store, actor: str, tell: Tell) -> list[str]:
    """Delete the files of logs with `after_window = "delete"` that look as they did in the run before; what failed.

    Only what every log that reads it has read to its last byte and lets go, what was rotated and is held by no writer,
    and is past the window with its newest line. A replay deletes nothing. The clock is believed.
    """
    if store.is_replay:
        return []
    problems = [problem for log in store.policy.logs if (problem := _bring_back_left(log, store.base))]
    logs = [log for log in store.policy.logs if log.after_window == "delete"]
    if not logs:
        return problems
    before = read_record(store.place("state"), LOOKED_AT, LookedAt)
    seen = before.files if before else {}
    left: dict[str, Signature] = {}
    known = {log.name: store.receipts.newest(log.name) for log in logs}
    look = Look(_readers(store), known)
    for log in logs:
        deleted = 0
        try:
            for file in _candidates(store, log, look):
                if seen.get(file.name) == file.signature and file.remove():
                    deleted += 1
                else:
                    left[file.name] = file.signature
        except (OSError, RefusedError) as error:
            problems.append(_problem(log, error))
        if deleted:
            tell(f"{log.name}: {deleted} original files deleted")
            store.audit.append(store.clock(), actor, "delete originals", log=log.name, files=deleted)
    write_record(store.place("state"), LOOKED_AT, LookedAt(files=left))
    return problems


def _problem(log: Log, error: OSError | RefusedError) -> str:
    what = error.strerror if isinstance(error, OSError) else error
    return f"{log.name}: original files past the window are not deleted: {what}"


def _candidates(store: Store, log: Log, look: Look) -> Iterator[LogFile]:
    for _, origin in find_files(log, store.base):
        with suppress(EmptyError, RefusedError):  # a file that cannot be read is told of by the ingest
            file = LogFile(origin)
            readers = look.readers.get(file.signature[:2], ())
            if log not in readers or not _is_day_past(store, file.changed_at) or not is_rotated(file):
                continue
            if all(_lets_go(store, one, file, look) for one in readers) and origin.is_free():
                yield file


def _readers(store: Store) -> dict[tuple[int, int], list[Log]]:
    """The logs that read a file, whatever path each of them knows it by."""
    found: dict[tuple[int, int], list[Log]] = {}
    for log in store.policy.logs:
        for _, origin in find_files(log, store.base):
            with suppress(RefusedError):
                found.setdefault(origin.look().signature[:2], []).append(log)
    return found


def _lets_go(store: Store, log: Log, file: LogFile, look: Look) -> bool:
    """Whether a log has its whole content, and its policy says so."""
    known = look.known.get(log.name)
    if log.after_window != "delete" or not known:
        return False
    prints = Fingerprints(store.keys.store_key(may_make=False), log.name)
    receipt, _ = recognise(file, file.read(0, START), known, prints)
    return receipt is not None and file.length() == receipt.end and _is_past(store, receipt)


def _is_past(store: Store, receipt: Receipt) -> bool:
    """Whether all its lines are in statistics, and the newest of them is past the window, its day closed.

    A line that could not be read may be as young as the day on which it was not.
    """
    shards = store.receipts.shards(f"{receipt.log}/{receipt.file}/")
    is_whole = shards[0].begin == 0 and all(one.end == following.begin for one, following in pairwise(shards))
    receipts = [one for shard in shards if (one := store.receipts.get(shard))]
    if not is_whole or len(receipts) < len(shards) or any(one.counts.late for one in receipts):
        return False
    days = [(one.newest + TO_ITS_END).astimezone(store.calendar.zone).date() for one in receipts if one.newest]
    days += [one.read_on for one in receipts if one.counts.quarantine]
    return bool(days) and store.calendar.is_past(max(days)) and max(days) not in store.open_days()


def _is_day_past(store: Store, moment: float) -> bool:
    return store.calendar.is_past(datetime.fromtimestamp(moment, store.calendar.zone).date())


def _bring_back_left(log: Log, base: Path) -> str | None:
    """What a killed run had renamed has its name again; the next run decides anew. What failed."""
    try:
        for _, origin in left_aside(log, base):
            with suppress(FileNotFoundError):  # two patterns may fit it
                origin.put_back()
    except (OSError, RefusedError) as error:
        return _problem(log, error)
    return None
