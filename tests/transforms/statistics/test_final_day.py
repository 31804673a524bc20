"""A day that closes leaves its tables and its visit log, and they agree; a whole day of a busy site."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from plugins.analysis import read_logs
from plugins.databases import open_databases
from plugins.policy_file import read_policy
from schemas.policy import Policy
from schemas.statistics import OTHER, TABLES
from schemas.visit_log import VISIT_LOG
from tests.days import split_days
from tests.traffic import write_folder
from transforms.detection.load import load_scenarios
from transforms.detection.match import match_events
from transforms.statistics.coded import Context
from transforms.statistics.compute import Day, compute_day, compute_final_day

Tables = dict[str, pa.Table]
Traffic = tuple[Policy, list[Day]]


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Traffic:
    """Two days, the second of 25 hours."""
    folder = tmp_path_factory.mktemp("traffic")
    files = write_folder(folder, 3, date(2025, 10, 25), days=2, scale=0.3, smallest_group=5).files
    policy, now = read_policy(folder / "policy.toml"), datetime.now(UTC)
    logs: list[list[Path]] = [[folder / name for name in files[kind]] for kind in ("access", "error")]
    silent: Callable[[str], None] = lambda _: None  # noqa: E731
    return policy, split_days(read_logs(*logs, "detect", policy, now, silent), ZoneInfo("Europe/Oslo"), now.date())


@pytest.fixture(scope="module")
def closed(traffic: Traffic) -> list[tuple[Tables, Tables]]:
    policy, days = traffic
    with open_databases(policy) as databases:
        return [compute_final_day(day, load_scenarios(), Context(policy, *databases)) for day in days]


def total(table: pa.Table, figure: str) -> Any:
    return pc.sum(table[figure], min_count=0).as_py()


def test_events_of_ingest_give_the_tables_that_matching_again_gives(traffic: Traffic) -> None:
    policy, days = traffic
    simulated = "sql-injection"
    scenarios = [
        scenario.model_copy(update={"mode": "simulate" if scenario.name == simulated else "ban"})
        for scenario in load_scenarios()
    ]
    for day in days:
        events = match_events(day.hits, scenarios)
        assert simulated in events["scenario"].to_pylist()
        kept = Day(day.day, day.hits, day.errors, day.continuations, day.quarantined, day.late, events)
        again, given = (compute_day(one, scenarios, Context(policy), "final") for one in (day, kept))
        assert len(again) == len(TABLES)
        assert again == given
        assert len(again["attacks_daily"]) > 0


def test_a_closed_day_has_the_tables_that_any_rebuild_has(
    traffic: Traffic, closed: list[tuple[Tables, Tables]]
) -> None:
    policy, days = traffic
    with open_databases(policy) as databases:
        rebuilt = [compute_day(day, load_scenarios(), Context(policy, *databases), "final") for day in days]
    assert rebuilt == [statistics for statistics, _ in closed]


def test_the_visit_log_adds_up_to_the_tables(closed: list[tuple[Tables, Tables]]) -> None:
    for statistics, log in closed:
        hits, visits = log["hits"], log["visits"]
        assert len(hits) == total(statistics["days"], "hits") > 1000
        assert total(hits, "bytes_sent") == total(statistics["traffic_hourly"], "bytes_sent")
        assert len(visits) == total(statistics["visits_daily"], "visits") > 100
        acted = total(statistics["visits_daily"], "pageviews") + total(statistics["visits_daily"], "downloads")
        assert total(visits, "actions") == acted
        assert total(visits, "visit_seconds") == total(statistics["visits_daily"], "visit_seconds")
        pages = total(statistics["pages_daily"], "entries")
        assert len(visits) - visits["entry_path"].to_pylist().count("unknown") == pages


@pytest.mark.parametrize(
    ("log", "table", "keys"),
    [
        ("hits", "status_daily", ("vhost", "status", "agent_kind")),
        ("visits", "visits_daily", ("vhost",)),
        ("visits", "countries_daily", ("vhost", "country")),
    ],
)
def test_the_visit_log_agrees_with_the_tables_value_by_value(
    closed: list[tuple[Tables, Tables]], log: str, table: str, keys: tuple[str, ...]
) -> None:
    for statistics, logs in closed:
        counted = logs[log].group_by([*keys]).aggregate([([], "count_all")]).to_pylist()
        published = {tuple(row[key] for key in keys): row[log] for row in statistics[table].to_pylist() if row[log]}
        assert {tuple(row[key] for key in keys): row["count_all"] for row in counted} == published


def test_the_visit_log_has_its_columns_its_day_and_no_null(closed: list[tuple[Tables, Tables]]) -> None:
    for statistics, log in closed:
        for name, schema in VISIT_LOG.items():
            assert log[name].schema == schema
            assert sum(column.null_count for column in log[name].columns) == 0
            assert log[name]["day"].unique() == statistics["days"]["day"].unique()


def test_no_rare_value_of_the_days_is_in_the_visit_log(traffic: Traffic, closed: list[tuple[Tables, Tables]]) -> None:
    for day, (_, log) in zip(traffic[1], closed, strict=True):
        asked = day.hits.select(["path", "client_ip", "client_host", "user_agent"]).to_pylist()
        visitors: dict[str, set[tuple[str, ...]]] = {}
        for path, *who in (row.values() for row in asked):
            visitors.setdefault(path, set()).add(tuple(who))
        kept = set(log["hits"]["path"].to_pylist())
        assert OTHER in kept
        assert not kept & {path for path, who in visitors.items() if len(who) < 5} - {"unknown"}
        assert {path for path, who in visitors.items() if len(who) < 5}


def test_the_repeated_hour_is_in_the_visit_log_twice(closed: list[tuple[Tables, Tables]]) -> None:
    _, log = closed[1]
    minutes = log["hits"]["minute"].cast(pa.int64()).to_pylist()
    assert (max(minutes) - min(minutes)) // 60_000_000 >= 24 * 60
