"""An object is whole, old or new, whatever happens; nothing leaves its place."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from plugins.store.door import TEMPORARY, Folder, Place, Trace
from schemas.refusals import RefusedError


def test_what_was_put_is_there_and_what_was_removed_is_not(place: Place) -> None:
    place.put("receipts/www/a/0-10.json", b"one")
    place.put("receipts/www/a/0-10.json", b"two")
    place.put("receipts/www/b/0-10.json", b"three")
    assert place.get("receipts/www/a/0-10.json") == b"two"
    assert list(place.names("receipts/www/")) == ["receipts/www/a/0-10.json", "receipts/www/b/0-10.json"]
    place.remove("receipts/www/a/0-10.json")
    place.remove("receipts/www/a/0-10.json")
    assert list(place.names()) == ["receipts/www/b/0-10.json"]
    with pytest.raises(FileNotFoundError):
        place.get("receipts/www/a/0-10.json")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../b", ".hidden", "a//b", "a/", "a b", "ø", "a\n"])
def test_a_name_never_leaves_its_place(name: str, place: Place) -> None:
    for act in (lambda: place.put(name, b""), lambda: place.get(name), lambda: place.remove(name)):
        with pytest.raises(RefusedError, match="no name of an object"):
            act()


@pytest.mark.parametrize(("mode", "folders", "files"), [(0o700, 0o700, 0o600), (0o750, 0o750, 0o640)])
def test_rights_are_the_places_own_whatever_the_umask(mode: int, folders: int, files: int, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        Folder(tmp_path / "store", mode).put("a/b", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == folders
    assert stat.S_IMODE((tmp_path / "store" / "a").stat().st_mode) == folders
    assert stat.S_IMODE((tmp_path / "store" / "a" / "b").stat().st_mode) == files


def test_a_full_disk_leaves_the_old_object_and_no_half_one(tmp_path: Path) -> None:
    """A file size limit stands in for the full disk: both end a write in the middle with an OSError."""
    script = """
import resource, signal, sys
from pathlib import Path
from plugins.store.door import Folder
place = Folder(Path(sys.argv[1]))
place.put("a", b"old")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    place.put("a", b"x" * 1_000_000)
except OSError as error:
    print(error.errno)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "27"
    assert Folder(tmp_path).get("a") == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_killed_writer_leaves_what_a_sweep_removes(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from plugins.store import door
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
door.Folder(Path(sys.argv[1])).put("a", b"new")
"""
    place = Folder(tmp_path)
    place.put("a", b"old")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert place.get("a") == b"old"
    assert list(place.names()) == ["a"]
    assert sum(entry.name.startswith(TEMPORARY) for entry in tmp_path.iterdir()) == 1
    assert place.sweep() == 0, "somebody may be writing it"
    for entry in tmp_path.iterdir():
        os.utime(entry, (0, 0))
    assert place.sweep() == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_stamp_is_another_one_for_other_content(place: Place) -> None:
    place.put("a/1", b"one")
    place.put("a/2", b"two")
    before = dict(place.stamps("a/"))
    assert before.keys() == {"a/1", "a/2"}
    assert dict(place.stamps()) == before
    place.put("a/1", b"one more")
    after = dict(place.stamps())
    assert after["a/1"] != before["a/1"]
    assert after["a/2"] == before["a/2"]


def test_a_trace_of_a_folder_is_a_file_or_half_of_one(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    place.put("a/1", b"")
    (tmp_path / "a" / f"{TEMPORARY}00-2").write_bytes(b"half")
    whole, half = sorted(place.traces("a/"), key=lambda one: one.kind)
    assert (whole.name, whole.kind) == ("a/1", "object")
    assert half.kind == "unfinished"
    for trace in (half, whole, whole, Trace("nowhere/1", "object")):
        place.erase(trace)
    assert list(place.traces()) == []
