"""A log file becomes blocks of whole lines, plain or gzipped, of any size."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.logs import files
from plugins.logs.files import read_blocks
from schemas.refusals import RefusedError


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b""))),
    ends=st.booleans(),
    block=st.integers(1, 30),
    zipped=st.booleans(),
)
def test_blocks_joined_are_the_file_and_each_but_the_last_ends_a_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ends: bool, block: int, zipped: bool
) -> None:
    content = b"\n".join(lines) + (b"\n" if ends else b"")
    if not content or content.startswith((files.GZIP_MAGIC, *files.UNREAD_MAGIC)):
        return
    path = tmp_path_factory.getbasetemp() / "x.log"
    path.write_bytes(gzip.compress(content) if zipped else content)
    blocks = list(read_blocks(path, block))
    assert b"".join(blocks) == content
    assert all(part.endswith(b"\n") for part in blocks[:-1])


def test_gzip_is_known_by_its_content_and_may_have_several_members(tmp_path: Path) -> None:
    path = tmp_path / "no-ending"
    path.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert b"".join(read_blocks(path)) == b"a\nb\n"


def test_a_file_without_line_ends_is_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 1000)
    path = tmp_path / "x.log"
    path.write_bytes(b"a" * 5000)
    with pytest.raises(RefusedError, match="no line end"):
        list(read_blocks(path, 100))


def test_other_compressions_are_refused_by_name_instead_of_read_as_garbage(tmp_path: Path) -> None:
    for module, name in ((bz2, "bzip2"), (lzma, "xz")):
        path = tmp_path / f"access.log.{name}"
        path.write_bytes(module.compress(b"line\n"))
        with pytest.raises(RefusedError, match=name):
            list(read_blocks(path))
