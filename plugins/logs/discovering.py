"""The new bytes of a log: of files that grew, were renamed, copied, truncated, compressed, or appeared."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from glob import glob
from pathlib import Path
from typing import Final

from plugins.logs.fingerprints import EDGE, START, Fingerprints
from plugins.logs.log_file import LogFile, UnfinishedError
from schemas.policy_model import Log
from schemas.receipts import Receipt
from schemas.refusals import EmptyError, RefusedError

Signature = tuple[int, int, int, int]
STILL_WRITTEN: Final = 3600.0  # seconds since the last change


@dataclass(frozen=True)
class Source:
    """A file to go on reading: after `receipt`, or from its beginning where nobody has seen it yet."""

    file: LogFile
    kind: str  # access or error
    receipt: Receipt | None = None

    @property
    def begin(self) -> int:
        return self.receipt.end if self.receipt else 0


@dataclass
class Discovery:
    """What was found in a log: files to read, files that are wholly read, and what is wrong with the others."""

    sources: list[Source] = field(default_factory=list)
    read: dict[str, Signature] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def log_paths(log: Log, base: Path) -> Iterator[tuple[str, Path]]:
    """(access or error, path) of each file of a log, sorted; a path counts once."""
    given: set[Path] = set()
    for kind, patterns in (("access", log.access), ("error", log.error)):
        found = {Path(path) for pattern in patterns for path in glob(str(base / pattern))}  # noqa: PTH207 - patterns may be absolute
        yield from ((kind, path) for path in sorted(found - given))
        given |= found


def discover(
    log: Log, base: Path, known: Sequence[Receipt], prints: Fingerprints, seen: Mapping[str, Signature], now: float
) -> Discovery:
    """Compare the files of a log with the newest receipt of each file that was ever `known`.

    `seen` says which paths had nothing new and how they looked then; `now` is in seconds since 1970.
    """
    result = Discovery()
    claims: dict[str, list[Source]] = {}
    for kind, path in log_paths(log, base):
        with _problems_of(path, result, now):
            file = LogFile(path)
            if seen.get(str(path)) == file.signature:
                result.read[str(path)] = file.signature
                continue
            head = file.read(0, START)
            is_copy, receipt = _recognise(file, head, known, prints)
            if is_copy:
                result.read[str(path)] = file.signature
                continue
            claim = receipt.file if receipt else prints.of_first_line(head)
            claims.setdefault(claim, []).append(Source(file, kind, receipt))
    for claimants in claims.values():
        _settle(claimants, result, now)
    return result


def _recognise(
    file: LogFile, head: bytes, known: Sequence[Receipt], prints: Fingerprints
) -> tuple[bool, Receipt | None]:
    """Whether this is only the beginning of a known file, and else the newest receipt of the file that it is."""
    is_copy = False
    for receipt in sorted(known, key=lambda receipt: -receipt.end):
        if not prints.begins_like(head, receipt.fingerprint):
            continue
        begin = max(0, receipt.end - EDGE)
        tail = file.read(begin, receipt.end)
        if len(tail) < receipt.end - begin:
            is_copy = True
        elif prints.of_tail(tail) == receipt.fingerprint.tail:
            return False, receipt
    return is_copy, None


def _settle(claimants: list[Source], result: Discovery, now: float) -> None:
    """Of files with the same content the longest is read; one that goes on differently is a file of its own."""
    lengths: dict[Path, int] = {}
    for source in claimants:
        with _problems_of(source.file.path, result, now):
            # alone, a compressed file need not be read twice for its length
            lengths[source.file.path] = source.file.length() if len(claimants) > 1 else source.file.size
    chosen: list[Source] = []
    for source in sorted(claimants, key=lambda source: -lengths.get(source.file.path, 0)):
        if source.file.path not in lengths:
            continue
        if any(source.file.is_prefix_of(other.file, source.begin) for other in chosen):
            result.read[str(source.file.path)] = source.file.signature
        else:
            # what follows the same beginning differently was never read
            chosen.append(replace(source, receipt=None) if chosen else source)
    result.sources += chosen


@contextmanager
def _problems_of(path: Path, result: Discovery, now: float) -> Iterator[None]:
    """One file's trouble is no other's: it is told, and the file is looked at again the next time."""
    try:
        yield
    except EmptyError:
        pass
    except UnfinishedError as error:
        (result.waiting if now - path.stat().st_mtime < STILL_WRITTEN else result.problems).append(str(error))
    except RefusedError as error:
        if path.exists():  # else a rotation has just renamed it
            result.problems.append(str(error))
