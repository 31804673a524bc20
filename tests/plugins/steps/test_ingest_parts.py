"""An ingest in parts reads the same as one in one process, whatever is repeated, cleared or done at the same time."""

import multiprocessing
from collections import Counter
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from plugins.steps.days import day_receipts, load_open_day
from plugins.steps.ingest_parts import begin_ingest, finish_part, import_part, note_told, read_part
from plugins.steps.planning import Plan
from plugins.steps.reading import read_files
from plugins.steps.writing import ShardWriter
from plugins.store.locks import BusyError
from plugins.store.records import Receipts
from schemas.receipts import Receipt
from schemas.refusals import SupersededError
from tests.stores import Site, apache_error, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
OLD = NOON - timedelta(days=40)


class KilledError(BaseException):
    """As if the process had ended here."""


def a_site(folder: Path) -> Site:
    """Files of open days, of old days, and one that begins young and goes on old."""
    site = Site(folder, NOON)
    for number in range(4):
        lines = (hit(NOON - timedelta(hours=20 * number + n), f"192.0.2.{n}", f"/{number}/{n}") for n in range(9))
        site.write(f"access.log.{number}", *lines)
    site.write("access.old", *(hit(OLD + timedelta(hours=8 * n), path=f"/old/{n}") for n in range(5)))
    site.write("access.mixed", *(hit(NOON, path=f"/m/{n}", agent="x" * 900) for n in range(1200)), hit(OLD, path="/m"))
    site.write("error.log", apache_error(NOON), "  at line 1\n", "what is this\n")
    return site


def in_parts(site: Site) -> Plan:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    for chunk in reversed(plan.chunks(3)):
        read_part(store, plan.token, chunk, silent)
    finish_part(store, plan.token, import_part(store, plan.token, "operations", silent))
    return plan


def outcome(site: Site) -> tuple[object, ...]:
    """The tables of imported days, and what is in the window of the others."""
    store = site.open()
    window = {
        day: (Counter(data.hits["path"].to_pylist()), len(data.errors), data.continuations, data.quarantined)
        for day in store.open_days()
        if (data := load_open_day(store, day, day_receipts(store, day)))
    }
    return site.tables(), site.tables("visit_log"), site.counts(), window, store.marks.days("closed")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    site = a_site(tmp_path_factory.mktemp("one pass"))
    site.ingest()
    return outcome(site)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path / "parts")


def test_parts_read_the_same_as_one_pass(site: Site, expected: tuple[object, ...]) -> None:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    for chunk in plan.chunks(3):
        read_part(store, plan.token, chunk, silent)
    result = finish_part(store, plan.token, import_part(store, plan.token, "operations", silent))
    assert outcome(site) == expected
    assert +result.lines == site.counts(), "also of a file that two of them read"
    assert site.ingest().lines.total() == 0


def test_files_are_divided_by_size_and_old_ones_left_to_the_importer(site: Site) -> None:
    plan = begin_ingest(site.open(), "operations", silent)
    chunks = plan.chunks(3)
    assert sorted(number for chunk in chunks for number in chunk) == [
        number for number, file in enumerate(plan.files) if not file.is_old
    ]
    assert [Path(file.path).name for file in plan.files if file.is_old] == ["access.old"]
    assert [len(chunk) for chunk in chunks].count(1) == 1, "the largest file is a chunk of its own"
    assert plan.chunks(1000) == [[number] for chunk in plan.chunks(1000) for number in chunk]


def test_any_part_may_be_run_again_at_any_time(site: Site, expected: tuple[object, ...]) -> None:
    plan = in_parts(site)
    store = site.open()
    for _ in range(2):
        for chunk in plan.chunks(3):
            read_part(store, plan.token, chunk, silent)
        imported = import_part(store, plan.token, "operations", silent)
        result = finish_part(store, plan.token, imported)
        assert result.problems == []
        assert +result.lines == site.counts()
    assert outcome(site) == expected


def test_a_part_of_an_earlier_ingest_does_nothing(site: Site, expected: tuple[object, ...]) -> None:
    store = site.open()
    first = begin_ingest(store, "operations", silent)
    in_parts(site)
    with pytest.raises(SupersededError):
        read_part(store, first.token, [0], silent)
    with pytest.raises(SupersededError):
        import_part(store, first.token, "operations", silent)
    assert outcome(site) == expected


def test_files_that_nobody_read_are_told_and_read_the_next_time(site: Site, expected: tuple[object, ...]) -> None:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    one, *_ = plan.chunks(3)
    read_part(store, plan.token, one, silent)
    imported = import_part(store, plan.token, "operations", silent)
    assert imported.is_postponed, "another file may hold more of the old days"
    result = finish_part(store, plan.token, imported)
    unread = len(plan.files) - len({*one, *imported.reads})
    assert f"{unread} files were not read" in result.problems[0]
    in_parts(site)
    assert outcome(site) == expected


def _read(policy_folder: Path, token: str, chunk: list[int]) -> None:
    read_part(Site(policy_folder, NOON).open(), token, chunk, silent)


def test_readers_at_the_same_time_get_in_nobodys_way(site: Site, expected: tuple[object, ...]) -> None:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    context = multiprocessing.get_context("spawn")
    readers = [context.Process(target=_read, args=(site.folder, plan.token, chunk)) for chunk in plan.chunks(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [reader.exitcode for reader in readers] == [0, 0, 0]
    finish_part(store, plan.token, import_part(store, plan.token, "operations", silent))
    assert outcome(site) == expected


def test_while_a_reader_is_at_work_no_other_ingest_begins(site: Site) -> None:
    store = site.open()
    with store.locks.held("ingest", shared=True):
        with pytest.raises(BusyError):
            begin_ingest(store, "operations", silent)
        with pytest.raises(BusyError):
            site.ingest()


def test_a_new_file_that_was_exchanged_since_the_plan_waits(site: Site, expected: tuple[object, ...]) -> None:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    number, planned = next((n, file) for n, file in enumerate(plan.files) if file.path.endswith("access.log.2"))
    path = Path(planned.path)
    content = path.read_text()
    path.rename(path.with_name("access.log.9"))
    path.write_text(hit(NOON, path="/another"))
    assert "was exchanged" in read_part(store, plan.token, [number], silent)[number].waiting[0]
    path.unlink()
    path.with_name("access.log.9").rename(path)
    assert path.read_text() == content
    in_parts(site)
    assert outcome(site) == expected


def test_old_days_far_down_in_a_file_are_left_to_the_importer_and_all_lines_are_summed_up(
    site: Site, expected: tuple[object, ...]
) -> None:
    result = site.ingest(shard_bytes=200_000)
    assert len([shard for shard in site.open().receipts.shards() if shard.begin]) > 3, "receipts before the old days"
    assert outcome(site) == expected
    assert +result.lines == site.counts()


def test_lines_of_an_ingest_that_was_never_finished_are_news_to_the_next_one(site: Site) -> None:
    store = site.open()
    first = begin_ingest(store, "operations", silent)
    for chunk in first.chunks(3):
        read_part(store, first.token, chunk, silent)
    import_part(store, first.token, "operations", silent)
    second = begin_ingest(store, "operations", silent)
    assert second.goes_on
    assert begin_ingest(store, "operations", silent).goes_on, "however often it is interrupted"
    plan = in_parts(site)
    assert plan.goes_on
    note_told(store, plan.token)
    after = begin_ingest(store, "operations", silent)
    assert not after.goes_on
    assert not after.has_news
    assert not begin_ingest(store, "operations", silent).goes_on, "there was nothing to tell"


def test_lines_that_a_killed_reader_receipted_but_did_not_note_are_summed_up(site: Site) -> None:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    for chunk in plan.chunks(3):
        read_files(store, plan, chunk, silent)  # as a reader does, and then it is killed
    for chunk in plan.chunks(3):
        read_part(store, plan.token, chunk, silent)
    result = finish_part(store, plan.token, import_part(store, plan.token, "operations", silent))
    assert +result.lines == site.counts()
    assert result.lines.total() > 1000


def test_an_ingest_by_hand_between_two_parts_takes_over(site: Site, expected: tuple[object, ...]) -> None:
    store = site.open()
    first = begin_ingest(store, "operations", silent)
    result = site.ingest()
    assert +result.lines == site.counts()
    with pytest.raises(SupersededError):
        read_part(store, first.token, first.chunks(1)[0], silent)
    assert outcome(site) == expected
    assert begin_ingest(store, "operations", silent).goes_on, "detection has not heard of these lines yet"


def _read_slowly(folder: Path, token: str, ready: Event, go: Event) -> None:
    """A first attempt that stands still after its first shard, as a process does that its supervisor has lost."""
    real = ShardWriter.write

    def write(self: ShardWriter, *arguments: Any) -> Receipt:
        receipt = real(self, *arguments)
        ready.set()
        go.wait(60)
        return receipt

    ShardWriter.write = write  # type: ignore[method-assign]
    read_part(Site(folder, NOON).open(), token, [0], silent)


def test_two_attempts_at_the_same_file_read_it_once(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    path = site.write("access.log", *(hit(NOON, path=f"/{n}") for n in range(5)))
    plan = begin_ingest(site.open(), "operations", silent)
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    first = context.Process(target=_read_slowly, args=(tmp_path, plan.token, ready, go))
    first.start()
    assert ready.wait(60)
    site.write("access.log", *(hit(NOON, path=f"/{n}") for n in range(5, 7)))
    second = context.Process(target=_read, args=(tmp_path, plan.token, [0]))
    second.start()
    second.join(3)
    assert second.is_alive(), "it waits"
    go.set()
    for process in (first, second):
        process.join(60)
        assert process.exitcode == 0
    in_parts(site)
    assert site.counts() == {"hits": len(path.read_text().splitlines())}


def test_an_importer_that_was_killed_while_its_import_was_carried_out_goes_on(
    site: Site, expected: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = site.open()
    plan = begin_ingest(store, "operations", silent)
    for chunk in plan.chunks(3):
        read_part(store, plan.token, chunk, silent)
    real = Receipts.put
    puts: list[str] = []

    def put(self: Receipts, receipt: Receipt) -> None:
        puts.append(receipt.source)
        if len(puts) == 2:
            raise KilledError
        real(self, receipt)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Receipts, "put", put)
        import_part(store, plan.token, "operations", silent)
    assert store.imports.names() != []
    imported = import_part(store, plan.token, "operations", silent)
    assert finish_part(store, plan.token, imported).problems == []
    assert outcome(site) == expected
