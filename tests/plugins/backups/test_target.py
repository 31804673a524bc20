"""A place of backups whose bytes were damaged, or written by a wrong clock, is read all the same."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from plugins.backups.target import DamagedBackupError, Target
from plugins.store.door import Folder
from schemas.backups import Backed, Manifest
from tests.stores import utc

NOON = utc(2026, 11, 20, 11)
OBJECTS = {f"receipts/www/{number}/0-10.json": Backed(digest=f"{number:064x}", size=number) for number in range(20)}


def manifest_at(taken_at: timedelta) -> Manifest:
    return Manifest(token="00", taken_at=NOON + taken_at, policy_version="1", lines=1, objects=OBJECTS)


def test_a_manifest_of_which_any_byte_is_another_is_as_it_was_or_damaged(tmp_path: Path) -> None:
    target = Target(Folder(tmp_path))
    written = manifest_at(timedelta())
    name = target.put_manifest(written)
    content = target.place.get(name)
    damaged = 0
    for place in range(len(content)):
        for flipped in (0x01, 0x80, 0xFF):
            (tmp_path / name).write_bytes(
                content[:place] + bytes([content[place] ^ flipped]) + content[place + 1 :],
            )
            damaged += 1
            with suppress(DamagedBackupError):
                assert target.manifest(name) == written
                damaged -= 1
    assert damaged > len(content)


def test_a_backup_of_the_future_is_not_believed(tmp_path: Path) -> None:
    target = Target(Folder(tmp_path))
    offsets = (timedelta(days=-1), timedelta(), timedelta(minutes=59), timedelta(hours=1, seconds=1), timedelta(365))
    names = [target.put_manifest(manifest_at(offset)) for offset in offsets]
    assert target.manifests() == names
    assert target.credible(NOON) == names[:3]
