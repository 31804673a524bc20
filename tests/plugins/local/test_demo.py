"""The demo's logs, made once, and what is told of a store."""

import os
import re
import shlex
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.blocklist.exporting import publish_exports
from plugins.local.demo import prepare_demo
from plugins.local.home import ROOT, Home
from plugins.local.report import examples, report
from plugins.policy_file import read_policy
from plugins.steps.detecting import detect
from tests.airflow.traces import content
from tests.stores import POLICY, Site, hit, silent
from tests.traffic import clock
from tests.traffic.demo import write_demo

NAMES = ["access.log", "access.log.1", *(f"access.log.{age}.gz" for age in range(2, 5))]


def test_logs_end_now_and_lie_as_logrotate_leaves_them(tmp_path: Path) -> None:
    until = datetime(2026, 3, 30, 15, 20, tzinfo=UTC)  # a day after the clocks changed
    truth = write_demo(tmp_path, until, days=5)
    for server in ("apache", "nginx"):
        for kind in ("access", "error"):
            assert sorted(path.name for path in (tmp_path / server).glob(f"{kind}.log*")) == sorted(
                name.replace("access", kind) for name in NAMES
            )
    for age, name in enumerate(NAMES):
        day = until.astimezone(clock.ZONE).date() - timedelta(days=age)
        text = content(tmp_path / "apache" / name).decode(errors="replace")
        stamps = set(re.findall(r"\[(\d\d/\w{3}/\d{4}):\d\d:\d\d:\d\d \+0\d00\]", text))
        assert f"{day:%d/%b/%Y}" in stamps
        assert text.count("\n") == truth.lines[f"apache/{name}"]
    newest = tmp_path / "apache" / "access.log"
    assert newest.stat().st_mtime == until.timestamp()
    assert b"30/Mar/2026:17:" in newest.read_bytes().splitlines()[-1]


def test_the_demo_is_made_once_and_kept(tmp_path: Path) -> None:
    home = Home(tmp_path / "run", None)
    assert home.is_demo
    assert prepare_demo(home) is True
    before = {path: path.stat().st_mtime_ns for path in home.demo_logs.rglob("*")}
    assert prepare_demo(home) is False
    assert {path: path.stat().st_mtime_ns for path in home.demo_logs.rglob("*")} == before
    assert len(read_policy(home.policy).logs) == 2
    assert home.is_demo


def test_an_old_demo_still_confirms_the_clock(tmp_path: Path) -> None:
    home = Home(tmp_path / "run", None)
    (home.demo_logs / "apache").mkdir(parents=True)
    log = home.demo_logs / "apache" / "access.log"
    log.touch()
    os.utime(log, (0, time.time() - 5 * 86400))
    prepare_demo(home)
    assert time.time() - log.stat().st_mtime < 60


@pytest.fixture
def site(tmp_path: Path) -> Site:
    now = datetime.now(UTC)
    site = Site(tmp_path, now)
    scan = [hit(now - timedelta(minutes=9), "198.51.100.7", f"/.env{number}") for number in range(20)]
    old = [hit(now - timedelta(days=20), path="/old")]
    site.write("access.log", *old, hit(now - timedelta(minutes=8), path="/page"), *scan, "no line of a log\n")
    site.ingest()
    detect(site.open(), "operations", silent)
    publish_exports(site.open())
    site.rebuild()
    return site


def test_the_report_counts_everything_and_names_nobody(site: Site) -> None:
    told = dict(report(site.policy))
    assert told["lines"] == "23 (22 hits, 1 quarantine)"
    assert told["quarantine"] == "1; 1 of them in open days: 1 format"
    assert told["days"] == "1 open, 1 imported, 0 closed"
    assert told["blocklist"].startswith("1 active of 1 decisions: 1 ")
    assert "2 pageviews" in told["visits"]
    assert "198.51.100" not in str(told)


def test_the_report_counts_what_visits_are_for(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    goals = '[[goals]]\nname = "Read"\npath = "/page"\n[[goals]]\nname = "Asked"\npath = "/contact"\n'
    site = Site(tmp_path, now, POLICY + goals)
    site.write("access.log", hit(now - timedelta(minutes=8), path="/page"))
    site.ingest()
    site.rebuild()
    assert dict(report(site.policy))["goals"] == "1 Read (visits that reached each)"


def test_the_examples_run_as_they_are_printed(site: Site) -> None:
    for command in examples(site.policy):
        done = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True)
        assert "/page" in done.stdout
