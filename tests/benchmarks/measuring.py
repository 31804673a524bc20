"""What a command costs: processor time and memory, of it and of all that it started."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Cost:
    """User and system time in seconds; the largest resident set of any of its processes in MB; its last line."""

    seconds: float
    peak: float
    said: str = ""


def measure(command: Sequence[str]) -> Cost:
    """Run a command, with a folder of its own that goes again for each `{out}` in it."""
    with tempfile.TemporaryDirectory() as out, tempfile.TemporaryFile() as said:
        words = [word.format(out=out) for word in command]
        process = subprocess.Popen(words, stdout=said, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{words[0]} failed with status {process.returncode}")
        said.seek(0)
        last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, last)


def compare(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Cost]:
    """Each command in turn, round after round, so that a slow minute of the machine is nobody's alone; medians."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(measure(command))
    return {
        name: Cost(median(one.seconds for one in found), median(one.peak for one in found), found[-1].said)
        for name, found in costs.items()
    }


def machine() -> str:
    """The processor's name and the number of those that may be used."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0] if names else 'unknown processor'}, {os.cpu_count()} processors, {memory:.0f} GB"


def version(command: str) -> str:
    """What a program says of its version, empty where it is not installed."""
    if not shutil.which(command):
        return ""
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.partition("\n")[0]
