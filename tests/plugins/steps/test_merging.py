"""Adjacent shards become one, and nobody who counts, computes, erases or backs up can tell."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.backups.taking import back_up
from plugins.steps.days import day_receipts, load_open_day
from plugins.steps.erasing import erase
from plugins.steps.importing import sweep_window
from plugins.steps.merging import FEWEST, LARGEST, merge_at_rest, merge_grown, merged_receipt, runs_to_merge
from plugins.steps.rebuilding import changed_days
from plugins.store.door import Folder
from plugins.store.records import Shard, outermost
from schemas.receipts import Counts, Fingerprint, Receipt, Sealed
from tests.stores import Site, apache_error, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
TODAY = NOON.date()
A_DAY = timedelta(days=1)
ANNA, BERIT = "192.0.2.77", "198.51.100.5"


def receipt_of(begin: int, end: int, read_on: date = TODAY) -> Receipt:
    sealed = Sealed(name=f"{read_on}/hits/www/a/{begin}-{end}.1.parquet", digest="", rows=1)
    return Receipt(
        log="www",
        file="a",
        begin=begin,
        end=end,
        first_line=begin + 1,
        counts=Counts(hits=end - begin),
        objects=(sealed,),
        layouts=("combined",),
        fingerprint=Fingerprint(head_bytes=0, head="", starts=(), tail=""),
        read_on=read_on,
    )


def merged(receipts: list[Receipt], today: date = TODAY) -> list[Receipt]:
    """What the receipts of a file become."""
    has_ended = {sealed.day: sealed.day < today - 7 * A_DAY for one in receipts for sealed in one.objects}
    for run in runs_to_merge(receipts, today, has_ended):
        if len(run) > 1:
            place = receipts.index(run[0])
            objects = [sealed for one in run for sealed in one.objects if not has_ended[sealed.day]]
            receipts[place : place + len(run)] = [merged_receipt(run, objects)]
    return receipts


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=500))
def test_of_any_log_there_are_few_shards_and_each_byte_is_written_anew_a_few_times(sizes: list[int]) -> None:
    receipts: list[Receipt] = []
    end, rewritten, most = 0, 0, 0
    for size in sizes:
        receipts.append(receipt_of(end, end + size))
        end += size
        before = {one.source for one in receipts}
        receipts = merged(receipts)
        rewritten += sum(one.end - one.begin for one in receipts if one.source not in before)
        most = max(most, len(receipts))
    levels = max(1, (end // min(sizes)).bit_length())
    assert rewritten <= end * (levels / 2 + 1), "its shard is at least fourfold each time"
    assert most <= 4 * FEWEST * levels
    assert [one.begin for one in receipts] == [0, *(one.end for one in receipts[:-1])], "no byte is lost"
    assert sum(one.counts.lines for one in receipts) == end


def test_288_runs_a_day_leave_a_dozen_shards_and_the_day_after_tomorrow_one() -> None:
    receipts: list[Receipt] = []
    most = 0
    for run in range(288):
        receipts = merged([*receipts, receipt_of(run * 500, run * 500 + 500)])
        most = max(most, len(receipts))
    assert most <= 14
    assert len(merged(receipts, TODAY + A_DAY)) == len(receipts)
    assert len(merged(receipts, TODAY + 2 * A_DAY)) == 1


def test_no_shard_grows_beyond_what_fits_into_memory() -> None:
    size = LARGEST // 3
    receipts = [receipt_of(n * size, (n + 1) * size, TODAY - 3 * A_DAY) for n in range(20)]
    assert max(one.end - one.begin for one in merged(receipts)) <= LARGEST


def test_of_closed_days_one_receipt_is_left_whatever_its_size() -> None:
    receipts = [receipt_of(n * LARGEST, (n + 1) * LARGEST, TODAY - 9 * A_DAY) for n in range(20)]
    (one,) = merged(receipts)
    assert (one.begin, one.end, one.objects) == (0, 20 * LARGEST, ())


def test_a_receipt_in_whose_range_others_lie_has_taken_their_place() -> None:
    shards = [Shard("www", "a", *place) for place in ((0, 5), (5, 10), (0, 10), (10, 12))]
    others = [Shard("www", "b", 2, 3), Shard("other", "a", 2, 3)]
    assert outermost([*shards, *others]) == [others[1], *shards[2:], others[0]]


LATE = utc(2026, 11, 19, 22, 30)  # half an hour before midnight


def of_many_runs(folder: Path, runs: int = 4, merges: bool = True, begin: datetime = LATE) -> Site:
    """A line of each of two people, an error with its trace and a broken line in each run."""
    site = Site(folder, begin)
    with as_always() if merges else unmerged():
        for number in range(runs):
            site.now += timedelta(minutes=20)
            local = site.now + timedelta(hours=1)
            site.write(
                "access.log", hit(site.now, ANNA, f"/{number}"), hit(site.now, BERIT, "/wp-login.php"), "broken\n"
            )
            site.write("error.log", apache_error(local, ANNA), "  at line 1\n")
            assert site.ingest().problems == []
    return site


@contextmanager
def as_always() -> Iterator[None]:
    yield


@contextmanager
def unmerged() -> Iterator[None]:
    """A store as it would be if nothing were ever merged."""
    with patch("plugins.steps.ingest.merge_grown"), patch("plugins.steps.closing.merge_at_rest"):
        yield


def rows(site: Site) -> list[str]:
    """All rows of open days in the order in which statistics meet them, without the random ids of files."""
    store, found = site.open(), []
    for day in store.open_days():
        data = load_open_day(store, day, day_receipts(store, day))
        for kind in ("hits", "errors", "events", "late"):
            table = getattr(data, kind)
            found += [
                f"{kind} {day} {row}"
                for row in table.select([name for name in table.schema.names if name != "file"]).to_pylist()
            ]
        found.append(f"{day} {data.continuations} {data.quarantined}")
    return found


def shards_of(site: Site) -> list[int]:
    return [shard.end - shard.begin for shard in site.open().receipts.shards()]


def test_rows_counts_and_statistics_are_as_without_merging(tmp_path: Path) -> None:
    site, twin = of_many_runs(tmp_path / "site", 6), of_many_runs(tmp_path / "twin", 6, merges=False)
    assert len(shards_of(site)) < len(shards_of(twin)) == 12
    assert (site.counts(), rows(site)) == (twin.counts(), rows(twin))
    site.rebuild()
    twin.rebuild()
    assert site.tables() == twin.tables()


def test_a_merge_changes_no_day(tmp_path: Path) -> None:
    site = of_many_runs(tmp_path, 8, merges=False)
    site.rebuild()
    merge_all(site)
    assert len(shards_of(site)) == 4, "two files, each read on two days"
    assert changed_days(site.open()) == [], "nothing has to be computed anew"
    receipts = site.open().receipts
    shards = filter(None, map(receipts.get, receipts.shards()))
    assert set(site.open().window.names()) == {one.name for receipt in shards for one in receipt.objects}


def test_lines_are_counted_by_their_ingest_before_they_are_merged(tmp_path: Path) -> None:
    site = of_many_runs(tmp_path, 3)
    for _ in range(6):
        site.write("access.log", hit(site.now), hit(site.now), "broken\n")
        assert +site.ingest().lines == {"hits": 2, "quarantine": 1}


def test_a_backup_of_merged_shards_is_whole_though_receipts_are_gone(tmp_path: Path) -> None:
    site = of_many_runs(tmp_path, 6, merges=False)
    back_up(site.open(), "operations", silent)
    merge_all(site)
    site.now += timedelta(minutes=1)
    manifest = back_up(site.open(), "operations", silent)
    assert manifest.lines == site.counts().total()


def test_a_backup_after_a_killed_merge_names_each_line_once(tmp_path: Path) -> None:
    site = of_many_runs(tmp_path, 6, merges=False)
    with pytest.raises(KilledError), killed_at(Folder, "remove", 1):
        merge_all(site)
    assert len(list(site.open().receipts.place.names())) > len(shards_of(site))
    assert back_up(site.open(), "operations", silent).lines == site.counts().total()


def test_shards_of_a_day_that_somebody_works_on_wait(tmp_path: Path) -> None:
    site = of_many_runs(tmp_path, 6, merges=False)
    before, store = shards_of(site), site.open()
    with store.writing(*store.open_days()):
        merge_all(site)
    assert shards_of(site) == before
    merge_all(site)
    assert len(shards_of(site)) < len(before)


def test_shards_of_a_half_done_erasure_wait(tmp_path: Path) -> None:
    site = of_many_runs(tmp_path, 6, merges=False, begin=NOON)
    with pytest.raises(KilledError), killed_at(Folder, "put", 7):
        erase_anna(site)
    before = shards_of(site)
    merge_all(site)
    assert shards_of(site) == before
    erase_anna(site)
    merge_all(site)
    assert not [row for row in rows(site) if ANNA in row]


def merge_all(site: Site) -> None:
    store = site.open()
    with store.locks.held("ingest"):
        merge_grown(store, [(one.log, one.file, one.end) for one in store.receipts.newest()])


def erase_anna(site: Site) -> None:
    erase(site.open(), {ip_address(ANNA)}, "operations", silent)


class KilledError(BaseException):
    """Stands in for a kill, which `tests/kills` sends in earnest."""


@contextmanager
def killed_at(place: type[Folder], name: str, number: int) -> Iterator[None]:
    """Every write from that one on fails, so that nothing tidies up behind the kill."""
    real: Callable[..., None] = getattr(place, name)
    calls = [0]

    def call(self: Folder, *arguments: Any) -> None:
        calls[0] += 1
        if calls[0] >= number:
            raise KilledError
        real(self, *arguments)

    with patch.object(place, name, call):
        yield


def append(site: Site, seed: int) -> None:
    moment = site.now - timedelta(minutes=seed % 40)
    who = (ANNA, BERIT)[seed % 2]
    site.write("access.log", hit(moment, who, f"/{seed % 7}"), *["broken\n"] * (seed % 5 == 0))
    site.write("access.log", hit(moment, who, "/wp-login.php"))
    if seed % 3 == 0:
        site.write("error.log", apache_error(moment + timedelta(hours=1), who))
    if seed % 4 == 0:
        site.write("error.log", "  goes on\n")


def ingest(site: Site, _: int) -> None:
    site.ingest()


def tidy(site: Site, _: int) -> None:
    store = site.open()
    with store.locks.held("ingest"):
        sweep_window(store)
        merge_at_rest(store)
        merge_grown(store, [(one.log, one.file, one.end) for one in store.receipts.newest()])


def forget_anna(site: Site, _: int) -> None:
    site.now += timedelta(minutes=1)
    erase_anna(site)


def close(site: Site, _: int) -> None:
    site.now += A_DAY
    site.write("access.log", "")
    site.close()


ACTS = [*[append] * 4, *[ingest] * 6, tidy, forget_anna, close]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 99), st.none() | st.integers(1, 25)), min_size=5, max_size=40
    )
)
def test_whatever_happens_the_lines_are_those_of_a_store_that_never_merges(acts: list[Any]) -> None:
    """Appends, ingests, merges, erasures and closes in any order, each killed at any write and run again."""
    with tempfile.TemporaryDirectory() as folder, patch("os.fsync"):
        site, twin = Site(Path(folder) / "site", NOON), Site(Path(folder) / "twin", NOON)
        for act, seed, kill in [*acts, (ingest, 0, None), (tidy, 0, None)]:
            if kill and act is not append:
                now = site.now
                try:
                    with killed_at(Folder, "put" if seed % 2 else "remove", kill):
                        act(site, seed)
                except KilledError:
                    site.now = now
                    act(site, seed)
            else:
                act(site, seed)
            with unmerged():
                if act is not tidy:
                    act(twin, seed)
            site.now = twin.now = max(site.now, twin.now)
        assert site.counts() == twin.counts()
        assert Counter(rows(site)) == Counter(rows(twin))
        site.rebuild()
        twin.rebuild()
        assert site.tables() == twin.tables()
        assert site.tables("visit_log") == twin.tables("visit_log")
