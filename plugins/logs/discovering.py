"""The new bytes of a log: of files that grew, were renamed, copied, truncated, compressed, or appeared."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from plugins.logs.finding import find_files
from plugins.logs.fingerprints import EDGE, START, Fingerprints
from plugins.logs.local import Local
from plugins.logs.log_file import LogFile
from plugins.logs.origins import ExchangedError, Origin, OutOfReachError, Signature, UnfinishedError
from schemas.policy_model import Log
from schemas.receipts import Fingerprint, Receipt
from schemas.refusals import EmptyError, RefusedError

STILL_WRITTEN: Final = 3600.0  # seconds since the last change


@dataclass(frozen=True)
class Source:
    """A file to go on reading: after `receipt`, or from its beginning where nobody has seen it yet.

    `beginning` is how its first bytes looked when it was found.
    """

    file: LogFile
    kind: str  # access or error
    receipt: Receipt | None = None
    beginning: Fingerprint | None = None

    @property
    def begin(self) -> int:
        return self.receipt.end if self.receipt else 0


@dataclass
class Discovery:
    """What was found in a log: files to read, files that are wholly read, and what is wrong with the others.

    `is_empty`: no file fits its paths, as far as these can be reached.
    """

    sources: list[Source] = field(default_factory=list)
    read: dict[str, Signature] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    is_empty: bool = False


def discover(
    log: Log, base: Path, known: Sequence[Receipt], prints: Fingerprints, seen: Mapping[str, Signature], now: float
) -> Discovery:
    """Compare the files of a log with the newest receipt of each file that was ever `known`.

    `seen` says which files had nothing new and how they looked then; `now` is in seconds since 1970.
    """
    result = Discovery()
    claims: dict[str, list[Source]] = {}
    unreached: dict[str, str] = {}
    found = find_files(log, base, unreached)
    result.problems += unreached.values()
    result.is_empty = not found and not unreached
    if unreached:  # it may hold more of old days, which can be imported only once
        result.waiting.append(f"old days are not imported while files of {log.name} are out of reach")
    origins = [origin for _, origin in found]
    for kind, origin in found:
        with problems_of(origin, result, now):
            file = LogFile(origin)
            if seen.get(file.name) == file.signature:
                result.read[file.name] = file.signature
                continue
            head = file.read(0, START)
            receipt, longer = recognise(file, head, known, prints)
            if not receipt and _is_beginning(file, longer, origins, prints):
                result.read[file.name] = file.signature
                continue
            claim = receipt.file if receipt else prints.of_first_line(head)
            source = Source(file, kind, receipt, prints.take(head, len(head), b""))
            claims.setdefault(claim, []).append(source)
    for claimants in claims.values():
        _settle(claimants, result, now)
    return result


def recognise(
    file: LogFile, head: bytes, known: Sequence[Receipt], prints: Fingerprints
) -> tuple[Receipt | None, list[Receipt]]:
    """The newest receipt of the file that this is, and those of longer files that begin like it."""
    longer = []
    for receipt in sorted(known, key=lambda receipt: -receipt.end):
        if not prints.begins_like(head, receipt.fingerprint):
            continue
        begin = max(0, receipt.end - EDGE)
        is_at_hand = receipt.end <= len(head) or len(head) < START
        tail = head[begin : receipt.end] if is_at_hand else file.read(begin, receipt.end)
        if len(tail) < receipt.end - begin:
            longer.append(receipt)
        elif prints.of_tail(tail) == receipt.fingerprint.tail:
            return receipt, longer
    return None, longer


def _is_beginning(file: LogFile, longer: Sequence[Receipt], origins: Sequence[Origin], prints: Fingerprints) -> bool:
    """Whether the file is a part of one that is known: those that are still there are compared byte for byte.

    For one that is gone, the same first lines must do.
    """
    for receipt in longer:
        others = (origin for origin in origins if origin.name != file.name)
        found = [other for origin in others if (other := _carrier(origin, receipt, prints))]
        if not found or any(file.is_prefix_of(other, 0) for other in found):
            return True
    return False


def _carrier(origin: Origin, receipt: Receipt, prints: Fingerprints) -> LogFile | None:
    """The file that lies there, if it is the one of the receipt."""
    try:
        file = LogFile(origin)
        return file if recognise(file, file.read(0, START), [receipt], prints)[0] else None
    except RefusedError:
        return None


def _settle(claimants: list[Source], result: Discovery, now: float) -> None:
    """Of files with the same content the longest is read; one that goes on differently is a file of its own.

    The others are not noted as read: they are all that is left if the longest goes before it is read to its end.
    """
    lengths: dict[str, int] = {}
    for source in claimants:
        with problems_of(source.file.origin, result, now):
            # alone, a compressed file need not be read twice for its length
            lengths[source.file.name] = source.file.length() if len(claimants) > 1 else source.file.size
    chosen: list[Source] = []
    alike = _Alike(claimants)
    for source in sorted(claimants, key=lambda source: _most_to_come(source.file, lengths)):
        with problems_of(source.file.origin, result, now):
            if source.file.name in lengths and not any(
                source.file.is_prefix_of(other.file, source.begin) for other in alike.longer(source)
            ):
                # what follows the same beginning differently was never read
                chosen.append(replace(source, receipt=None) if chosen else source)
                alike.add(source)
    result.sources += chosen


class _Alike:
    """Files by their first lines: where the same header begins thousands of them, few need to be compared."""

    def __init__(self, claimants: Sequence[Source]) -> None:
        self._places: dict[str, list[Source]] = {_whole_lines(source)[-1]: [] for source in claimants}

    def add(self, source: Source) -> None:
        for start in set(_whole_lines(source)) & self._places.keys():
            self._places[start].append(source)

    def longer(self, source: Source) -> Sequence[Source]:
        """Those among the files added that begin with all whole lines at the beginning of this one."""
        return self._places[_whole_lines(source)[-1]]


def _whole_lines(source: Source) -> tuple[str, ...]:
    """A hash for the end of each; what begins with no whole line is like all others."""
    return ("", *(source.beginning.starts if source.beginning else ()))


def _most_to_come(file: LogFile, lengths: Mapping[str, int]) -> tuple[int, bool, float]:
    """The longest first; of several, the one that may still grow: half a line at its end is not final."""
    return -lengths.get(file.name, 0), file.is_compressed, -file.changed_at


@contextmanager
def problems_of(origin: Origin, result: Discovery, now: float) -> Iterator[None]:
    """One file's trouble is no other's: it is told, and the file is looked at again the next time."""
    try:
        yield
    except EmptyError:
        pass
    except ExchangedError as error:
        result.waiting.append(str(error))
    except UnfinishedError as error:
        (result.waiting if now - _changed_at(origin) < STILL_WRITTEN else result.problems).append(str(error))
    except OutOfReachError as error:
        result.problems.append(str(error))
    except RefusedError as error:
        if _is_there(origin):  # else a rotation has just renamed it
            result.problems.append(str(error))


def _is_there(origin: Origin) -> bool:
    return not isinstance(origin, Local) or origin.path.exists()


def _changed_at(origin: Origin) -> float:
    try:
        return origin.look().changed_at
    except RefusedError:
        return math.inf  # just now, by a rotation
