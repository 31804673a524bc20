"""Sessions of processes, as Linux lists them in /proc."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

PATIENCE: Final = 8.0  # seconds between asking to stop and making stop
PROC: Final = Path("/proc")


class Process(NamedTuple):
    """A process that runs; `since` is in clock ticks since the machine started."""

    pid: int
    parent: int
    session: int
    since: int


def find_process(pid: int) -> Process | None:
    """None where there is none, or only what its parent has not buried yet."""
    try:
        about = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = about.rpartition(")")[2].split()  # the name before it may hold anything
    if state in "ZX":
        return None
    return Process(pid, int(fields[0]), int(fields[2]), int(fields[18]))


def processes() -> Iterator[Process]:
    """All that run."""
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (process := find_process(int(folder.name))):
            yield process


def end_sessions(sessions: set[int], patience: float = PATIENCE) -> None:
    """End everybody in these sessions: the leaders are asked, and whoever is left after a while is made to."""
    _signal(sessions, signal.SIGTERM)
    end = time.monotonic() + patience
    while (left := _members(sessions)) and time.monotonic() < end:
        time.sleep(0.1)
    while left:
        _signal(left, signal.SIGKILL)
        time.sleep(0.05)
        left = _members(sessions)
    _bury(sessions)


def _members(sessions: set[int]) -> set[int]:
    return {process.pid for process in processes() if process.session in sessions}


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _bury(pids: set[int]) -> None:
    """Those that are children of this process; others have another parent for that."""
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
