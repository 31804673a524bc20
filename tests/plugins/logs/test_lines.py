"""Half a line, blocks of NULs that a crash left, a good line: two lines, wherever a run or a read ends."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plugins.logs.lines as lines_module
from plugins.logs.log_file import LogFile
from tests.stores import Site, hit, utc

NOON = utc(2026, 11, 20, 11)
GOOD = hit(NOON).encode()
RUNS = st.sampled_from([1, 511, 512, 513, 3000, 70_000]).map(bytes)
WORDS = st.sampled_from([b"half", b"a line\n", b"\n", b"y" * 300])
CONTENTS = st.lists(WORDS | RUNS, max_size=12).map(b"".join)


def read(path: Path, begin: int, is_final: bool, piece_bytes: int) -> tuple[list[bytes], int]:
    """The lines from an offset on, and where the next run goes on."""
    pieces = list(LogFile(path).pieces(begin, is_final, piece_bytes))
    lines = [line for piece in pieces for line in piece.lines.removesuffix(b"\n").split(b"\n")]
    return lines, pieces[-1].end if pieces else begin


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_blocks_that_were_lost_end_the_line_before_them(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(
        b"good\nhalf" + bytes(3000) + b"next" + bytes(512) + b"last" + bytes(511) + b"." + bytes(600) + end
    )
    assert read(path, 0, True, 1 << 20)[0] == [b"good", b"half", b"next", b"last" + bytes(511) + b"."]


@settings(max_examples=300, deadline=None)
@given(
    content=CONTENTS, cuts=st.lists(st.floats(0, 1), max_size=4), piece_bytes=st.sampled_from([1, 100, 5000, 1 << 20])
)
def test_lines_are_the_same_in_one_run_and_in_several(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[float], piece_bytes: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.log"
    content = b"x\n" + content
    path.write_bytes(content)
    expected, _ = read(path, 0, True, 1 << 20)
    lines, end = [], 0
    if piece_bytes < 100 and len(content) > 5000:
        piece_bytes = 100
    for cut in sorted(cuts):
        path.write_bytes(content[: max(2, int(cut * len(content)))])
        more, end = read(path, end, False, piece_bytes)
        lines += more
    path.write_bytes(content)
    more, _ = read(path, end, True, piece_bytes)
    assert lines + more == expected


@pytest.mark.parametrize("half", [10, 990, 1001, 1400])
@pytest.mark.parametrize("lost", [512, 2000])
def test_a_line_that_is_too_long_is_cut_at_the_same_place_however_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: int, lost: int
) -> None:
    monkeypatch.setattr(lines_module, "LONGEST_LINE", 1000)
    path = tmp_path / "access.log"
    path.write_bytes(b"h" * half + bytes(lost) + b"good\nnext\n")
    whole, _ = read(path, 0, True, 1 << 20)
    assert all(read(path, 0, True, size)[0] == whole for size in (1, 7, 500, 999, 1000, 1001, 1500))
    assert whole[-1] == b"next"
    assert (b"good" in whole) == (half == 10)


def test_a_good_line_behind_a_crash_counts(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    path = site.logs / "access.log"
    path.write_bytes(GOOD + GOOD[:50] + bytes(3000))
    assert site.ingest().lines["hits"] == 1
    with path.open("ab") as file:
        file.write(GOOD * 5)
    done = site.ingest()
    assert (done.lines["hits"], done.lines["quarantine"]) == (5, 1)
    site.now += timedelta(days=2)
    assert site.ingest().lines.total() == 0
