"""A day ends once: final tables, no key, no object, one entry in the audit trail; and no trouble keeps it open."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.steps.closing import close_day, close_due
from plugins.store.door import Folder
from schemas.receipts import Mark
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
DAYS = [date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)]
DUE = utc(2026, 11, 24, 22, 30)  # half an hour before the deadline of the first day; the others follow
A_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days, two hits each, in a file each; computed, and then one more hit that is not."""
    site = Site(tmp_path_factory.mktemp("origin"), NOON)
    for number, day in enumerate(DAYS):
        moment = utc(day.year, day.month, day.day, 11)
        site.write(f"access.log.{2 - number}", hit(moment, "192.0.2.1", "/a"), hit(moment, "192.0.2.2", "/b"))
    site.ingest()
    site.rebuild()
    site.write("access.log.2", hit(NOON - 2 * A_DAY, "192.0.2.3", "/afterwards"))
    site.ingest()
    return site.folder


@pytest.fixture
def site(origin: Path, tmp_path: Path) -> Site:
    shutil.copytree(origin, tmp_path / "site", symlinks=True)
    return Site(tmp_path / "site", NOON)


def go_to(site: Site, moment: Any) -> None:
    """The clock goes on, and so do the logs."""
    site.now = moment
    site.write("access.log.0", "")


def days_table(site: Site) -> dict[str, tuple[str, int]]:
    return {row["day"]: (row["state"], row["lines"]) for row in map(dict, site.tables()["days"])}


def visit_log(site: Site) -> set[str]:
    return {path.name.removesuffix(".parquet") for path in (site.folder / "store" / "visit_log").rglob("*.parquet")}


def audited(site: Site) -> list[dict[str, Any]]:
    """The entries of the trail, which agrees with its hashes."""
    store = site.open()
    store.audit.verify()
    return [
        json.loads(line)
        for name in store.audit.place.names()
        for line in store.audit.place.get(name).splitlines()
        if b'"close"' in line
    ]


def assert_gone(site: Site, *days: date) -> None:
    """No key and no object of them, no note of what was computed; and a mark."""
    store = site.open()
    for day in days:
        assert store.keys.generations(day) == []
        assert list(store.window.names(day)) == []
        assert f"published/{day}.json" not in list(store.place("state").names())
    assert store.marks.days("closing") == []
    assert store.marks.days("closed") == list(days)


def refresh(site: Site, folder: str, part: str, content: bytes) -> None:
    """Something happens to a file."""
    path = next(path for path in sorted((site.folder / folder).rglob("*")) if path.is_file() and part in str(path))
    path.write_bytes(content)


def test_the_last_rebuild_makes_a_day_final_and_writes_its_visit_log(site: Site) -> None:
    go_to(site, DUE)
    marks = site.close()
    expected = {"day": DAYS[0], "state": "closed", "how": "rebuilt", "lines": 3, "missing": 0, "since": DUE}
    assert [mark.model_dump() for mark in marks] == [expected]
    assert days_table(site)[str(DAYS[0])] == ("final", 3)
    assert {state for day, (state, _) in days_table(site).items() if day != str(DAYS[0])} == {"provisional"}
    paths = [dict(row)["path"] for row in site.tables()["pages_daily"].elements()]
    assert paths.count("/afterwards") == 1
    assert visit_log(site) == {str(DAYS[0])}
    networks = {dict(row)["client_network"] for row in site.tables("visit_log")["hits"]}
    assert networks == {"192.0.2.0/24"}
    assert_gone(site, DAYS[0])
    assert [entry["facts"] for entry in audited(site)] == [
        {"day": str(DAYS[0]), "how": "rebuilt", "lines": 3, "missing": 0}
    ]


def test_a_day_is_closed_once_however_often_it_is_asked_for(site: Site) -> None:
    go_to(site, DUE)
    first = site.close()
    before = site.tables()
    assert site.close() == []
    assert close_day(site.open(), DAYS[0], "operations", silent) == first[0]
    assert close_day(site.open(), DAYS[0], "operations", silent, give_up=True) == first[0]
    assert len(audited(site)) == 1
    assert site.tables() == before


def test_a_day_that_is_not_due_stays_open(site: Site) -> None:
    go_to(site, DUE - timedelta(hours=2, minutes=31))
    assert site.close() == []
    assert site.open().open_days() == DAYS


def test_after_an_outage_days_past_their_deadline_are_not_opened_and_say_what_they_miss(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third day is due but not past; it is closed as ever."""
    go_to(site, DUE + 2 * A_DAY)
    read = []
    get = Folder.get

    def watched(place: Folder, name: str) -> bytes:
        read.append(f"{place.root.name}/{name}")
        return get(place, name)

    monkeypatch.setattr(Folder, "get", watched)
    told: list[str] = []
    marks, problems = close_due(site.open(), "operations", told.append)
    assert problems == []
    assert [(mark.how, mark.lines, mark.missing) for mark in marks] == [
        ("expired", 2, 1),
        ("expired", 2, 0),
        ("rebuilt", 2, 0),
    ]
    assert told == [f"closing {day}" for day in DAYS], "oldest first"
    past = [f"{root}/{day}" for root in ("window", "keys", "keys-mirror") for day in DAYS[:2]]
    assert not [name for name in read if name.startswith(tuple(past))]
    assert days_table(site) == {str(day): ("final", 2) for day in DAYS}
    assert visit_log(site) == {str(DAYS[2])}
    assert_gone(site, *DAYS)
    assert [entry["facts"]["missing"] for entry in audited(site)] == [1, 0, 0]


def test_an_ingest_after_an_outage_closes_what_is_past_before_it_reads(site: Site) -> None:
    go_to(site, DUE + timedelta(hours=2))
    site.write("access.log.2", hit(NOON - 2 * A_DAY, "192.0.2.4", "/too-late"))
    result = site.ingest()
    assert [mark.how for mark in result.marks] == ["expired"]
    assert (result.lines["late"], result.lines["hits"]) == (1, 0)
    assert_gone(site, DAYS[0])


def test_a_day_without_tables_yet_misses_all_its_lines(site: Site) -> None:
    shutil.rmtree(site.folder / "store" / "statistics")
    go_to(site, DUE + timedelta(hours=2))
    assert [(mark.how, mark.lines, mark.missing) for mark in site.close()] == [("expired", 0, 3)]
    assert_gone(site, DAYS[0])


def test_a_damaged_object_keeps_its_own_day_open_until_the_deadline_and_no_other(site: Site) -> None:
    refresh(site, "store/window", str(DAYS[1]), b"PARE damaged PARE")
    before = days_table(site)[str(DAYS[1])]
    go_to(site, DUE + A_DAY)
    marks, problems = close_due(site.open(), "operations", silent)
    assert [mark.day for mark in marks] == [DAYS[0]]
    assert len(problems) == 1
    assert problems[0].startswith(f"{DAYS[1]} is not closed: window: an object of {DAYS[1]}")
    assert f"--give-up {DAYS[1]}" in problems[0]
    assert "192.0.2" not in problems[0]
    assert days_table(site)[str(DAYS[1])] == before, "nothing half is published"
    assert str(DAYS[1]) not in visit_log(site)
    go_to(site, DUE + A_DAY + timedelta(minutes=31))
    assert [(mark.day, mark.how) for mark in site.close()] == [(DAYS[1], "expired")]
    assert_gone(site, *DAYS[:2])


def test_a_file_all_of_whose_objects_are_lost_is_noticed(site: Site) -> None:
    file = next(site.open().window.names(DAYS[0])).split("/")[3]
    for path in (site.folder / "store" / "window").rglob(f"{file}/*"):
        path.unlink()
    go_to(site, DUE)
    marks, problems = close_due(site.open(), "operations", silent)
    assert (marks, len(problems)) == ([], 1)


def test_a_disk_that_does_not_give_one_days_objects_keeps_no_other_open(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(site, DUE + A_DAY)
    get = Folder.get

    def broken(place: Folder, name: str) -> bytes:
        if name.startswith(str(DAYS[1])):
            raise OSError(5, "Input/output error", f"{place.where}/{name}")
        return get(place, name)

    monkeypatch.setattr(Folder, "get", broken)
    close_day(site.open(), DAYS[2], "operations", silent, give_up=True)
    site.open().marks.put(Mark(day=DAYS[2], state="closing", how="given up", lines=2, since=NOON))
    marks, problems = close_due(site.open(), "operations", silent)
    assert [mark.day for mark in marks] == [DAYS[0], DAYS[2]]
    assert len(problems) == 1
    assert problems[0].startswith(f"{DAYS[1]} is not closed: ")
    assert problems[0].endswith("Input/output error")
    assert len(audited(site)) == 2


def test_a_day_that_is_given_up_is_closed_without_being_read(site: Site) -> None:
    refresh(site, "store/window", str(DAYS[1]), b"damaged")
    mark = close_day(site.open(), DAYS[1], "operations", silent, give_up=True)
    assert (mark.state, mark.how, mark.lines, mark.missing) == ("closed", "given up", 2, 0)
    assert days_table(site)[str(DAYS[1])] == ("final", 2)
    assert visit_log(site) == set()
    assert_gone(site, DAYS[1])
    assert [entry["facts"]["how"] for entry in audited(site)] == ["given up"]


@pytest.mark.parametrize(
    ("folder", "part", "expected"),
    [("store/receipts", "0-", (2, 0)), ("store/statistics/days", str(DAYS[0]), (0, 3))],
    ids=["receipt", "table"],
)
@pytest.mark.parametrize("content", [b"", b"{", b"PAR1" + b"\x15" * 40 + b"\x10\0\0\0PAR1"])
def test_no_damage_keeps_a_day_that_is_past_its_deadline(
    folder: str, part: str, expected: tuple[int, int], content: bytes, site: Site
) -> None:
    """It can only make the count of what is missing worse, and is told."""
    for path in sorted((site.folder / folder).rglob(f"*{part}*")):
        path.write_bytes(content)
    store, told = site.open(), list[str]()
    site.now = DUE + timedelta(hours=2)
    mark = close_day(store, DAYS[0], "operations", told.append)
    assert (mark.state, mark.how, mark.lines, mark.missing) == ("closed", "expired", *expected)
    assert [sentence for sentence in told if "damaged" in sentence]
    assert_gone(site, DAYS[0])


def test_the_visit_log_of_a_last_rebuild_that_was_killed_does_not_stay(site: Site) -> None:
    store = site.open()
    store.place("visit_log").put(f"hits/{DAYS[0]}.parquet", b"half of a close")
    go_to(site, DUE + timedelta(hours=2))
    assert [mark.how for mark in site.close()] == ["expired"]
    assert visit_log(site) == set()


def test_a_key_that_comes_back_with_a_restored_disk_is_shredded_again(site: Site) -> None:
    keys = {path.name: path.read_bytes() for path in (site.folder / "keys").iterdir()}
    go_to(site, DUE)
    assert [mark.day for mark in site.close()] == [DAYS[0]]
    Folder(site.folder / "keys").put(f"{DAYS[0]}.1", keys[f"{DAYS[0]}.1"])
    assert site.close() == []
    assert_gone(site, DAYS[0])
    Folder(site.folder / "keys-mirror").put(f"{DAYS[0]}.1", keys[f"{DAYS[0]}.1"])
    assert site.ingest().marks == []
    assert_gone(site, DAYS[0])
    assert len(audited(site)) == 1


def put_old_things(site: Site, day: date) -> None:
    """What a day leaves behind for a while."""
    store = site.open()
    store.place("statistics").put(f"days/{day}.parquet", b"x")
    store.place("statistics").put(f"pages_daily/{day}.parquet", b"x")
    store.place("visit_log").put(f"hits/{day}.parquet", b"x")
    store.place("state").put(f"checks/{day}.json", b"x")
    store.marks.put(Mark(day=day, state="closed", how="imported", lines=1, since=NOON))


def test_what_lives_longer_than_the_window_ends_at_its_own_time(site: Site) -> None:
    """P90D visit log, P25M statistics, marks and checks, P400D receipts, P12M audit trail; by the policy's own days."""
    for day in DAYS:
        close_day(site.open(), day, "operations", silent, give_up=True)
    put_old_things(site, DAYS[0])
    store = site.open()
    store.audit.append(NOON, "operations", "close", once="close long ago")
    store.audit.append(NOON + timedelta(days=50), "operations", "prove")  # the newest file of the trail always stays
    store.place("statistics").put("README.txt", b"of somebody else")
    store.place("visit_log").put("hits/notes.parquet", b"of somebody else")

    def left() -> tuple[int, int, int, int, int]:
        def names(root: str, part: str = "") -> int:
            return len([name for name in site.open().place(root).names() if part in name])

        day = str(DAYS[0])
        trail = names("audit", "2026-11-20")
        return names("visit_log", day), names("statistics", day), names("receipts"), names("state", day), trail

    tables, receipts = left()[1], len(store.receipts.newest())  # of files that are past, each has one
    assert receipts > 1
    before = utc(2026, 11, 17, 22, 30)  # half an hour later DAYS[0] begins in Oslo
    for now, expected in (
        (before + timedelta(days=90), (1, tables, receipts, 2, 1)),
        (before + timedelta(days=90, hours=1), (0, tables, receipts, 2, 1)),
        (utc(2027, 11, 19, 22, 30), (0, tables, receipts, 2, 1)),
        (utc(2027, 11, 19, 23, 30), (0, tables, receipts, 2, 0)),
        (utc(2027, 12, 24, 22, 30), (0, tables, receipts, 2, 0)),
        (utc(2027, 12, 24, 23, 30), (0, tables, 0, 2, 0)),
        (utc(2028, 12, 17, 22, 30), (0, tables, 0, 2, 0)),
        (utc(2028, 12, 17, 23, 30), (0, 0, 0, 0, 0)),
    ):
        go_to(site, now)
        site.close()
        assert left() == expected, str(now)
    kept = [
        name for root in ("statistics", "visit_log") for name in site.open().place(root).names() if "20" not in name
    ]
    assert kept == ["README.txt", "hits/notes.parquet"]
