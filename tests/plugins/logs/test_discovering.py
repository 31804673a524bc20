"""What is found in a log's folder: what is new, what was read, what waits, and what is wrong."""

import gzip
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.logs.discovering import Discovery, discover
from plugins.logs.finding import find_files
from plugins.logs.fingerprints import START, Fingerprints
from plugins.logs.log_file import LogFile
from tests.stores import Site, hit, utc

NOON = utc(2026, 11, 20, 11)
SAME = [hit(NOON, path="/health") for _ in range(START // len(hit(NOON, path="/health")) + 2)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, NOON)


def lines(first: int, number: int) -> list[str]:
    return [hit(NOON, path=f"/{n}") for n in range(first, first + number)]


def found(site: Site, seen: Any = None) -> Discovery:
    store = site.open()
    log = store.policy.logs[0]
    prints = Fingerprints(store.keys.store_key(may_make=True), log.name)
    return discover(log, store.base, store.receipts.newest(log.name), prints, seen or {}, site.now.timestamp())


def test_a_path_counts_once_whatever_number_of_patterns_it_fits(site: Site) -> None:
    site.policy.write_text(site.policy.read_text().replace('"logs/access*"', '"logs/access*", "logs/*log"'))
    site.write("access.log", hit(NOON))
    site.write("error.log", "x\n")
    files = find_files(site.open().policy.logs[0], site.folder)
    names = [(kind, Path(origin.name).name) for kind, origin in files]
    assert names == [("access", "access.log"), ("access", "error.log")]


def test_a_copy_counts_once_and_the_longer_of_two_is_read(site: Site) -> None:
    site.write("access.log", *lines(0, 3))
    shutil.copy(site.logs / "access.log", site.logs / "access.bak")
    site.write("access.log", *lines(3, 1))
    assert [(Path(source.file.name).name, source.begin) for source in found(site).sources] == [("access.log", 0)]
    assert site.ingest().lines["hits"] == 4
    assert found(site).read.keys() == {str(site.logs / "access.bak")}, "a beginning of what was read"


def test_a_compressed_copy_is_all_that_is_left_when_the_other_goes_before_it_was_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `gzip` does it: the compressed file is whole, then the other is removed, here within a run."""
    site.write("access.log.1", *lines(0, 3))
    packed = site.logs / "access.log.1.gz"
    packed.write_bytes(gzip.compress((site.logs / "access.log.1").read_bytes()))
    pieces = LogFile.pieces

    def too_late(file: LogFile, *arguments: Any, **options: Any) -> Any:
        (site.logs / "access.log.1").unlink(missing_ok=True)
        return pieces(file, *arguments, **options)

    monkeypatch.setattr(LogFile, "pieces", too_late)
    assert site.ingest().lines.total() == 0
    assert site.ingest().lines["hits"] == 3
    assert site.ingest().lines.total() == 0


def test_half_a_line_at_the_end_of_two_copies_waits_in_the_one_that_may_grow(site: Site) -> None:
    site.write("access.log", *lines(0, 2), hit(NOON)[:50])
    (site.logs / "access.0.gz").write_bytes(gzip.compress((site.logs / "access.log").read_bytes()))
    assert site.ingest().lines["hits"] == 2
    (site.logs / "access.log").unlink()
    last = site.ingest().lines
    assert (last.total(), last["quarantine"]) == (1, 1)


@pytest.mark.parametrize("rotate", ["rename", "copy and truncate", "compress", "rename and grow"])
def test_a_file_is_known_under_another_name_and_the_next_one_is_new(site: Site, rotate: str) -> None:
    path, old = site.write("access.log", *lines(0, 100)), site.logs / "access.log.1"
    site.ingest()
    site.write("access.log", *lines(100, 10))
    if rotate == "copy and truncate":
        shutil.copy(path, old)
        os.truncate(path, 0)
    elif rotate == "compress":
        old.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    else:
        path.rename(old)
    if rotate == "rename and grow":
        site.write("access.log.1", *lines(200, 5))
    site.write("access.log", *lines(300, 1))
    begins = {Path(source.file.name).name: source.begin for source in found(site).sources}
    assert begins == {"access.log": 0, "access.log.1": len("".join(lines(0, 100)).encode())}


def test_what_goes_on_differently_after_the_same_lines_is_a_file_of_its_own(site: Site) -> None:
    """Two servers behind one load balancer begin with the same health checks, to the second."""
    site.write("access.one", *SAME, *lines(0, 5))
    site.ingest()
    site.write("access.two", *SAME)
    assert site.ingest().lines.total() == 0, "nothing tells it from a copy"
    site.write("access.two", *lines(10, 1))
    assert (site.logs / "access.two").stat().st_size < (site.logs / "access.one").stat().st_size
    assert site.ingest().lines["hits"] == len(SAME) + 1
    site.write("access.two", *lines(11, 20))
    site.write("access.one", *lines(40, 2))
    assert site.ingest().lines["hits"] == 22


def test_of_two_files_that_go_on_differently_after_what_was_read_only_one_is_the_known_one(site: Site) -> None:
    site.write("access.one", *SAME[:3])
    assert site.ingest().lines["hits"] == 3
    site.write("access.one", *lines(0, 1))
    site.write("access.two", *SAME[:3], *lines(10, 2))
    assert site.ingest().lines["hits"] == 1 + 5
    assert site.counts() == {"hits": 3 + 1 + 5}


def test_the_beginning_of_a_file_that_is_gone_is_a_copy(site: Site) -> None:
    path = site.write("access.log", *SAME, *lines(0, 5))
    site.ingest()
    path.unlink()
    site.write("access.restored", *SAME, *lines(0, 3))
    assert site.ingest().lines.total() == 0


def test_a_file_with_nothing_new_is_not_opened_until_it_changes(site: Site) -> None:
    path = site.write("access.log", *lines(0, 2))
    site.ingest()
    seen = {str(path): LogFile(path).signature}
    assert found(site, seen).read == seen
    assert found(site, seen).sources == []
    site.write("access.log", *lines(2, 1))
    assert [source.begin for source in found(site, seen).sources] == [len("".join(lines(0, 2)))]


def test_half_a_compressed_file_waits_and_is_a_problem_when_nobody_works_on_it_any_more(site: Site) -> None:
    path = site.logs / "access.log.gz"
    path.write_bytes(gzip.compress("".join(lines(0, 5)).encode())[:-9])
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    assert (len(found(site).waiting), len(found(site).problems)) == (1, 0)
    site.now += timedelta(hours=2)
    assert (len(found(site).waiting), len(found(site).problems)) == (0, 1)


def test_a_folder_and_a_file_without_permission_are_told_and_keep_no_other_from_being_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("access.log", *lines(0, 1))
    site.write("access.secret", *lines(1, 1))
    (site.logs / "access.d").mkdir()
    (site.logs / "access.empty").touch()
    opened = Path.open

    def guarded(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "access.secret":
            raise PermissionError
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", guarded)  # root may read everything
    result = found(site)
    assert [Path(source.file.name).name for source in result.sources] == ["access.log"]
    assert ["is a folder" in result.problems[0], "permission" in result.problems[1]] == [True, True]


@pytest.mark.parametrize("name", ["length", "is_prefix_of", "read"])
def test_a_file_that_goes_while_it_is_looked_at_keeps_no_other_from_being_read(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    site.write("access.log", *lines(0, 3))
    for copy in ("access.a", "access.b"):
        shutil.copy(site.logs / "access.log", site.logs / copy)
    site.write("access.zzz", *lines(10, 1))
    act: Callable[..., Any] = getattr(LogFile, name)

    def vanishing(file: LogFile, *arguments: Any) -> Any:
        if file.name.endswith("access.b"):
            Path(file.name).unlink(missing_ok=True)
        return act(file, *arguments)

    monkeypatch.setattr(LogFile, name, vanishing)
    result = found(site)
    assert result.problems == []
    assert len(result.sources) == 2


HEADER = "#Version: 1.0\n#Fields: date time\n"
CHECK = hit(NOON, path="/health")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were opened, once for each time: in an object store each is a request."""
    names: list[str] = []
    act = LogFile.opened

    def noting(file: LogFile, begin: int) -> Any:
        names.append(file.name)
        return act(file, begin)

    monkeypatch.setattr(LogFile, "opened", noting)
    return names


@pytest.mark.parametrize("begin", [HEADER, CHECK, ""], ids=["headers", "health check", "nothing"])
@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_files_that_begin_with_the_same_lines_are_looked_at_a_few_times_each(
    site: Site, opened: list[str], begin: str, packed: bool
) -> None:
    number = 20
    for n in range(number):
        content = "".join([begin, *lines(1000 * n, 1 + n % 40)]).encode()
        (site.logs / f"access.{n}").write_bytes(gzip.compress(content) if packed else content)
    assert len(found(site).sources) == number
    assert len(opened) <= 3 * number
    site.ingest()
    opened.clear()
    for n in range(number):
        (site.logs / f"access.new.{n}").write_text(begin + hit(NOON, path=f"/new/{n}"))
    assert len(found(site).sources) == 2 * number, "what is known is looked at, too"
    assert len(opened) <= 6 * number


def test_of_many_files_with_the_same_header_every_copy_and_every_beginning_is_found(site: Site) -> None:
    for n in range(20):
        site.write(f"access.{n}", HEADER, *lines(1000 * n, 30))
        site.write(f"access.copy.{n}", HEADER, *lines(1000 * n, 30))
        site.write(f"access.part.{n}", HEADER, *lines(1000 * n, n))
        site.write(f"access.half.{n}", HEADER, *lines(1000 * n, n), lines(1000 * n + n, 1)[0][:40])
        site.write(f"access.header.{n}", HEADER)
        (site.logs / f"access.half.header.{n}").write_text(HEADER[:20])
        (site.logs / f"access.packed.{n}.gz").write_bytes(
            gzip.compress((HEADER + "".join(lines(1000 * n, n))).encode())
        )
    result = found(site)
    assert (len(result.sources), result.problems, result.waiting) == (20, [], [])
    assert site.ingest().lines["hits"] == 20 * 30
    assert site.ingest().lines.total() == 0
