"""A home with the demo in it, and the commands as a person gives them."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from plugins.local.home import ROOT, Home
from plugins.local.processes import read_running
from plugins.local.sessions import processes

PORT = 18082
LISTENING = "0A"


class Demo(Home):
    """Each command runs to its end; what it said is kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, None)

    def start(self, verb: str, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "plugins.local", verb, "--home", str(self.folder), *options]
        return subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def do(self, verb: str, *options: str, status: int = 0) -> str:
        process = self.start(verb, *options)
        said, _ = process.communicate(timeout=600)
        assert process.returncode == status, said
        return said

    def interrupt_run(self, number: signal.Signals, after: str, seconds: float) -> set[int]:
        """Begin a run and interrupt it some seconds after it said that; returns the sessions that it had."""
        process = self.start("run", "--port", str(PORT))
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if after in line:
                break
        time.sleep(seconds)
        sessions = {component.pid for component in read_running(self)[1]}
        assert sessions, said
        process.send_signal(number)
        said += process.communicate(timeout=60)[0]
        assert process.returncode not in (0, None), said
        return sessions


def alive(sessions: set[int]) -> list[int]:
    return [process.pid for process in processes() if process.session in sessions]


def figures(said: str) -> dict[str, str]:
    """The report by its words; of the blocklist the number of decisions, since bans end while tests run."""
    found = dict(re.findall(r"^(lines|quarantine|days|visits|blocklist): +(.+)$", said, re.MULTILINE))
    found["blocklist"] = re.findall(r"of ([\d,]+) decisions", found["blocklist"])[0]
    return found


def listening(sessions: set[int]) -> set[str]:
    """The addresses, as the kernel writes them, at which any of these processes takes TCP connections."""
    sockets = {link for pid in alive(sessions) for link in _sockets(pid)}
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text(encoding="ascii").splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == LISTENING and f"socket:[{row[9]}]" in sockets}


def _sockets(pid: int) -> list[str]:
    return [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()]
