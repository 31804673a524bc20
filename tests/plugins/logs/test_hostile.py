"""Files that a crash, a mistake or an enemy made: each is told or counted, none is in another one's way."""

import gzip
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stores import Site, hit, utc
from transforms.parsing.parser import LONGEST_LINE

NOON = utc(2026, 11, 20, 11)
GOOD = [hit(NOON, path=f"/{number}") for number in range(3)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """One good file; what else lies there must not be in its way."""
    site = Site(tmp_path, NOON)
    site.write("access.good", hit(NOON, path="/good"))
    return site


def put(site: Site, name: str, content: bytes) -> Path:
    path = site.logs / name
    path.write_bytes(content)
    os.utime(path, (site.now.timestamp(), site.now.timestamp()))
    return path


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("".join(GOOD * 40).encode("utf-16"), "UTF-16"),
        ("".join(GOOD * 40).encode("utf-16-be"), "UTF-16"),
        ("".join(GOOD * 40).encode("utf-16-le"), "UTF-16"),
        ("".join(GOOD * 40).replace("\n", "\r").encode(), "CR alone"),
        (random.Random(7).randbytes(50_000), "is no text"),
        (gzip.compress(b"\n" * 20_000_000), "grows more than"),
        (gzip.compress(b"x" * 200_000_000), "grows more than"),
        (gzip.compress(bytes(200_000_000)), "grows more than"),
        (gzip.compress(b"x\n" * 20_000_000), "grows more than"),
    ],
    ids=["BOM", "big endian", "little endian", "CR", "binary", "empty lines", "one line", "NULs", "short lines"],
)
def test_what_is_no_log_is_told_in_words_counts_nowhere_and_is_quickly_told_again(
    site: Site, content: bytes, word: str
) -> None:
    path = put(site, "access.other", content)
    os.utime(path, ((NOON - timedelta(days=2)).timestamp(),) * 2)
    done = site.ingest()
    assert +done.lines == {"hits": 1}
    (problem,) = done.problems
    assert word in problem
    began = time.process_time()
    assert site.ingest().problems == [problem]
    assert time.process_time() - began < 10


def test_one_good_line_is_enough_for_a_file_to_be_a_log(site: Site) -> None:
    """Otherwise whoever sends bytes to a server could keep its log from being read."""
    put(site, "access.other", gzip.compress(hit(NOON).encode() + b"\x01\x02\n" * 20_000))
    done = site.ingest()
    assert (done.lines["hits"], done.lines["quarantine"]) == (2, 20_000)


def test_nuls_at_the_end_wait_and_are_nobodys_when_lines_follow(site: Site) -> None:
    path = put(site, "access.log", "".join(GOOD).encode() + bytes(3 << 20))
    assert site.ingest().lines["hits"] == 1 + 3
    assert site.ingest().lines.total() == 0
    with path.open("ab") as file:
        file.write(hit(NOON, path="/after").encode())
    assert +site.ingest().lines == {"hits": 1}
    site.now += timedelta(days=2)
    assert site.ingest().lines.total() == 0
    assert site.counts() == {"hits": 5}


def test_a_hole_before_the_first_line_is_nobodys(site: Site) -> None:
    path = site.logs / "access.log"
    with path.open("wb") as file:
        file.seek(300 << 20)
        file.writelines(line.encode() for line in GOOD)
    assert site.ingest().lines["hits"] == 1 + 3
    assert site.counts() == {"hits": 4}


def test_of_a_line_without_end_the_beginning_is_kept_and_the_next_ones_are_read(site: Site) -> None:
    long = hit(NOON, path="/" + "x" * (70 << 20))
    put(site, "access.log", "".join([*GOOD, long, *GOOD[:1]]).encode())
    done = site.ingest()
    assert (done.lines["hits"], done.lines["quarantine"]) == (1 + 4, 1)
    assert site.ingest().lines.total() == 0


def test_half_a_line_without_end_waits_a_day(site: Site) -> None:
    path = put(site, "access.log", "".join(GOOD).encode() + b"x" * (3 * LONGEST_LINE))
    assert site.ingest().lines["hits"] == 1 + 3
    assert site.ingest().lines.total() == 0
    site.now += timedelta(days=1, hours=1)
    site.write("access.good", hit(site.now))
    assert +site.ingest().lines == {"hits": 1, "quarantine": 1}
    assert path.exists()


@pytest.mark.parametrize("missing", [1, 9, 2000])
def test_a_compressed_file_that_is_cut_off_waits_and_counts_once_when_it_is_whole(site: Site, missing: int) -> None:
    lines = "".join(hit(NOON, path=f"/{random.Random(n).random()}") for n in range(2000)).encode()
    put(site, "access.gz", gzip.compress(lines)[:-missing])
    assert +site.ingest().lines == {"hits": 1}
    put(site, "access.gz", gzip.compress(lines))
    assert +site.ingest().lines == {"hits": 2000}
    assert site.counts() == {"hits": 2001}


def test_garbage_after_compressed_lines_is_told_and_these_count_once(site: Site) -> None:
    put(site, "access.gz", gzip.compress("".join(GOOD).encode()) + b"what is this?")
    done = site.ingest()
    assert done.lines["hits"] == 1 + 3
    assert "has other bytes after its compressed lines" in done.problems[0]
    put(site, "access.gz", gzip.compress("".join(GOOD).encode()))
    assert site.ingest().lines.total() == 0


def test_ten_gigabytes_in_ten_megabytes_take_little_memory(tmp_path: Path) -> None:
    part = gzip.compress(b"x" * (64 << 20), 9)
    (tmp_path / "bomb.gz").write_bytes(part * 160)
    read = (
        "import sys; from pathlib import Path; from plugins.logs.log_file import LogFile\n"
        "try: [None for piece in LogFile(Path(sys.argv[1])).pieces(0, True)]\n"
        "except Exception as error: print(error)\n"
        "print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", read, tmp_path / "bomb.gz"], capture_output=True, text=True, check=True
    )
    *sentence, kilobytes = done.stdout.splitlines()
    assert "grows more than" in sentence[0]
    assert int(kilobytes) < 256 << 10
