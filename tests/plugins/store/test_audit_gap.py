"""A trail that comes back from a backup is continued, and says for ever what it lost; a forged one is not."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from plugins.store.audit import Audit, Lost, TamperedError
from plugins.store.door import Folder
from plugins.store.locks import Locks

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS = [date(2026, 7, number) for number in range(1, 5)]


def open_audit(root: Path) -> Audit:
    return Audit(Folder(root / "trail"), Folder(root / "backups"), Locks(root / "locks").held)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four days of three entries; `backup` holds the trail as it was after the eighth."""
    for number in range(12):
        if number == 8:
            shutil.copytree(tmp_path / "trail", tmp_path / "backup")
        open_audit(tmp_path).append(NOON + timedelta(days=number // 3), "scheduler", "close", lines=number)
    return tmp_path


def lose(root: Path) -> None:
    shutil.rmtree(root / "trail")
    shutil.copytree(root / "backup", root / "trail")


def root_of(root: Path, day: date) -> dict[str, object]:
    found: dict[str, object] = json.loads((root / "backups" / "audit" / f"{day}.json").read_text())
    return found


def test_what_is_lost_is_counted_and_named_by_its_end(root: Path) -> None:
    end = root_of(root, DAYS[3])["hash"]
    lose(root)
    assert not open_audit(root).is_whole()
    assert open_audit(root).look_for_lost() == Lost(4, str(end))


@pytest.mark.parametrize("again", [timedelta(), timedelta(days=3), timedelta(days=-9)])
def test_it_is_continued_behind_what_is_left(again: timedelta, root: Path) -> None:
    lose(root)
    audit = open_audit(root)
    audit.fall_back()
    assert audit.is_whole()
    audit.append(NOON + again, "operations", "restore", lost=4)
    assert audit.verify().entries == 9
    assert sorted(path.stem for path in (root / "backups" / "audit").iterdir())[:3] == list(map(str, DAYS[:3]))


def test_a_whole_trail_has_lost_nothing(root: Path) -> None:
    assert open_audit(root).is_whole()
    assert open_audit(root).look_for_lost() == Lost()


@pytest.mark.parametrize("at", [NOON + timedelta(days=3), NOON + timedelta(days=4)])
def test_an_entry_whose_root_was_not_written_is_not_lost(at: datetime, root: Path) -> None:
    """As a kill between the two leaves it."""
    shutil.copytree(root / "backups", root / "before")
    open_audit(root).append(at, "scheduler", "close")
    shutil.rmtree(root / "backups")
    shutil.copytree(root / "before", root / "backups")
    assert open_audit(root).look_for_lost() == Lost()


def test_a_trail_that_is_lost_altogether_begins_anew(root: Path) -> None:
    end = root_of(root, DAYS[3])
    shutil.rmtree(root / "trail")
    audit = open_audit(root)
    assert audit.look_for_lost() == Lost(12, str(end["hash"]))
    audit.fall_back()
    assert not list((root / "backups" / "audit").iterdir())
    audit.append(NOON, "operations", "restore", lost=12)
    assert audit.verify().entries == 1


def test_without_roots_nothing_proves_a_trail(root: Path) -> None:
    lose(root)
    shutil.rmtree(root / "backups")
    assert open_audit(root).look_for_lost().entries == 8


def change(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


FORGERIES: dict[str, Callable[[Path], object]] = {
    "an entry of a whole day": lambda root: change(root / "trail" / f"{DAYS[1]}.jsonl", b'"lines":4', b'"lines":5'),
    "the last entry of a whole day": lambda root: change(
        root / "trail" / f"{DAYS[1]}.jsonl", b'"lines":5', b'"lines":6'
    ),
    "an entry of the last day": lambda root: change(root / "trail" / f"{DAYS[2]}.jsonl", b'"lines":6', b'"lines":7'),
    "a day that is missing": lambda root: (root / "trail" / f"{DAYS[1]}.jsonl").unlink(),
    "the root of a whole day": lambda root: change(
        root / "backups" / "audit" / f"{DAYS[0]}.json", b'"entries": 3', b'"entries": 2'
    ),
    "no root of a whole day": lambda root: (root / "backups" / "audit" / f"{DAYS[0]}.json").unlink(),
    "no root of the last day": lambda root: (root / "backups" / "audit" / f"{DAYS[2]}.json").unlink(),
    "a root that is none": lambda root: (root / "backups" / "audit" / f"{DAYS[3]}.json").write_bytes(b"{}"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_what_comes_back_has_to_agree_with_its_roots_as_far_as_they_go(
    forge: Callable[[Path], object], root: Path
) -> None:
    lose(root)
    forge(root)
    with pytest.raises(TamperedError):
        open_audit(root).look_for_lost()


def test_a_longer_last_day_than_its_root_knows_is_a_forgery(root: Path) -> None:
    """Whoever adds entries to a backup, and has older roots."""
    audit = Audit(Folder(root / "backup"), Folder(root / "elsewhere"), Locks(root / "locks").held)
    shutil.copytree(root / "backups", root / "elsewhere")
    for day in DAYS[3:]:
        (root / "elsewhere" / "audit" / f"{day}.json").unlink()
    audit.fall_back()
    for number in range(5):
        audit.append(NOON + timedelta(days=2), "scheduler", "close", lines=number)
    lose(root)
    with pytest.raises(TamperedError):
        open_audit(root).look_for_lost()
