"""A log file becomes blocks of whole lines, however it is compressed, of any size."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from plugins.logs.compression import PACKINGS, UNREAD
from plugins.logs.files import read_blocks
from plugins.logs.origins import UnfinishedError
from schemas.refusals import RefusedError
from transforms.parsing.parser import LONGEST_LINE

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}
LINES = b"".join(b"line %05d\n" % number for number in range(20_000))


@pytest.fixture(params=sorted(PACKED))
def packing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pack(packing: str) -> Callable[[bytes], bytes]:
    return PACKED[packing]


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"").lstrip(b"\0"))),
    ends=st.booleans(),
    block=st.integers(1, 30),
    packing=st.sampled_from([None, *PACKED]),
)
def test_blocks_joined_are_the_file_and_each_but_the_last_ends_a_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ends: bool, block: int, packing: str | None
) -> None:
    content = b"\n".join(lines) + (b"\n" if ends else b"")
    if not content or content.startswith(tuple(UNREAD)) or any(one.magic.match(content) for one in PACKINGS):
        return
    path = tmp_path_factory.getbasetemp() / "x.log"
    path.write_bytes(PACKED[packing](content) if packing else content)
    blocks = list(read_blocks(path, block))
    assert b"".join(blocks) == content
    assert all(part.endswith(b"\n") for part in blocks[:-1])


def test_compression_is_known_by_content_and_a_file_may_have_several_parts_empty_ones_too(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "no-ending"
    path.write_bytes(pack(b"a\n") + pack(b"") + pack(LINES) + pack(b""))
    assert b"".join(read_blocks(path)) == b"a\n" + LINES


def test_zstd_of_several_threads_begins_with_a_frame_to_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    path.write_bytes(b"\x50\x2a\x4d\x18\x04\0\0\0\x10\0\0\0" + zstd.compress(LINES))
    assert b"".join(read_blocks(path)) == LINES


@pytest.mark.parametrize("missing", [1, 5, 40])
def test_a_part_that_ends_early_says_how_it_was_compressed(
    tmp_path: Path, packing: str, pack: Callable[[bytes], bytes], missing: int
) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(b"a\n") + pack(LINES)[:-missing])
    with pytest.raises(UnfinishedError, match=f"broken {packing} file"):
        list(read_blocks(path))


def test_damage_is_told_and_never_read_as_lines(tmp_path: Path, packing: str, pack: Callable[[bytes], bytes]) -> None:
    path, packed = tmp_path / "x", bytearray(pack(LINES))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(bytes(packed))
    if packing == "zstd":  # its checksum is optional
        packed = bytearray(zstd.compress(LINES, options={zstd.CompressionParameter.checksum_flag: 1}))
        packed[len(packed) // 2] ^= 0xFF
        path.write_bytes(bytes(packed))
    with pytest.raises(UnfinishedError, match="damaged"):
        list(read_blocks(path))


def test_nuls_after_compressed_lines_are_nothing(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(LINES) + bytes(9_999) + pack(b"b\n") + bytes(4))
    assert b"".join(read_blocks(path)) == LINES + b"b\n"


def test_garbage_after_compressed_lines_is_told_once_these_are_read(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path, read = tmp_path / "x", []
    path.write_bytes(pack(LINES) + b"what is this?" * 3)
    with pytest.raises(RefusedError, match="other bytes after"):
        read.extend(read_blocks(path))
    assert b"".join(read) == LINES


def test_a_line_of_any_length_is_cut_and_its_neighbours_are_whole(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(b"a\n" + b"x" * (60 << 20) + b"\nb\n" + b"y" * LONGEST_LINE + b"\nc"))
    lines = b"".join(read_blocks(path)).split(b"\n")
    assert [len(line) for line in lines] == [1, LONGEST_LINE + 1, 1, LONGEST_LINE, 1]


@pytest.mark.parametrize("filler", [b"x", b"\0"], ids=["one line", "nothing"])
def test_what_grows_without_end_to_no_line_is_given_up(
    tmp_path: Path, pack: Callable[[bytes], bytes], filler: bytes
) -> None:
    path, read = tmp_path / "x", []
    path.write_bytes(pack(b"a\n" + filler * (70 << 20) + b"\nb\n"))
    with pytest.raises(RefusedError, match="grows more than 200 times"):
        read.extend(read_blocks(path, 1 << 20))
    assert read == [b"a\n"]


def test_nuls_before_a_line_are_nobodys(tmp_path: Path) -> None:
    """A server goes on where it was after its file was truncated; a crash leaves such a block at the end."""
    path = tmp_path / "x"
    path.write_bytes(bytes(3 << 20) + b"a\nb \0 b\n" + bytes(5000) + b"c\n" + bytes(2 << 20))
    assert b"".join(read_blocks(path)) == b"a\nb \0 b\nc\n"


def test_other_compressions_are_refused_by_name_instead_of_read_as_garbage(tmp_path: Path) -> None:
    for magic, name in UNREAD.items():
        path = tmp_path / f"access.log.{name}"
        path.write_bytes(magic + b"line\n")
        with pytest.raises(RefusedError, match=name):
            list(read_blocks(path))
