"""Real processes, the stubborn ones too: whatever was started is stopped, and nobody else is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.local.home import Home
from plugins.local.processes import (
    Component,
    check_alive,
    forget_running,
    log_of,
    read_running,
    run_to_end,
    start,
    stop,
    write_running,
)
from plugins.local.sessions import find_process, processes
from plugins.local.starting import alone, is_up
from schemas.refusals import RefusedError

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); {SLEEP}"
# A child that leaves the process group, as Airflow's tasks do, and is as stubborn.
WITH_CHILD = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
    print("ready", flush=True)
time.sleep(60)
"""
ORPHANING = WITH_CHILD.replace("time.sleep(60)\n", "    time.sleep(60)\n")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, None)
    home.prepare(8080)
    return home


@pytest.fixture
def begin() -> Iterator[Callable[[str], Component]]:
    """Start Python code in a session of its own and wait for its first word; ended after the test in any case."""
    started = []

    def start_code(code: str) -> Component:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        found = find_process(process.pid)
        assert found
        if "ready" in code:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
        return Component("scheduler", process.pid, found.since)

    yield start_code
    for process in started:
        for member in [one for one in processes() if one.session == process.pid]:
            os.kill(member.pid, signal.SIGKILL)
        process.wait()


def members(component: Component) -> list[int]:
    return [process.pid for process in processes() if process.session == component.pid]


@pytest.mark.parametrize("code", [SLEEP, STUBBORN, WITH_CHILD], ids=["polite", "stubborn", "with a child"])
def test_a_component_is_stopped_with_all_its_children(begin: Callable[[str], Component], code: str) -> None:
    component = begin(code)
    assert component.is_alive
    began = time.monotonic()
    stop([replace(component, name="api-server")])  # of which nobody expects much patience
    assert members(component) == []
    assert not component.is_alive
    assert time.monotonic() - began < 5


def test_children_whose_leader_is_gone_are_stopped_too(begin: Callable[[str], Component]) -> None:
    component = begin(ORPHANING)
    while component.is_alive:
        time.sleep(0.02)
    assert members(component)
    stop([replace(component, name="api-server")])
    assert members(component) == []


def test_a_later_process_with_the_same_number_is_left_alone(begin: Callable[[str], Component]) -> None:
    component = begin(SLEEP)
    stop([replace(component, since=component.since - 1)])
    assert component.is_alive


def test_what_has_ended_is_not_alive_even_if_nobody_has_buried_it() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    found = None
    while find_process(process.pid):
        found = find_process(process.pid) or found
    assert found is None or not Component("x", process.pid, found.since).is_alive
    process.wait()


def test_what_runs_in_a_home_is_noted_for_others(home: Home, begin: Callable[[str], Component]) -> None:
    component = begin(SLEEP)
    assert not is_up(home)
    write_running(home, 8081, [component])
    assert read_running(home) == (8081, [component])
    assert is_up(home)
    forget_running(home)
    assert read_running(home) == (0, [])


def test_a_damaged_note_is_refused(home: Home) -> None:
    (home.airflow / "running.json").write_text("{}")
    with pytest.raises(RefusedError, match="damaged"):
        read_running(home)


def test_a_component_that_ends_by_itself_is_told_with_its_last_words(home: Home) -> None:
    component = start(home, "scheduler", home.environment(has_schedules=False), ["no-such-command"])
    while component.is_alive:
        time.sleep(0.05)
    with pytest.raises(RefusedError, match=r"scheduler ended by itself[\s\S]*no-such-command"):
        check_alive(home, [component])
    assert "no-such-command" in log_of(home, "scheduler").read_text()
    stop([component])


def test_a_command_that_fails_is_told_with_its_last_words(home: Home) -> None:
    with pytest.raises(RefusedError, match="airflow database failed"):
        run_to_end(home, "database", home.environment(has_schedules=False), ["no-such-command"])


def test_two_never_work_in_one_home_at_once(home: Home) -> None:
    with alone(home), pytest.raises(RefusedError, match="at work"), alone(home):
        pass
    with alone(home):
        pass


@pytest.mark.parametrize(
    ("number", "child"), [(signal.SIGINT, SLEEP), (signal.SIGHUP, SLEEP), (signal.SIGTERM, STUBBORN)]
)
def test_whatever_interrupts_a_start_leaves_nothing_running(number: signal.Signals, child: str) -> None:
    code = (
        "import subprocess, sys, time\n"
        "from plugins.local.starting import nothing_left_behind\n"
        "with nothing_left_behind():\n"
        f"    child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=2, start_new_session=True)\n"
        "    print(child.pid, flush=True)\n"
        "    time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    pid = int(process.stdout.readline())
    time.sleep(0.3)  # a stubborn child needs a moment to become so
    process.send_signal(number)
    assert process.wait(timeout=20) != 0
    assert find_process(pid) is None
