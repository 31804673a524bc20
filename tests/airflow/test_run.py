"""The demo through a real Airflow: interrupted, run, run again, up and down, and what it leaves on the disk."""

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from plugins.local.processes import read_running
from tests.airflow.home import PORT, Demo, alive, figures, listening
from tests.airflow.traces import addresses, clients, content, files, targets

LOOPBACK = "0100007F"  # 127.0.0.1, as the kernel writes it
STEPS = (
    "ingest_logs",
    "detect_attacks",
    "compute_statistics",
    "close_days",
    "back_up",
    "rehearse_restore",
    "prove_forgetting",
)


@pytest.fixture(scope="module")
def planted(demo: Demo, second: str) -> dict[Path, bytes]:
    """Every file that was written, but the logs themselves and the exports, which are there to hold addresses."""
    return {path: content(path) for path in files(demo.folder, "logs", "store/exports")}


def test_nothing_is_left_running_after_ctrl_c(interrupted: set[int]) -> None:
    assert alive(interrupted) == []


def test_a_run_after_an_interrupted_one_reads_every_line_once(demo: Demo, first: str) -> None:
    lines = sum(content(path).count(b"\n") for path in files(demo.folder / "logs") if ".log" in path.name)
    assert f"lines:      {lines:,} " in first


def test_each_step_has_its_line_and_its_seconds(first: str) -> None:
    for step in STEPS:
        assert re.search(rf"^  {step} +\d+\.\d s  (\d+ tasks.*|nothing to do)$", first, re.MULTILINE), first


def test_half_of_the_demo_is_imported_and_half_is_open(first: str) -> None:
    in_the_evening = "6 open, 7 imported, 1 closed"  # the oldest closes some hours ahead of midnight
    assert figures(first)["days"] in ("7 open, 7 imported, 0 closed", in_the_evening)
    assert re.search(r"blocklist: +[1-9]\d* active", first)


def test_a_second_run_gives_the_same_figures(first: str, second: str) -> None:
    assert figures(first) == figures(second)


def test_the_commands_that_read_the_tables_run_as_they_are_printed(demo: Demo, first: str) -> None:
    commands = [line.strip() for line in first.splitlines() if "-c " in line]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(shlex.split(command), cwd=Path.cwd(), capture_output=True, text=True, check=True)
        assert "/blog" in done.stdout


def test_passwords_are_shown_once_and_only_their_owner_may_read_them(demo: Demo, first: str, second: str) -> None:
    passwords = demo.passwords()
    assert all(password not in first + second for password in passwords.values()), "the interrupted run was the first"
    for name in ("passwords.json", "secrets.json", "airflow.cfg", "airflow.db"):
        assert stat.S_IMODE((demo.airflow / name).stat().st_mode) & 0o077 == 0, name


def test_no_address_of_a_visitor_is_in_anything_that_was_written(demo: Demo, planted: dict[Path, bytes]) -> None:
    visitors = clients(demo.folder / "logs")
    assert len(visitors) > 1000
    found = {path: len(visitors & addresses(text)) for path, text in planted.items()}
    assert {path: number for path, number in found.items() if number} == {}
    assert any(path.name == "airflow.db" for path in planted)


def test_no_line_and_no_query_of_a_visitor_is_in_airflows_files_or_the_stores_memory(
    demo: Demo, planted: dict[Path, bytes]
) -> None:
    asked = {target for path in files(demo.folder / "logs") for target in targets(content(path))}
    assert len(asked) > 100
    places = (demo.airflow, *(demo.folder / "store" / name for name in ("receipts", "state", "audit")))
    for path, text in planted.items():
        if any(path.is_relative_to(place) for place in places):
            assert asked & targets(text) == set(), path
            assert b"Mozilla/5.0" not in text, path
            assert b'HTTP/1.1" 200' not in text, path


def test_a_file_that_cannot_be_read_fails_the_run_with_the_reason(demo: Demo, second: str) -> None:
    torn = demo.folder / "logs" / "nginx" / "access.log.14.gz"
    torn.write_bytes(b"\x1f\x8b\x08\x00 this is no gzip")
    os.utime(torn, (0, time.time() - 7200))  # nobody is writing it any more
    said = demo.do("run", "--port", str(PORT), status=1)
    torn.unlink()
    assert re.search(r"ingest_logs +\d+\.\d s  failed", said)
    assert "ingest_logs failed" in said
    assert "access.log.14.gz" in said
    assert "blocklist:" not in said


def test_sigterm_while_airflow_starts_leaves_nothing_running(demo: Demo, second: str) -> None:
    assert alive(demo.interrupt_run(signal.SIGTERM, after="Airflow's database", seconds=2)) == []


def test_up_listens_on_this_machine_only_and_down_leaves_nothing(demo: Demo, second: str) -> None:
    said = demo.do("up", "--port", str(PORT))
    try:
        sessions = {component.pid for component in read_running(demo)[1]}
        address = re.findall(r"http://127\.0\.0\.1:\d+", said)[0]
        assert len(sessions) == 4
        assert listening(sessions) == {LOOPBACK}
        assert json.load(urlopen(f"{address}/api/v2/monitor/health"))["scheduler"]["status"] == "healthy"
        status = demo.do("status")
        assert address in status
        assert status.count("healthy") == 4
        assert "*/5 * * * *" in status, "schedules are on"
        assert address in demo.do("up"), "up twice is harmless"
        assert sessions == {component.pid for component in read_running(demo)[1]}
        assert "make down" in demo.do("run", status=1), "a run would meet the schedules"
    finally:
        demo.do("down")
    assert alive(sessions) == []
    demo.do("status", status=1)
