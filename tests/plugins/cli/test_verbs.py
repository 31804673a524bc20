"""The verbs as their users call them, from a log file to the last line on the terminal."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from schemas.statistics import TABLES
from tests.command import run_lethe
from tests.traffic import Truth, write_folder

LETHE = Path(sys.executable).with_name("lethe")


def run(*arguments: str | Path) -> str:
    done = run_lethe(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traffic")


@pytest.fixture(scope="module")
def truth(folder: Path) -> Truth:
    return write_folder(folder, days=1)


@pytest.fixture(scope="module")
def logs(folder: Path, truth: Truth) -> list[Path]:
    return [folder / name for name in truth.files["access"]]


def test_statistics_and_summary_of_a_day(folder: Path, truth: Truth, logs: list[Path]) -> None:
    errors = [folder / name for name in truth.files["error"]]
    policy = ("--policy", folder / "policy.toml")
    told = run("statistics", *logs, "--errors", *errors, *policy, "--out", folder / "out")
    assert f"lines: {truth.lines.total():,} = " in told
    assert f"in quarantine\nquarantine: address {3:,}, " in told
    (day,) = truth.tables["days"]
    table = pq.read_table(folder / "out" / "statistics" / "days" / f"{day['day']}.parquet")
    assert table.select(["hits", "ignored", "quarantined", "state"]).to_pylist() == [
        {name: day[name] for name in ("hits", "ignored", "quarantined", "state")}
    ]
    visits = duckdb.sql(f"SELECT sum(visits) FROM '{folder}/out/statistics/sources_daily/*.parquet'").fetchall()
    assert visits == [(sum(row["visits"] for row in truth.tables["visits_daily"]),)]
    assert {entry.name for entry in (folder / "out" / "statistics").iterdir()} == TABLES.keys()
    shown = run("summary", folder / "out")
    for word in ("Days", "Pages", "s to next page", "Sources", "Goals", "Devices", "Attacks", "pandas.read_parquet"):
        assert word in shown
    for example in shown.splitlines()[-2:]:
        subprocess.run(example, shell=True, check=True, stdout=subprocess.DEVNULL)


def test_alerts_are_json_lines_with_a_decision_for_each_attacker(folder: Path, truth: Truth, logs: list[Path]) -> None:
    lines = [json.loads(line) for line in run("alerts", *logs, "--policy", folder / "policy.toml").splitlines()]
    alerts = [line["alert"] for line in lines if "alert" in line]
    decisions = [line["decision"] for line in lines if "decision" in line]
    assert all(alert.keys() >= {"scenario", "target", "first_seen", "last_seen", "events"} for alert in alerts)
    assert {(one["target"], one["scenario"]) for one in decisions} == {
        (one["target"], one["scenario"]) for one in truth.blocklist
    }
    assert all(one.keys() == {"target", "scenario", "until"} and one["until"].endswith("Z") for one in decisions)
    assert "Blocklist: " in run("alerts", "--table", *logs, "--policy", folder / "policy.toml")


def test_parse_answers_every_line_in_order(folder: Path, truth: Truth) -> None:
    for name, lines in truth.lines.items():
        found = [json.loads(line) for line in run("parse", folder / name).splitlines()]
        assert [line["line"] for line in found] == list(range(1, lines + 1))
        assert all(len({"hit", "error", "continues", "quarantine"} & line.keys()) == 1 for line in found)


def test_anonymise_answers_each_line() -> None:
    """As it is installed, and no part of this process."""
    rows = [
        {"id": "a", "field": "client_ip", "input": "192.0.2.77"},
        {"id": "b", "field": "client_ip", "input": "unknown"},
        {"id": "c", "field": "query", "input": "sid=1&utm_source=x"},
        {"id": "d", "field": "path", "input": "/u/192.0.2.77"},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    told = subprocess.run([LETHE, "anonymise"], capture_output=True, text=True, input=text, check=True).stdout
    assert [json.loads(line)["output"] for line in told.splitlines()] == [
        *("192.0.2.0/24", None),
        *("utm_source=x", "/u/{address}"),
    ]


@pytest.mark.parametrize("line", ["no json", "[]", '{"id": 1}', '{"id": 1, "field": "x", "input": "192.0.2.77"}'])
def test_anonymise_names_a_wrong_line_by_its_number_only(line: str) -> None:
    done = run_lethe("anonymise", text=f"\n{line}\n")
    assert done.returncode == 1
    assert "line 2 of standard input" in done.stderr
    assert "192.0.2.77" not in done.stderr


def test_parse_shows_what_is_written_without_secrets(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('192.0.2.7 - - [05/Jan/2026:12:34:56 +0000] "GET /a?pwd=hunter2&p=1 HTTP/1.1" 200 5 "-" "x"\n')
    (line,) = map(json.loads, run("parse", log, "--format", "combined").splitlines())
    assert line["hit"]["query"] == "pwd={secret}&p=1"
    assert line["hit"]["request_line"] == "GET /a?pwd={secret}&p=1 HTTP/1.1"


def test_alerts_come_from_error_logs_too(tmp_path: Path) -> None:
    pair = Path(__file__).parents[2] / "transforms" / "detection" / "pairs" / "error-denied" / "apache.errors.log"
    log = tmp_path / "error.log"
    log.write_text(pair.read_text().replace("192.0.2.", "203.0.113."))

    for call in ((log,), ("--errors", log)):
        alerts = [json.loads(line).get("alert", {}) for line in run("alerts", *call).splitlines()]
        assert "error-denied" in {alert.get("scenario") for alert in alerts}
