"""A log file as blocks of whole lines, whatever its size and whether it is gzipped."""

import gzip
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from schemas.refusals import EmptyError, RefusedError

BLOCK_BYTES: Final = 8 * 1024 * 1024
LONGEST_LINE: Final = 64 * 1024 * 1024
GZIP_MAGIC: Final = b"\x1f\x8b"
UNREAD_MAGIC: Final = {b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}


def open_log(path: Path) -> BinaryIO:
    """The file's content, decompressed where its first bytes say gzip; RefusedError says what is wrong with it."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise RefusedError(f"{path} is a folder; name the log files in it")
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError(f"{path} is no file but a pipe or a device, which cannot be read twice; store it first")
        if found.st_size == 0:
            raise EmptyError(f"{path} is empty: there is nothing to read")
        stream = path.open("rb")
    except FileNotFoundError:
        raise RefusedError(f"{path} does not exist") from None
    except PermissionError:
        raise RefusedError(f"{path} may not be read by this user; give them read permission") from None
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None
    begin = stream.peek(6)
    for magic, name in UNREAD_MAGIC.items():
        if begin.startswith(magic):
            stream.close()
            raise RefusedError(f"{path} is compressed with {name}, which is not read; decompress it, or use gzip")
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if begin.startswith(GZIP_MAGIC) else stream


def read_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Blocks of about `block_bytes` that end at a newline; the file's last line may lack one."""
    rest = b""
    with open_log(path) as stream:
        try:
            while chunk := stream.read(block_bytes):
                head, newline, tail = chunk.rpartition(b"\n")
                if newline:
                    yield rest + head + newline
                    rest = tail
                else:
                    rest += chunk
                if len(rest) > LONGEST_LINE:
                    raise RefusedError(f"{path} has no line end in {LONGEST_LINE >> 20} MB; it is not a log")
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise RefusedError(f"{path} is a broken gzip file; its content ends early or is damaged") from None
    if rest:
        yield rest
