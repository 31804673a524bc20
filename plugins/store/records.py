"""Receipts, marks of closed days and unfinished imports: the store's memory of its own work, as JSON objects."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

from pydantic import ValidationError

from plugins.store.door import Place
from schemas.receipts import Import, Mark, Receipt, Record, source_of
from schemas.refusals import RefusedError

SUFFIX: Final = ".json"
FOLDERS: Final = {"closed": "days", "closing": "closing"}
# What else lies beside them, as rsync, NFS and editors leave it, is nobody's.
MARK: Final = re.compile(r"(?:days|closing)/(\d{4}-\d\d-\d\d)\.json")
RECEIPT: Final = re.compile(r"[^/]+/[^/.][^/]*/\d+-\d+\.json")
AnyRecord = TypeVar("AnyRecord", bound=Record)


class Shard(NamedTuple):
    """The place of a receipt: bytes `begin` to `end` of a file."""

    log: str
    file: str
    begin: int
    end: int

    @property
    def source(self) -> str:
        return source_of(*self)


class Receipts:
    """Which bytes of which files were read; the newest receipt of a file is where to go on.

    A receipt whose range contains others has taken their place: whatever is left of them counts no more.
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    def put(self, receipt: Receipt) -> None:
        write_record(self.place, f"{receipt.source}{SUFFIX}", receipt)

    def get(self, shard: Shard) -> Receipt | None:
        return read_record(self.place, f"{shard.source}{SUFFIX}", Receipt)

    def shards(self, prefix: str = "") -> list[Shard]:
        """All receipted shards below a log or a file of it, in order of their bytes."""
        return outermost(shard_of(name) for name in self.place.names(prefix) if RECEIPT.fullmatch(name))

    def stamps(self) -> dict[str, str]:
        """For each file, `log/file`, a text that is another one as soon as one of its receipts is."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, stamp in self.place.stamps():
            if RECEIPT.fullmatch(name):
                found[name.rpartition("/")[0]].append(f"{name} {stamp}")
        return {file: sha256("\n".join(sorted(stamps)).encode()).hexdigest() for file, stamps in found.items()}

    def newest(self, log: str = "") -> list[Receipt]:
        """The last receipt of each file of a log, or of all."""
        shards = self.shards(f"{log}/" if log else "")
        last = [list(of_file)[-1] for _, of_file in groupby(shards, key=lambda shard: (shard.log, shard.file))]
        return [receipt for shard in last if (receipt := self.get(shard) or self.newest_of(shard.log, shard.file))]

    def newest_of(self, log: str, file: str) -> Receipt | None:
        """The last receipt of one file; None where it was never read."""
        while shards := self.shards(f"{log}/{file}/"):
            if receipt := self.get(shards[-1]):
                return receipt
        return None

    def of_file(self, log: str, file: str) -> list[Receipt]:
        """All receipts of a file, in order of their bytes."""
        while True:
            found = [self.get(shard) for shard in self.shards(f"{log}/{file}/")]
            if None not in found:  # else others took its place meanwhile
                return [receipt for receipt in found if receipt]

    def of_files(self, files: set[tuple[str, str]]) -> Iterator[Receipt]:
        """All receipts of some files (log and id), in order of their bytes."""
        for log, file in sorted(files):
            yield from self.of_file(log, file)

    def replaced(self) -> list[str]:
        """The names of receipts in whose place there is another one."""
        names = set(filter(RECEIPT.fullmatch, self.place.names()))
        return sorted(names - {f"{shard.source}{SUFFIX}" for shard in outermost(map(shard_of, names))})


class Marks:
    """The days that are closing or closed; the mark lives as long as the day's statistics."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def put(self, mark: Mark) -> None:
        write_record(self.place, f"{FOLDERS[mark.state]}/{mark.day}{SUFFIX}", mark)
        if mark.state == "closed":
            self.place.remove(f"{FOLDERS['closing']}/{mark.day}{SUFFIX}")

    def get(self, day: date) -> Mark | None:
        marks = (read_record(self.place, f"{folder}/{day}{SUFFIX}", Mark) for folder in FOLDERS.values())
        return next(filter(None, marks), None)

    def days(self, state: str) -> list[date]:
        """The days in that state, oldest first."""
        found = map(MARK.fullmatch, self.place.names(f"{FOLDERS[state]}/"))
        return sorted(date.fromisoformat(one[1]) for one in found if one)

    def all_days(self) -> set[date]:
        """The days in any state; one that is closed meanwhile is among them, since its older mark is read first."""
        return {day for state in reversed(FOLDERS) for day in self.days(state)}

    def expire(self, before: date) -> None:
        """Forget that days before this one ever were."""
        for day in self.days("closed"):
            if day < before:
                self.place.remove(f"{FOLDERS['closed']}/{day}{SUFFIX}")


class Imports:
    """Imports that were decided but perhaps not carried out to the last object."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def put(self, name: str, decided: Import) -> None:
        write_record(self.place, f"imports/{name}{SUFFIX}", decided)

    def get(self, name: str) -> Import | None:
        return read_record(self.place, f"imports/{name}{SUFFIX}", Import)

    def remove(self, name: str) -> None:
        self.place.remove(f"imports/{name}{SUFFIX}")

    def names(self) -> list[str]:
        return sorted(name.removeprefix("imports/").removesuffix(SUFFIX) for name in self.place.names("imports/"))


def write_record(place: Place, name: str, record: Record) -> None:
    place.put(name, record.model_dump_json(exclude_defaults=True).encode())


def read_record(place: Place, name: str, kind: type[AnyRecord]) -> AnyRecord | None:
    """The record of that name, or None where there is none; RefusedError where it is damaged."""
    try:
        return kind.model_validate_json(place.get(name))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RefusedError(
            f"{place.where}/{name} is damaged ({error.error_count()} wrong values); restore it from a backup"
        ) from None


def remembered(place: Place, name: str, kind: type[AnyRecord]) -> AnyRecord | None:
    """As `read_record`, of what only saves work: where it cannot be used, the work is done again."""
    try:
        return read_record(place, name, kind)
    except (RefusedError, OSError):
        return None


def shard_of(name: str) -> Shard:
    """The shard of a receipt, by the receipt's name."""
    log, file, place = name.removesuffix(SUFFIX).split("/")
    begin, _, end = place.partition("-")
    return Shard(log, file, int(begin), int(end))


def outermost(shards: Iterable[Shard]) -> list[Shard]:
    """Those that lie in no other one of their file, in order of their bytes."""
    found: list[Shard] = []
    for shard in sorted(shards, key=lambda one: (one.log, one.file, one.begin, -one.end)):
        if not (found and found[-1][:2] == shard[:2] and shard.end <= found[-1].end):
            found.append(shard)
    return found
