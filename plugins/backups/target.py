"""The place of backups: which manifests and blobs lie there, and what is recorded of days that ended."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from errno import ENOENT
from hashlib import sha256
from typing import Final

from pydantic import ValidationError

from plugins.store.door import Place
from plugins.store.records import SUFFIX, read_record, write_record
from plugins.store.reports import INSTANT, read_instant
from schemas.backups import Backed, ErasedDay, Manifest, RemovedToken
from schemas.receipts import Mark
from schemas.refusals import RefusedError

LOCK: Final = "backup"  # whoever takes, purges, restores or rehearses is alone with the place
MANIFESTS: Final = "manifests/"
BLOBS: Final = "blobs/"
ENDED: Final = "ended/"
CLOSED: Final = f"{ENDED}closed/"
ERASED: Final = f"{ENDED}erased/"
TOKENS: Final = f"{ENDED}tokens/"
PACKED: Final = ".json.gz"
AHEAD: Final = timedelta(hours=1)  # as much as a clock that is believed may be wrong
SURELY: Final = timedelta(days=1)  # what was ending while a backup was taken may be in it


class DamagedBackupError(RefusedError):
    """A blob or a manifest is not what was written."""


class Target:
    """Backups in a place; nothing in it is written in place, and what no manifest names is garbage."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def manifests(self) -> list[str]:
        """The names of all manifests, oldest first."""
        return sorted(name for name in self.place.names(MANIFESTS) if name.endswith(PACKED))

    def credible(self, now: datetime) -> list[str]:
        """Those of them that were taken by now, oldest first: one of the future was taken by a wrong clock."""
        latest = _manifest_name(now.astimezone(UTC) + AHEAD)
        return [name for name in self.manifests() if name[: len(latest)] <= latest]

    def manifest(self, name: str) -> Manifest:
        """DamagedBackupError where it cannot be read."""
        if manifest := unpack_manifest(self.place.get(name)):
            return manifest
        raise DamagedBackupError(f"{self.place.where}/{name} is damaged")

    def free_second(self, now: datetime) -> datetime:
        """This second, or the next one without a backup: in the order of their names the last one is the newest."""
        now = now.replace(microsecond=0)
        while any(self.place.names(_manifest_name(now))):
            now += timedelta(seconds=1)
        return now

    def put_manifest(self, manifest: Manifest) -> str:
        name = f"{_manifest_name(manifest.taken_at)}.{manifest.token}{PACKED}"
        self.place.put(name, gzip.compress(manifest.model_dump_json().encode(), mtime=0))
        return name

    def blobs(self) -> set[str]:
        """The digests of all blobs."""
        return {name.rpartition("/")[2] for name in self.place.names(BLOBS)}

    def check_there(self, backed: Iterable[Backed]) -> None:
        """OSError where a blob is missing, which whoever works on another machine removed perhaps."""
        if missing := {one.digest for one in backed}.difference(self.blobs()):
            text = f"{len(missing)} of the objects that were copied are gone again; is a purge at work elsewhere?"
            raise FileNotFoundError(ENOENT, text, f"{self.place.where}/{BLOBS}")

    def put_blob(self, content: bytes) -> Backed:
        """Write the bytes under their digest, and read them back; OSError where they are not what was written."""
        backed = Backed(digest=sha256(content).hexdigest(), size=len(content))
        self.place.put(blob_name(backed.digest), content)
        self.blob(backed)
        return backed

    def blob(self, backed: Backed) -> bytes:
        """The bytes; DamagedBackupError where they are missing or others."""
        name = blob_name(backed.digest)
        try:
            content = self.place.get(name)
        except FileNotFoundError:
            raise DamagedBackupError(f"{self.place.where}/{name} is missing") from None
        if sha256(content).hexdigest() != backed.digest:
            raise DamagedBackupError(f"{self.place.where}/{name} is damaged")
        return content

    def record_closing(self, mark: Mark) -> None:
        write_record(self.place, f"{CLOSED}{mark.day}{SUFFIX}", mark)

    def record_erasure(self, erased: ErasedDay) -> None:
        write_record(self.place, _erased_name(erased), erased)

    def closings(self) -> dict[date, Mark]:
        """The days that were closed and may still be in a backup."""
        found = (read_record(self.place, name, Mark) for name in self.place.names(CLOSED))
        return {mark.day: mark for mark in found if mark}

    def erasures(self) -> Iterator[ErasedDay]:
        """The days that were written anew; of a day there may be several."""
        found = (read_record(self.place, name, ErasedDay) for name in self.place.names(ERASED))
        return (one for one in found if one)

    def erased_generations(self) -> dict[date, int]:
        """By day, the newest generation written for an erasure; objects of earlier ones hold who was erased."""
        found: dict[date, int] = {}
        for one in self.erasures():
            found[one.day] = max(int(one.generation), found.get(one.day, 0))
        return found

    def record_removal(self, removed: RemovedToken) -> None:
        write_record(self.place, f"{TOKENS}{removed.name}{SUFFIX}", removed)

    def removals(self) -> dict[str, datetime]:
        """The names of tokens that were removed, and when last."""
        found = (read_record(self.place, name, RemovedToken) for name in self.place.names(TOKENS))
        return {removed.name: removed.at for removed in found if removed}

    def expired_ends(self, oldest: datetime) -> set[str]:
        """The names of records of what ended a day before a backup was taken: it and all later ones know it."""
        closed = {f"{CLOSED}{day}{SUFFIX}": mark.since for day, mark in self.closings().items()}
        erased = {_erased_name(one): one.at for one in self.erasures()}
        tokens = {f"{TOKENS}{name}{SUFFIX}": at for name, at in self.removals().items()}
        return {name for name, at in (closed | erased | tokens).items() if at < oldest - SURELY}


def unpack_manifest(content: bytes) -> Manifest | None:
    """None where the bytes are no manifest."""
    try:
        return Manifest.model_validate_json(gzip.decompress(content))
    except (ValidationError, EOFError, gzip.BadGzipFile, zlib.error, ValueError):
        return None


def _erased_name(erased: ErasedDay) -> str:
    return f"{ERASED}{erased.day}.{erased.generation}{SUFFIX}"


def _manifest_name(taken_at: datetime) -> str:
    return f"{MANIFESTS}{taken_at.strftime(INSTANT)}"


def instant_of(manifest: str) -> datetime:
    """When a backup was taken, by its manifest's name."""
    return read_instant(manifest.removeprefix(MANIFESTS).split(".")[0])


def blob_name(digest: str) -> str:
    return f"{BLOBS}{digest[:2]}/{digest}"
