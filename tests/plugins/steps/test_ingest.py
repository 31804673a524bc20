"""Every line counts exactly once, in whatever pieces and order the files appear."""

import gzip
import os
import random
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from plugins.analysis import analyse, read_logs
from plugins.policy_file import read_policy
from plugins.store.locks import BusyError
from schemas.refusals import RefusedError
from schemas.statistics import TABLES
from tests.stores import Site, apache_error, comparable, finalised, hit, silent, utc
from tests.traffic import write_folder

NOON = utc(2026, 11, 20, 11)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, NOON)


def test_the_generators_logs_in_ten_random_steps_equal_one_pass_to_the_row(tmp_path: Path) -> None:
    """Files grow, and are rotated and compressed on the way; so is the tiny shard that makes entries span shards."""
    rng = random.Random(4)
    whole, grown = tmp_path / "whole", tmp_path / "site"
    truth = write_folder(whole, 1, date(2026, 11, 20), 3, scale=0.2)
    with (whole / "access.log").open("a") as file:
        file.write("\n")  # a half line would have to wait
    policy = read_policy(whole / "policy.toml")
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    files = [[whole / name for name in truth.files[kind]] for kind in ("access", "error")]
    analysis = analyse(read_logs(*files, "detect", policy, now, silent), policy, now, silent)

    text = (whole / "policy.toml").read_text().replace('"access.log*", "timed.log"', '"logs/access*", "logs/timed*"')
    text = text.replace('"apache_error.log", "nginx_error.log"', '"logs/apache_error*", "logs/nginx_error*"')
    site = Site(grown, now, text.replace('format = "detect"', 'format = "combined"'))
    site.policy.write_text(text)
    contents = {path.name: _content(path) for path in files[0] + files[1]}
    cuts = {name: sorted(rng.randrange(len(content)) for _ in range(9)) for name, content in contents.items()}
    for step in range(10):
        for name, content in contents.items():
            ends = [0, *cuts[name], len(content)]
            with _current(site.logs, name).open("ab") as file:
                file.write(content[ends[step] : ends[step + 1]])
        if step in (3, 6):
            _rotate(site.logs, rng)
        problems = site.ingest(shard_bytes=200_000).problems
        if step % 4 == 0:
            site.rebuild()
    assert problems == [], "a file whose one line fits no layout is looked at again"
    site.rebuild()
    tables = finalised(site.tables())
    for name in TABLES:
        assert tables[name] == Counter(map(comparable, analysis.tables[name].to_pylist())), name


def _content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _current(folder: Path, name: str) -> Path:
    """The newest file of a log that is rotated."""
    stem = name.replace(".log", "").replace(".gz", "").replace(".", "_")
    return folder / f"{stem}.log"


def _rotate(folder: Path, rng: random.Random) -> None:
    """Rename; compress what was renamed before. The content of a log goes on in a new file."""
    for path in sorted(folder.glob("*.log.1")):
        with gzip.open(path.with_suffix(f".{rng.randrange(10**6)}.gz"), "wb") as file:
            file.write(path.read_bytes())
        path.unlink()
    for path in sorted(folder.glob("*.log")):
        if path.stat().st_size and path.read_bytes().endswith(b"\n"):
            path.rename(path.with_suffix(".log.1"))


def test_half_a_line_waits_for_the_rest(site: Site) -> None:
    line = hit(NOON)
    site.write("access.log", line, line[:40])
    assert site.ingest().lines.total() == 1
    site.write("access.log", line[40:])
    assert site.ingest().lines.total() == 1
    assert site.counts() == {"hits": 2}


def test_half_a_line_that_will_not_be_finished_is_read(site: Site) -> None:
    (site.logs / "access.log.1.gz").write_bytes(gzip.compress((hit(NOON) + hit(NOON)[:-1]).encode()))
    assert site.ingest().lines["hits"] == 2


def test_a_second_ingest_does_nothing_while_the_first_is_at_work(site: Site) -> None:
    site.write("access.log", hit(NOON))
    with site.open().locks.held("ingest"), pytest.raises(BusyError):
        site.ingest()
    assert site.ingest().lines.total() == 1


def test_a_file_without_permission_or_in_pieces_keeps_no_other_from_being_read(site: Site) -> None:
    site.write("access.log", hit(NOON))
    broken = site.logs / "access.log.2.gz"
    broken.write_bytes(gzip.compress(hit(NOON).encode())[:-12])
    (site.logs / "access.d").mkdir()
    result = site.ingest()
    assert result.lines["hits"] == 1
    assert len(result.waiting) == 1, "somebody may still be compressing it"
    assert len(result.problems) == 1
    assert "is a folder" in result.problems[0]
    broken.write_bytes(gzip.compress(hit(NOON, path="/other").encode()))
    assert site.ingest().lines["hits"] == 1


def test_entries_and_bad_lines_keep_their_day_across_shards_and_runs(site: Site) -> None:
    before_midnight = datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC)  # the server's own time
    site.write("error.log", apache_error(before_midnight), "  at line 1 of a trace\n")
    site.ingest()
    site.write("error.log", "  at line 2 of a trace\n", apache_error(before_midnight + timedelta(seconds=2)))
    site.ingest()
    site.rebuild()
    days = {dict(row)["day"]: dict(row) for row in site.tables()["days"]}
    assert (days["2026-11-19"]["errors"], days["2026-11-19"]["continuations"]) == (1, 2)
    assert (days["2026-11-20"]["errors"], days["2026-11-20"]["continuations"]) == (1, 0)


def test_what_could_not_be_read_has_the_day_of_the_good_line_before_it(site: Site) -> None:
    site.write("access.log", "garbage at the beginning\n", hit(NOON - timedelta(days=1)), "garbage\n")
    site.ingest()
    site.write("access.log", "more garbage\n", hit(NOON))
    site.ingest()
    site.rebuild()
    days = {dict(row)["day"]: dict(row)["quarantined"] for row in site.tables()["days"]}
    assert days == {"2026-11-19": 3, "2026-11-20": 0}


def test_old_days_are_imported_whole_and_leave_no_key_and_no_object(site: Site) -> None:
    old = NOON - timedelta(days=30)
    for number in range(3):
        site.write(f"access.log.{number}", *(hit(old + timedelta(hours=h), path=f"/{number}") for h in range(30)))
    site.write("access.log", hit(NOON))
    result = site.ingest(shard_bytes=1000)
    assert [(str(mark.day), mark.how) for mark in result.marks] == [
        ("2026-10-21", "imported"),
        ("2026-10-22", "imported"),
    ]
    assert result.lines["hits"] == 91
    store = site.open()
    assert {name.split("/")[0] for name in store.window.names()} == {"2026-11-20"}
    assert store.keys.days() == {date(2026, 11, 20)}
    days = {dict(row)["day"]: (dict(row)["hits"], dict(row)["state"]) for row in site.tables()["days"]}
    assert days == {"2026-10-21": (33, "final"), "2026-10-22": (57, "final")}
    assert site.ingest().lines.total() == 0


def test_old_days_are_not_imported_while_a_file_may_still_hold_more_of_them(site: Site) -> None:
    old = NOON - timedelta(days=30)
    site.write("access.log.1", hit(old), hit(NOON))
    more = site.logs / "access.log.2.gz"
    content = gzip.compress("".join(hit(old, path=f"/{number}") for number in range(5)).encode())
    more.write_bytes(content[:-12])
    os.utime(more, (NOON.timestamp(), NOON.timestamp()))
    result = site.ingest()
    assert (result.lines.total(), result.marks, len(result.waiting)) == (0, [], 2)
    assert list(site.open().window.names()) == []
    more.write_bytes(content)
    result = site.ingest()
    assert [(mark.how, mark.lines) for mark in result.marks] == [("imported", 6)]
    assert site.counts() == {"hits": 7}


def test_lines_of_closed_days_are_late_and_in_nothing_else(site: Site) -> None:
    site.write("access.log.1", hit(NOON))
    site.ingest()
    site.now += timedelta(days=6, hours=11, minutes=30)
    site.write("access.log.1", "")
    assert [mark.how for mark in site.close()] == ["rebuilt"]
    before = site.tables()
    site.now += timedelta(days=1)
    ancient = utc(2020, 1, 1, 12)
    site.write("access.log", hit(NOON, path="/late"), "unreadable\n", hit(NOON), hit(ancient), hit(site.now))
    assert site.ingest().lines == {
        "hits": 1,
        "quarantine": 1,
        "late": 3,
        **dict.fromkeys(("errors", "continuations", "erased"), 0),
    }
    site.rebuild()
    after = site.tables()
    assert all(before[name] <= after[name] for name in before), "a closed day never changes"
    late = {dict(row)["reason"]: (dict(row)["lines"], dict(row)["day"]) for row in after["late_daily"]}
    assert late == {"closed": (2, "2026-11-27"), "expired": (1, "2026-11-27")}
    today = next(dict(row) for row in after["days"] if dict(row)["day"] == "2026-11-27")
    assert (today["lines"], today["hits"], today["quarantined"], today["late"]) == (2, 1, 1, 3)


def test_a_line_of_the_future_is_quarantined(site: Site) -> None:
    site.write("access.log", hit(NOON + timedelta(minutes=59)), hit(NOON + timedelta(minutes=61)))
    assert site.ingest().lines["quarantine"] == 1


def test_the_zone_does_not_change_while_the_window_holds_data(site: Site) -> None:
    site.write("access.log", hit(NOON))
    site.ingest()
    site.policy.write_text(site.policy.read_text().replace("Europe/Oslo", "Asia/Tokyo"))
    with pytest.raises(RefusedError, match="Set it back"):
        site.ingest()


def test_a_log_whose_format_is_found_stays_readable_when_a_new_file_begins_badly(site: Site) -> None:
    site.policy.write_text(site.policy.read_text().replace('"combined"', '"detect"'))
    site.write("access.log", hit(NOON), hit(NOON))
    site.ingest()
    shutil.move(site.logs / "access.log", site.logs / "access.log.1")
    site.write("access.log", "one bad line\n", "another\n")
    assert site.ingest().lines.total() == 0, "nobody knows yet of which day they are"
    site.write("access.log", hit(NOON))
    result = site.ingest()
    assert (result.lines["hits"], result.lines["quarantine"]) == (1, 2)


def test_without_its_receipts_a_store_does_nothing_and_keeps_its_window(site: Site) -> None:
    site.write("access.log", hit(NOON))
    site.ingest()
    before = set(site.open().window.names())
    shutil.move(site.folder / "store" / "receipts", site.folder / "elsewhere")
    with pytest.raises(RefusedError, match="bring them back"):
        site.ingest()
    shutil.move(site.folder / "elsewhere", site.folder / "store" / "receipts")
    assert site.ingest().lines.total() == 0
    assert set(site.open().window.names()) == before
