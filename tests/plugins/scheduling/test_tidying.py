"""Airflow's own memory: a real database of Airflow's and its log folder, with old and new things in them."""

import os
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.scheduling import own_traces
from plugins.scheduling.boundary import OutOfReachError
from plugins.scheduling.own_traces import DATABASE, HIDDEN, KEPT_DATABASE, airflow_traces
from plugins.scheduling.tidying import tidy_airflow

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("airflow")
    environment = {**os.environ, "AIRFLOW_HOME": str(home), DATABASE: f"sqlite:///{home}/other.db"}
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=environment, check=True, capture_output=True)
    return home


@pytest.fixture
def database(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As a task sees the world: Airflow hides its database, and the installation says where it is."""
    monkeypatch.setenv("AIRFLOW_HOME", str(home))
    for name in HIDDEN:
        monkeypatch.setenv(name, "airflow-db-not-allowed:///")
    monkeypatch.setenv(KEPT_DATABASE, f"sqlite:///{home}/other.db")
    monkeypatch.setattr(own_traces.conf, "get", lambda *_: str(home / "logs"))
    return home / "other.db"


def test_rows_and_files_older_than_the_window_go_and_younger_ones_stay(database: Path, home: Path) -> None:
    now = datetime.now(UTC)
    with sqlite3.connect(database) as connection:
        for days in (1, 6, 8, 30):
            at = (now - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S.000000")
            connection.execute("INSERT INTO log (dttm, event) VALUES (?, ?)", (at, f"{days} days"))
    for days in (6, 8):
        path = home / "logs" / f"run {days}" / "task.log"
        path.parent.mkdir(parents=True)
        path.write_text("x")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    assert tidy_airflow(WEEK, lambda _: None) == {"files": 1}
    with sqlite3.connect(database) as connection:
        left = {event for (event,) in connection.execute("SELECT event FROM log") if event.endswith("days")}
    assert left == {"1 days", "6 days"}
    assert [path.name for path in (home / "logs").iterdir()] == ["run 6"]


def test_a_database_out_of_reach_is_told(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEPT_DATABASE, f"sqlite:///{database.parent}/nowhere/else.db")
    with pytest.raises(OutOfReachError, match=KEPT_DATABASE):
        tidy_airflow(WEEK, lambda _: None)


def test_without_a_word_from_the_installation_airflow_cfg_says_where_the_database_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = home.parent / "by its file"
    other.mkdir()
    (other / "airflow.cfg").write_text(f"[database]\nsql_alchemy_conn = sqlite:///{home}/other.db\n")
    monkeypatch.setenv("AIRFLOW_HOME", str(other))
    monkeypatch.setattr(own_traces.conf, "get", lambda *_: str(other / "logs"))
    for name in HIDDEN:
        monkeypatch.setenv(name, "airflow-db-not-allowed:///")
    with sqlite3.connect(home / "other.db") as connection:
        connection.execute("INSERT INTO log (dttm, event) VALUES ('2020-01-01 00:00:00.000000', 'years ago')")
    tidy_airflow(WEEK, lambda _: None)
    with sqlite3.connect(home / "other.db") as connection:
        assert connection.execute("SELECT count(*) FROM log WHERE event = 'years ago'").fetchone() == (0,)


def test_a_proof_searches_the_database_that_airflow_hides_from_tasks(database: Path, home: Path) -> None:
    found = airflow_traces()
    assert found.database == f"sqlite:///{database}"
    assert found.logs == home / "logs"
