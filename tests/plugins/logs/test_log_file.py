"""What stood in a file when it was first looked at, in ranges and in pieces."""

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.logs.fingerprints import EDGE
from plugins.logs.log_file import LogFile
from plugins.logs.origins import UnfinishedError
from schemas.refusals import EmptyError, RefusedError

CONTENT = b"".join(b"line %03d\n" % number for number in range(100))


@pytest.fixture(params=["plain", "gzip", "members"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same content plain, compressed, and compressed in two parts that were put together."""
    path = tmp_path / "access.log"
    packed = {
        "plain": CONTENT,
        "gzip": gzip.compress(CONTENT),
        "members": gzip.compress(CONTENT[:333]) + gzip.compress(CONTENT[333:]),
    }
    path.write_bytes(packed[request.param])
    return path


def test_ranges_and_length_are_those_of_the_decompressed_content(path: Path) -> None:
    file = LogFile(path)
    assert file.length() == len(CONTENT)
    assert file.read(300, 400) == CONTENT[300:400]
    assert file.read(890, 990) == CONTENT[890:]
    assert file.read(5000, 5001) == b""


def test_pieces_join_to_the_content_and_end_at_newlines(path: Path) -> None:
    pieces = list(LogFile(path).pieces(9, is_final=False, piece_bytes=100))
    assert b"".join(piece.lines for piece in pieces) == CONTENT[9:]
    assert len(pieces) == 9
    for piece in pieces:
        assert CONTENT[piece.begin : piece.end] == piece.lines
        assert CONTENT[: piece.end][-EDGE:] == piece.tail
        assert piece.lines.endswith(b"\n")
        assert len(piece.lines) <= 100


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"").lstrip(b"\0") + b"\n")),
    half=st.binary(min_size=1, max_size=40).map(lambda line: line.replace(b"\n", b"").lstrip(b"\0") + b"."),
    piece_bytes=st.integers(1, 100),
    is_final=st.booleans(),
)
def test_half_a_line_is_read_only_where_no_more_will_come(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], half: bytes, piece_bytes: int, is_final: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "access.log"
    whole = b"".join(lines)
    path.write_bytes(b"x" + whole + half)  # "x": nothing of it looks compressed
    pieces = list(LogFile(path).pieces(1, is_final, piece_bytes))
    assert b"".join(piece.lines for piece in pieces) == whole + (half if is_final else b"")


def test_a_line_longer_than_a_shard_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"short\n" + b"x" * 5000 + b"\nshort\n")
    pieces = list(LogFile(path).pieces(0, is_final=False, piece_bytes=100))
    assert [len(piece.lines) for piece in pieces] == [6, 5007]


def test_lines_that_are_added_after_the_first_look_are_left_for_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(CONTENT)
    file = LogFile(path)
    with path.open("ab") as stream:
        stream.write(CONTENT)
    assert file.length() == len(CONTENT)
    assert file.read(0, 5000) == CONTENT
    assert [piece.lines for piece in file.pieces(0, is_final=False)] == [CONTENT]
    assert LogFile(path).signature != file.signature


def test_a_file_that_another_took_the_place_of_is_not_read(path: Path) -> None:
    file = LogFile(path)
    (path.parent / "new").write_bytes(path.read_bytes())
    (path.parent / "new").replace(path)
    with pytest.raises(UnfinishedError, match="was exchanged"):
        file.read(0, 10)


def test_a_file_that_was_truncated_is_not_read(path: Path) -> None:
    file = LogFile(path)
    os.truncate(path, 20)
    with pytest.raises(UnfinishedError, match="was exchanged"):
        list(file.pieces(0, is_final=False))


@pytest.mark.parametrize("missing", [1, 8, 9, 30])
def test_a_compressed_file_that_ends_early_is_unfinished_and_its_lines_are_not_its_last(
    tmp_path: Path, missing: int
) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(CONTENT)[:-missing])
    file = LogFile(path)
    with pytest.raises(UnfinishedError, match="ends early"):
        file.length()
    with pytest.raises(UnfinishedError, match="ends early"):
        list(file.pieces(0, is_final=True))


def test_damage_within_a_compressed_file_is_told_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    packed = bytearray(gzip.compress(os.urandom(3000)))
    packed[-6] ^= 1  # the checksum
    path.write_bytes(bytes(packed))
    with pytest.raises(UnfinishedError, match="broken gzip file"):
        LogFile(path).length()


def test_an_empty_file_a_folder_and_nothing_are_refused_each_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(EmptyError):
        LogFile(tmp_path / "empty")
    with pytest.raises(RefusedError, match="is a folder"):
        LogFile(tmp_path)
    with pytest.raises(RefusedError, match="does not exist"):
        LogFile(tmp_path / "nothing")
