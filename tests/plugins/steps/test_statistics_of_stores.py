"""What a store publishes is right: where clocks change, over two servers, in any order, live or imported."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins.analysis import analyse, read_logs
from plugins.policy_file import read_policy
from schemas.statistics import TABLES
from tests.stores import POLICY, Site, comparable, finalised, hit, silent, utc
from tests.traffic import write_folder
from transforms.detection.load import load_scenarios, scenarios_version
from transforms.enriching.agents import agent_lists_version

OSLO = ZoneInfo("Europe/Oslo")
NOON = utc(2026, 11, 20, 11)
A_DAY = timedelta(days=1)
TWO_SERVERS = POLICY.replace('access = ["logs/access*"]', 'access = ["logs/one*"]') + (
    '\n[[logs]]\nname = "two"\naccess = ["logs/two*"]\nformat = "combined"\ntimezone = "Europe/Oslo"\n'
)


def oslo(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    """A moment as a server in Oslo writes it; `fold` is 1 in an hour's second turn."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=OSLO, fold=fold)


def rows(site: Site, table: str, **keys: Any) -> list[dict[str, Any]]:
    """The published rows that have these values."""
    found = (dict(row) for row in site.tables()[table].elements())
    return [row for row in found if row.items() >= keys.items()]


def published(site: Site, day: date) -> dict[str, bytes]:
    """The files of a day, to the byte."""
    return {path.parent.name: path.read_bytes() for path in (site.folder / "store/statistics").rglob(f"{day}.parquet")}


# --- Daylight saving ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 24), 24)]
)
def test_a_day_has_as_many_hours_as_its_clock_shows(day: date, hours: int, tmp_path: Path) -> None:
    """Somebody reads a page every ten minutes, from the day before until the day after."""
    start = datetime(day.year, day.month, day.day, tzinfo=OSLO).astimezone(UTC)
    site = Site(tmp_path, start + timedelta(hours=30))
    moments = [start + timedelta(minutes=10 * number) for number in range(-6, 6 * hours + 6)]
    site.write("access.log", *(hit(moment.astimezone(OSLO)) for moment in moments))
    site.ingest()
    site.rebuild()
    hourly = rows(site, "traffic_hourly", day=str(day))
    assert sorted(row["hour"] for row in hourly) == [(start + timedelta(hours=n)).isoformat() for n in range(hours)]
    assert {row["hits"] for row in hourly} == {6}
    (visits,) = rows(site, "visits_daily", day=str(day))
    assert (visits["visits"], visits["pageviews"]) == (1, 6 * hours)
    assert visits["visit_seconds"] == hours * 3600 - 600
    neighbours = [row["pageviews"] for row in rows(site, "visits_daily") if row["day"] != str(day)]
    assert neighbours == [6, 6], "midnight ends a visit on the wall, not after 24 hours"


@pytest.mark.parametrize(
    ("first", "second", "visits"),
    [
        (oslo(date(2026, 3, 29), 1, 50), oslo(date(2026, 3, 29), 3, 5), 1),
        (oslo(date(2026, 3, 29), 1, 50), oslo(date(2026, 3, 29), 3, 20), 2),
        (oslo(date(2026, 10, 25), 2, 50), oslo(date(2026, 10, 25), 2, 5, fold=1), 1),
        (oslo(date(2026, 10, 25), 2, 10), oslo(date(2026, 10, 25), 2, 10, fold=1), 2),
    ],
    ids=["15 minutes in spring", "30 minutes in spring", "15 minutes in autumn", "an hour that shows no difference"],
)
def test_a_visit_goes_on_over_a_change_of_clocks_by_what_has_passed(
    first: datetime, second: datetime, visits: int, tmp_path: Path
) -> None:
    site = Site(tmp_path, second.astimezone(UTC) + timedelta(hours=1))
    site.write("access.log", hit(first, path="/a"), hit(second, path="/b"))
    site.ingest()
    site.rebuild()
    (row,) = rows(site, "visits_daily")
    assert (row["visits"], row["pageviews"]) == (visits, 2)
    assert row["visit_seconds"] == (900 if visits == 1 else 0)


# --- Two servers, any order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one"), ("one two",)], ids=" then ".join)
def test_a_visit_that_two_servers_answer_is_one(order: tuple[str, ...], tmp_path: Path) -> None:
    """Each line is published before the other server's are there."""
    site = Site(tmp_path, NOON, TWO_SERVERS)
    lines = {
        "one": [hit(NOON, path="/a"), hit(NOON + timedelta(minutes=40), path="/c")],
        "two": [hit(NOON + timedelta(minutes=20), path="/b"), hit(NOON + timedelta(minutes=60), path="/d")],
    }
    for names in order:
        for name in names.split():
            site.write(f"{name}.log", *lines[name])
        site.ingest()
        site.rebuild()
    (visits,) = rows(site, "visits_daily")
    assert (visits["visits"], visits["unique_visitors"], visits["visit_seconds"]) == (1, 1, 3600)
    moves = {(row["from_path"], row["to_path"]) for row in rows(site, "transitions_daily")}
    assert moves == {("/a", "/b"), ("/b", "/c"), ("/c", "/d")}


def test_a_line_that_comes_late_and_out_of_order_counts_at_its_own_time(tmp_path: Path) -> None:
    """Between two actions that were two visits until then, and on the day before, which is open."""
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON, path="/a"), hit(NOON + timedelta(minutes=50), path="/c"))
    site.ingest()
    site.rebuild()
    assert rows(site, "visits_daily")[0]["visits"] == 2
    site.write("access.log", hit(NOON + timedelta(minutes=25), path="/b"), hit(NOON - A_DAY, path="/yesterday"))
    site.ingest()
    site.rebuild()
    by_day = {row["day"]: (row["visits"], row["pageviews"]) for row in rows(site, "visits_daily")}
    assert by_day == {"2026-11-20": (1, 3), "2026-11-19": (1, 1)}
    moves = {(row["from_path"], row["to_path"]) for row in rows(site, "transitions_daily")}
    assert moves == {("/a", "/b"), ("/b", "/c")}
    assert {row["late"] for row in rows(site, "days")} == {0}


@pytest.mark.parametrize("seed", range(2))
def test_files_of_two_servers_read_in_any_order_and_rebuilt_at_any_time_give_the_same(
    seed: int, tmp_path: Path
) -> None:
    """Lines of two days over two servers, several files each, out of order within a file too."""
    rng = random.Random(seed)
    moments = sorted(NOON - timedelta(seconds=rng.randrange(2 * 86_400)) for _ in range(200))
    lines = [
        hit(moment, f"192.0.2.{rng.randrange(4)}", rng.choice(["/a", "/b", "/c", "/d.pdf"]))
        for moment in dict.fromkeys(moments)
    ]
    files: dict[str, list[str]] = {}
    for line in lines:
        files.setdefault(f"{rng.choice(['one', 'two'])}.{rng.randrange(3)}.log", []).append(line)
    for content in files.values():
        for _ in range(10):
            place = rng.randrange(len(content))
            content.insert(rng.randrange(len(content)), content.pop(place))
    found = []
    for run, names in enumerate([sorted(files), rng.sample(sorted(files), len(files))]):
        site = Site(tmp_path / str(run), NOON, TWO_SERVERS)
        for number, name in enumerate(names):
            site.write(name, *files[name])
            if run:
                site.ingest()
                if number == 2:
                    site.rebuild()
        site.ingest()
        site.rebuild()
        found.append(site.tables())
    policy = read_policy(tmp_path / "0" / "policy.toml")
    logs = [tmp_path / "0" / "logs" / name for name in files]
    whole = analyse(read_logs(logs, [], "combined", policy, NOON, silent), policy, NOON, silent)
    once = {name: Counter(map(comparable, whole.tables[name].to_pylist())) for name in TABLES}
    assert [finalised(tables) for tables in found] == [once, once]


@pytest.mark.parametrize("rotated", [False, True])
def test_what_two_servers_answer_in_one_second_has_one_order_however_their_files_are_cut(
    rotated: bool, tmp_path: Path
) -> None:
    """By the names of the logs, `two` and `www`, though the day of `two` begins between two files of `www`."""
    site = Site(tmp_path, NOON + timedelta(hours=1), TWO_SERVERS)
    site.write("two.log", hit(NOON - timedelta(hours=2), "192.0.2.9"), hit(NOON, path="/two"))
    site.write("one.log.1" if rotated else "one.log", hit(NOON - timedelta(hours=3), "192.0.2.8"))
    site.write("one.log", hit(NOON, path="/one"))
    site.ingest()
    site.rebuild()
    moves = {(row["from_path"], row["to_path"]) for row in rows(site, "transitions_daily")}
    assert moves == {("/two", "/one")}


# --- Imported, and closed ----------------------------------------------------------------------------------------


def test_an_import_of_old_logs_gives_the_tables_that_the_days_had_live(tmp_path: Path) -> None:
    """The same files, once as they were written and once a month later: statistics and visit log."""
    truth = write_folder(tmp_path / "logs", 3, date(2026, 11, 18), 3, scale=0.05)
    written = (tmp_path / "logs" / "policy.toml").read_text()
    text = written.replace('["access.log*", "timed.log"]', '["logs/access*", "logs/timed*"]')
    text = text.replace('["apache_error.log", "nginx_error.log"]', '["logs/apache_*", "logs/nginx_*"]')
    end = utc(2026, 11, 21, 1)
    live, imported = (Site(tmp_path / name, end, text) for name in ("live", "imported"))
    imported.now += 30 * A_DAY
    for site in (live, imported):
        for name in [*truth.files["access"], *truth.files["error"]]:
            content = (tmp_path / "logs" / name).read_bytes()
            site.write(name).write_bytes(content if name.endswith(".gz") else content.removesuffix(b"\n") + b"\n")
            site.write(name)
        site.ingest()
    live.rebuild()
    for days in range(1, 8):
        live.now = utc(2026, 11, 20, 22, 30) + days * A_DAY  # half an hour before a day's deadline
        live.write("timed.log.now", "")
        live.close()
    days = {row["day"]: row["state"] for row in rows(live, "days")}
    assert days.keys() >= {"2026-11-18", "2026-11-19", "2026-11-20"}
    assert set(days.values()) == {"final"}
    assert list(imported.open().window.names()) == []
    assert imported.tables() == live.tables()
    assert imported.tables("visit_log") == live.tables("visit_log")


def test_a_closed_day_never_changes_whatever_changes_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Policy, scenarios, lists of agents; its log under another name with a line more, and as another log's."""
    site = Site(tmp_path, NOON)
    moments = [NOON + timedelta(seconds=number) for number in range(20)]
    attempts = [hit(moment, "203.0.113.9", "/wp-login.php").replace("GET", "POST") for moment in moments]
    site.write("access.log", *attempts, hit(NOON, path="/a"), hit(NOON, "192.0.2.2", "/b"))
    site.ingest()
    site.now += timedelta(days=6, hours=11, minutes=30)
    site.write("access.log", "")
    assert [mark.how for mark in site.close()] == ["rebuilt"]
    closed = published(site, NOON.date())
    assert closed.keys() == TABLES.keys()
    assert {row["agent_kind"]: row["hits"] for row in rows(site, "status_daily")} == {"attack": 20, "human": 2}
    (stamped,) = pq.read_table(pa.BufferReader(closed["days"])).to_pylist()
    assert stamped["scenarios_version"] == scenarios_version(load_scenarios())
    assert stamped["agent_lists_version"] == agent_lists_version()

    monkeypatch.setattr("transforms.statistics.compute.agent_lists_version", lambda: "lists 2")
    again = 'access = ["logs/again*"]\n'
    text = site.policy.read_text().replace("smallest_group = 1", 'smallest_group = 2\nignore_paths = ["/a"]')
    text += '\n[blocklist]\noff = ["web-shells"]\n'
    site.policy.write_text(text + f'\n[[logs]]\nname = "again"\n{again}format = "combined"\n')
    site.now += A_DAY
    written, more = (site.logs / "access.log").read_text(), hit(NOON, path="/more")
    (site.logs / "access.log").rename(site.logs / "access.renamed.log")
    site.write("access.renamed.log", more)
    site.write("again.log", written, more)
    site.write("access.log", hit(site.now))
    site.ingest()
    site.rebuild()
    site.close()
    assert published(site, NOON.date()) == closed
    (today,) = rows(site, "days", state="provisional")
    assert today["late"] == 24, "its renamed log's new line, and all of the other log"
