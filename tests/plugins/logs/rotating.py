"""A folder of logs that a server writes to and others rotate, copy, compress, split and remove, one act at a time."""

import gzip
import os
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.stores import hit, utc

NOON = utc(2026, 11, 20, 11)
TWO_DAYS = 2 * 86_400 * 10**9
LIVE = "access.log"


@dataclass
class Job:
    """A copy or a compressed file that somebody is writing: what it will hold, and the file it is made of."""

    source: Path
    target: Path
    content: bytes


class Rotated:
    """`header` stands at the beginning of each file that the server makes, every other line is unique.

    Half a line ends after its first mention of its number and before its last, so each half is unique too.
    """

    def __init__(self, folder: Path, header: bytes, choice: Random) -> None:
        self.folder, self.header, self.choice = folder, header, choice
        self.ticks = 0
        self.number = 0
        self.pending = b""  # the rest of a line that the server has begun
        self.jobs: list[Job] = []
        self.mirror: Path | None = None  # a folder that is now and then made the same as this one
        self.counted: set[bytes] = set()  # lines that were there to be read at some ingest
        self.server: Path | None = None
        self.reopen()

    # what the server does

    def append(self, most: int = 4) -> None:
        """Some lines, perhaps the first half of one; nothing where the server's file was removed."""
        content, self.pending = self.pending, b""
        for _ in range(self.choice.randint(1, most)):
            content += self._line()
        if self.choice.random() < 0.5:
            content = content[: -len(self.pending)] if self._break_line(content) else content
        if self.server:
            with self.server.open("ab") as file:
                file.write(content)
            self._stamp(self.server)

    def append_much(self) -> None:
        self.append(60)

    def reopen(self) -> None:
        """The server goes on in a new file; half a line is finished in the old one, or never."""
        if (self.folder / LIVE).exists():
            return
        if self.server and self.pending and self.choice.random() < 0.5:
            with self.server.open("ab") as file:
                file.write(self.pending)
            self._stamp(self.server)
        self.pending = b""
        self.server = self.folder / LIVE
        self.server.write_bytes(self.header)
        self._stamp(self.server)

    def _line(self) -> bytes:
        self.number += 1
        if self.choice.random() < 0.2:
            return f"junk {self.number} {'-' * 40} n{self.number}.\n".encode()
        agent = f"Mozilla/5.0 {'x' * self.choice.randint(0, 90)} n{self.number}"
        return hit(NOON, path=f"/n/{self.number}", agent=agent).encode()

    def _break_line(self, content: bytes) -> bool:
        last = content[content.rfind(b"\n", 0, -1) + 1 :]
        first, end = last.find(b"%d " % self.number) + len(b"%d " % self.number), last.rfind(b"n%d" % self.number)
        self.pending = last[self.choice.randint(first, end) :]
        return True

    # what is done to its files

    def rotate(self) -> None:
        """.1 becomes .2, and so on; the server still writes to what it has open."""
        for path in sorted(self.folder.glob(f"{LIVE}.?*"), key=lambda path: -len(path.name)):
            number, dot, suffix = path.name.removeprefix(f"{LIVE}.").partition(".")
            if number.isdigit() and path not in self._busy():
                self._rename(path, self.folder / f"{LIVE}.{int(number) + 1}{dot}{suffix}")
        if (self.folder / LIVE).exists():
            self._rename(self.folder / LIVE, self.folder / f"{LIVE}.1")

    def rotate_and_reopen(self) -> None:
        self.rotate()
        self.reopen()

    def copy_live(self) -> None:
        """The first half of copy-truncate, compressed at once or not."""
        if self.server and _is_log(content := self.server.read_bytes()):
            packs = self.choice.random() < 0.5
            target = self._new_name(".copy" + ".gz" * packs)
            target.write_bytes(gzip.compress(content) if packs else content)
            self._stamp(target)

    def copy(self) -> None:
        """A backup of any file, sometimes with the old time."""
        if path := self._any():
            target = self._new_name(".copy" + ".gz" * _is_gzip(path))
            shutil.copy2(path, target)
            if self.choice.random() < 0.7:
                self._stamp(target)

    def begin_copy(self) -> None:
        path = self._any(lambda path: not _is_gzip(path))
        if path and (content := path.read_bytes()):
            self._begin(Job(path, self._new_name(".slow"), content))

    def truncate(self) -> None:
        """The second half of copy-truncate: the server goes on at the beginning of the same file."""
        if self.server:
            os.truncate(self.server, 0)
            self._stamp(self.server)

    def begin_gzip(self) -> None:
        path = self._any(lambda path: not _is_gzip(path) and not self._is_live(path) and _is_log(path.read_bytes()))
        if path and not path.with_name(f"{path.name}.gz").exists():
            self._begin(Job(path, path.with_name(f"{path.name}.gz"), gzip.compress(path.read_bytes())))

    def gzip(self) -> None:
        """Compress and remove at once."""
        before = len(self.jobs)
        self.begin_gzip()
        if len(self.jobs) > before:
            source = self.jobs[-1].source
            self._finish(self.jobs.pop())
            if source not in self._busy():
                source.unlink()

    def finish(self) -> None:
        if self.jobs:
            self._finish(self.jobs.pop(self.choice.randrange(len(self.jobs))))

    def gunzip(self) -> None:
        path = self._any(_is_gzip)
        if path and not (target := path.with_name(path.name.removesuffix(".gz"))).exists():
            target.write_bytes(content_of(path))
            self._stamp(target)

    def move(self) -> None:
        if (path := self._any()) and path.name != LIVE:
            self._rename(path, self._new_name(".moved" + ".gz" * _is_gzip(path)))

    def link(self) -> None:
        if path := self._any():
            os.link(path, self._new_name(".link" + ".gz" * _is_gzip(path)))

    def touch(self) -> None:
        if path := self._any():
            self._stamp(path)

    def age(self) -> None:
        """Nobody has written to the file for two days, and nobody will."""
        path = self._any(lambda path: not self._is_live(path) and _is_log(content_of(path)))
        if path:
            self._stamp(path, -TWO_DAYS)

    def delete(self) -> None:
        if path := self._any(lambda path: not self._is_live(path) or self.choice.random() < 0.2):
            path.unlink()
            if self.server == path:
                self.server = None

    def split(self) -> None:
        """What was not read yet goes into a file of its own.

        A cut within bytes that were read is beyond what content can tell: its second part is a file that nobody saw.
        """
        if not (path := self._any(lambda path: not _is_gzip(path))):
            return
        content = path.read_bytes()
        lines = content.splitlines(keepends=True)
        headers = len(self.header.splitlines()) if content.startswith(self.header) else 0
        read = [index for index, line in enumerate(lines) if line.rstrip(b"\n") in self.counted]
        least = max([headers, *(index + 1 for index in read)])
        cut = self.choice.randint(least, max(least, len(lines) - 1))
        others = [*self.folder.iterdir(), *(self.mirror.iterdir() if self.mirror else ())]
        elsewhere = [partial_content_of(other) for other in others if other != path]
        elsewhere += [_plain(job.content) for job in self.jobs]
        if cut < len(lines) and not any(line in other for line in lines[cut:] for other in elsewhere):
            with self._new_name(".split").open("wb") as file:
                file.write(b"".join(lines[cut:]))
            self._stamp(Path(file.name))
            os.truncate(path, len(b"".join(lines[:cut])))
            self._stamp(path)

    # what is in them

    def look(self) -> None:
        """Note what an ingest can read now: whole lines of all files with a good one, and halves that are final.

        A half is not final while the same half, or more of it, stands in a file that may still grow.
        """
        final: set[bytes] = set()
        others: set[bytes] = set()
        for path in sorted(self.folder.iterdir()):
            if self._in_work(path) and _is_gzip(path):
                continue
            content = content_of(path)
            *lines, half = content.split(b"\n")
            is_final = _is_gzip(path) or path.stat().st_mtime < NOON.timestamp() - 86_400
            (final if is_final and _is_log(content) else others).add(half)
            others.update(lines)
            if _is_log(content):
                self.counted.update(self._without_header(lines))
        self.counted |= {
            half for half in final - {b""} if not any(line.startswith(half) for line in others | self.counted)
        }

    def _without_header(self, lines: list[bytes]) -> list[bytes]:
        """A header is told from those of other files by the line that follows it."""
        headers = self.header.splitlines()
        if headers and lines[: len(headers)] == headers:
            return [b"header of " + lines[len(headers)], *lines[len(headers) :]]
        return lines

    def expected(self) -> tuple[set[bytes], set[bytes], int]:
        """Paths of the hits, raw lines in quarantine, and how many headers."""
        good = {line.split()[6] for line in self.counted if _is_good(line)}
        headers = {line for line in self.counted if line.startswith(b"header of ")}
        return good, {line for line in self.counted - headers if not _is_good(line)}, len(headers)

    # by hand

    def _begin(self, job: Job) -> None:
        job.target.write_bytes(job.content[: self.choice.randrange(1, len(job.content))])
        self._stamp(job.target)
        self.jobs.append(job)

    def _finish(self, job: Job) -> None:
        job.target.write_bytes(job.content)
        self._stamp(job.target)

    def _busy(self) -> set[Path]:
        return {path for job in self.jobs for path in (job.source, job.target)}

    def _in_work(self, path: Path) -> bool:
        return any(job.target == path for job in self.jobs)

    def _is_live(self, path: Path) -> bool:
        return bool(self.server) and path.samefile(self.server)

    def _any(self, fits: Callable[[Path], bool] = lambda path: True) -> Path | None:
        paths = [path for path in sorted(self.folder.iterdir()) if path not in self._busy() and fits(path)]
        return self.choice.choice(paths) if paths else None

    def _new_name(self, suffix: str) -> Path:
        self.ticks += 1
        return self.folder / f"access{self.choice.choice('-._')}{self.choice.randrange(10)}{self.ticks}{suffix}"

    def _rename(self, path: Path, target: Path) -> None:
        if target.exists():
            return
        path.rename(target)
        if self.server == path:
            self.server = target

    def _stamp(self, path: Path, earlier: int = 0) -> None:
        """As if written by the site's clock."""
        self.ticks += 1
        now = int(NOON.timestamp()) * 10**9 + self.ticks * 1000 + earlier
        os.utime(path, ns=(now, now))


ACTS = (
    Rotated.append,
    Rotated.append_much,
    Rotated.reopen,
    Rotated.rotate,
    Rotated.rotate_and_reopen,
    Rotated.copy_live,
    Rotated.copy,
    Rotated.begin_copy,
    Rotated.truncate,
    Rotated.truncate,
    Rotated.begin_gzip,
    Rotated.gzip,
    Rotated.finish,
    Rotated.gunzip,
    Rotated.move,
    Rotated.link,
    Rotated.touch,
    Rotated.age,
    Rotated.delete,
    Rotated.split,
)


def content_of(path: Path) -> bytes:
    return _plain(path.read_bytes()) if _is_gzip(path) else path.read_bytes()


def partial_content_of(path: Path) -> bytes:
    """As far as it can be decompressed."""
    content = path.read_bytes()
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content) if _is_gzip(path) else content


def _plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _is_gzip(path: Path) -> bool:
    return path.suffix == ".gz"


def _is_log(content: bytes) -> bool:
    """Whether it holds a whole good line, without which nobody knows its day."""
    return any(map(_is_good, content.split(b"\n")[:-1]))


def _is_good(line: bytes) -> bool:
    return line.startswith(b"192.0.2.1 ") and line.endswith(b'"') and line.count(b'"') == 6
