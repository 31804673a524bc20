"""A run that is killed at any write, and run again, leaves exactly what an undisturbed run leaves."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from tests.kills.acts import ACTS
from tests.kills.runner import Runner

Runners = SimpleQueue[Runner]


@pytest.fixture(scope="module")
def runners() -> Iterator[Runners]:
    queue: Runners = SimpleQueue()
    all_of_them = [Runner() for _ in range(os.cpu_count() or 1)]
    for runner in all_of_them:
        queue.put(runner)
    yield queue
    for runner in all_of_them:
        runner.process.communicate()


@pytest.mark.parametrize("name", ACTS)
def test_killed_at_any_write_and_run_again_it_is_as_if_nothing_had_happened(
    name: str, tmp_path: Path, runners: Runners
) -> None:
    begun = time.monotonic()
    origin, whole = tmp_path / "origin", tmp_path / "whole"
    runner = runners.get()
    assert runner.call("prepare", name, origin) == 0
    shutil.copytree(origin, whole)
    assert runner.call("run_act", name, whole) == 0
    expected = runner.describe(whole)
    runners.put(runner)
    writes = int((whole / "writes").read_text())
    kills = [(number, when) for number in range(1, writes + 1) for when in ("before", "after")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda kill: _killed(name, origin, runners, *kill), kills))
    print(f"\n{name}: {writes} writes, {len(kills)} kills, {time.monotonic() - begun:.0f} s")
    differing = [{key for key in expected if expected[key] != one[key]} for one in found]
    assert [(kill, keys) for kill, keys in zip(kills, differing, strict=True) if keys] == []


def _killed(name: str, origin: Path, runners: Runners, number: int, when: str) -> dict[str, Any]:
    folder = origin.with_name(f"{number}-{when}")
    shutil.copytree(origin, folder)
    runner = runners.get()
    try:
        assert runner.call("run_act", name, folder, number, when) == -signal.SIGKILL
        assert runner.call("run_act", name, folder) == 0, f"after a kill {when} write {number}"
        return runner.describe(folder)
    finally:
        runners.put(runner)
        shutil.rmtree(folder)
