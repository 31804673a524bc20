"""Whatever is given to the command, the answer is a sentence, status 1, and nothing half-written."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import run_lethe

LINE = b'192.0.2.1 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "Mozilla/5.0"\n'
Make = Callable[[Path], Path]


def written(content: bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "access.log"
        path.write_bytes(content)
        return path

    return make


def unreadable(folder: Path) -> Path:
    path = written(LINE)(folder)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything (root)")
    return path


@pytest.mark.parametrize("verb", ["statistics", "alerts", "parse"])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(lambda folder: folder / "none.log", "does not exist", id="missing"),
        pytest.param(unreadable, "may not be read", id="unreadable"),
        pytest.param(written(b""), "is empty", id="empty"),
        pytest.param(lambda folder: Path("/dev/null"), "a pipe or a device", id="a device"),
        pytest.param(lambda folder: folder, "is a folder", id="a folder"),
        pytest.param(written(bytes(range(256)) * 400), "known layout", id="binary"),
        pytest.param(written(b"\n\n\n"), "only blank lines", id="only blank lines"),
        pytest.param(written(gzip.compress(LINE * 99)[:-20]), "broken gzip", id="a truncated gzip"),
        pytest.param(written(b"some other text\n" * 9 + LINE), "fit a known layout", id="another format"),
    ],
)
def test_a_bad_file_gets_a_sentence(verb: str, make: Make, told: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    done = run_lethe(verb, path, *(["--out", tmp_path / "out"] if verb == "statistics" else []))
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "common"], "9 of its 9 lines could not be read"),
        (["--format", "combinde"], "allowed are common, combined"),
        (["--format", "%h %t %r %Z"], "%Z"),
        (["--policy", "none.toml"], "none.toml"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], told: str, tmp_path: Path) -> None:
    written(LINE * 9)(tmp_path)
    done = run_lethe("statistics", "access.log", *arguments, folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_wrong_call_is_status_2() -> None:
    assert run_lethe("statistics", "--nonsense").returncode == 2
    assert run_lethe("nonsense").returncode == 2


def test_errors_takes_every_file_behind_it(tmp_path: Path) -> None:
    done = run_lethe("statistics", written(LINE)(tmp_path), "--errors", "one.log", "two.log", folder=tmp_path)
    assert "one.log does not exist" in done.stderr


def test_an_empty_file_among_others_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "error.log").touch()
    done = run_lethe(
        "statistics", written(LINE)(tmp_path), "--errors", tmp_path / "error.log", "--out", tmp_path / "out"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "lines: 1 = 1 hits" in done.stdout


def test_what_is_not_lethes_is_not_replaced(tmp_path: Path) -> None:
    foreign = tmp_path / "out" / "statistics" / "thesis.doc"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("years of work")
    done = run_lethe("statistics", written(LINE)(tmp_path), "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "holds other things" in done.stderr
    assert foreign.read_text() == "years of work"
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["statistics"]
