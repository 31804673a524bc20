"""A mistake of ours that one file brings to light: it is told without a line, and no other file waits for it."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Never

import pytest

from plugins.steps.ingest_parts import begin_ingest, finish_part, import_part, read_part
from plugins.steps.writing import ShardWriter
from plugins.store.locks import BusyError
from schemas.refusals import RefusedError
from tests.stores import Site, hit, silent, utc
from transforms.parsing.parser import Parsed, Parser

NOON = utc(2026, 11, 20, 11)
OLD = NOON - timedelta(days=30)
BAD = hit(NOON, "192.0.2.77", "/spoiled")
SENTENCE = "was not read to its end by a mistake in Lethe: ValueError in spoiled, line "


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, NOON)


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One that cannot bear a line, and says so in its words; `undo` mends it."""
    parse = Parser.parse_block

    def spoiled(parser: Parser, content: bytes, *place: Any) -> Parsed:
        if b"/spoiled" in content:
            raise ValueError(content)
        return parse(parser, content, *place)

    monkeypatch.setattr(Parser, "parse_block", spoiled)
    return monkeypatch


def test_other_files_are_read_and_the_next_run_tries_again(site: Site, parser: pytest.MonkeyPatch) -> None:
    site.write("access.a", BAD)
    site.write("access.b", hit(NOON, path="/b"))
    for counted in (1, 0):
        done = site.ingest()
        assert done.lines.total() == counted
        assert SENTENCE in done.problems[0]
        assert str(site.logs / "access.a") in done.problems[0]
        assert "192.0.2" not in str(done)
    parser.undo()
    assert +site.ingest().lines == {"hits": 1}
    assert site.ingest().problems == []
    assert site.counts() == {"hits": 2}


def test_shards_before_it_count_and_are_not_read_again(site: Site, parser: pytest.MonkeyPatch) -> None:
    good = [hit(NOON, path=f"/{number}") for number in range(10)]
    site.write("access.log", *good, BAD, *good)
    done = site.ingest(shard_bytes=1)
    assert (done.lines.total(), len(done.problems)) == (10, 1)
    assert site.counts() == {"hits": 10}
    parser.undo()
    assert site.ingest().lines.total() == 11
    assert site.counts() == {"hits": 21}


@pytest.mark.parametrize("spoiled", ["the file of old days", "another old file", "a new file"])
def test_old_days_wait_until_every_file_can_be_read(site: Site, parser: pytest.MonkeyPatch, spoiled: str) -> None:
    site.write("access.old", *(hit(OLD, path=f"/{number}") for number in range(5)))
    if spoiled == "the file of old days":
        site.write("access.old", BAD)
    elif spoiled == "another old file":
        site.write("access.older", hit(OLD, path="/x"), BAD)
    else:
        site.write("access.new", BAD)
    done = site.ingest(shard_bytes=1)
    assert (done.lines.total(), done.marks, len(done.problems)) == (0, [], 1)
    assert "old days are imported when all files can be read" in done.waiting
    assert list(site.open().window.names()) == []
    parser.undo()
    marks = site.ingest().marks
    assert [(mark.how, mark.lines) for mark in marks] == [("imported", 6 if spoiled == "another old file" else 5)]


def test_several_processes_go_on_too(site: Site, parser: pytest.MonkeyPatch) -> None:
    site.write("access.a", BAD)
    site.write("access.b", hit(NOON, path="/b"))
    store = site.open()
    token = begin_ingest(store, "operations", silent).token
    for number in range(2):
        read_part(store, token, [number], silent)
    done = finish_part(store, token, import_part(store, token, "operations", silent))
    assert (done.lines["hits"], len(done.problems)) == (1, 1)
    parser.undo()
    assert site.ingest().lines["hits"] == 1


def test_sums_that_do_not_agree_are_written_nowhere(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ShardWriter.place

    def lossy(writer: ShardWriter, *arguments: Any) -> Any:
        placed = place(writer, *arguments)
        return placed._replace(counts=placed.counts.model_copy(update={"hits": placed.counts.hits // 2}))

    monkeypatch.setattr(ShardWriter, "place", lossy)
    site.write("access.log", hit(NOON), hit(NOON, path="/2"))
    done = site.ingest()
    assert (done.lines.total(), site.counts()) == (0, {})
    assert "AssertionError in write, line" in done.problems[0]
    monkeypatch.undo()
    assert site.ingest().lines["hits"] == 2
    files = {name.split("/")[3] for name in site.open().window.names()}
    assert len(files) == 1, "what was sealed in vain is swept"


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), BusyError(), MemoryError(), KeyboardInterrupt()]
)
def test_what_is_wrong_with_store_or_machine_ends_the_run(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def failing(*_: Any) -> Never:
        raise error

    site.write("access.log", hit(NOON))
    monkeypatch.setattr(ShardWriter, "write", failing)
    with pytest.raises(type(error)):
        site.ingest()
    monkeypatch.undo()
    assert site.ingest().lines["hits"] == 1


def test_what_the_store_refuses_is_told_in_its_own_words(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> Never:
        raise RefusedError("the day is damaged")

    site.write("access.log", hit(NOON))
    monkeypatch.setattr(ShardWriter, "write", failing)
    assert site.ingest().problems == ["the day is damaged"]
