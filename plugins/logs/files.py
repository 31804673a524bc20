"""A log file as blocks of whole lines, whatever its size and however it is compressed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from plugins.logs.log_file import LogFile
from plugins.logs.origins import Origin

BLOCK_BYTES: Final = 4 * 1024 * 1024


def read_blocks(where: Path | Origin, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Blocks of about `block_bytes` that end at a newline; the file's last line may lack one."""
    return (piece.lines for piece in LogFile(where).pieces(0, is_final=True, piece_bytes=block_bytes))
