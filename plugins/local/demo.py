"""Two weeks of demo traffic up to the first run, made once and kept, and the policy for it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from plugins.local.home import ROOT, Home
from schemas.refusals import RefusedError

POLICY: Final = Path(__file__).with_name("demo.toml")
STILL: Final = 12 * 3600.0  # seconds


def prepare_demo(home: Home) -> bool:
    """Write logs and policy where there are none; returns whether they are new."""
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    logs = home.demo_logs
    is_new = not logs.exists()
    if is_new:
        _generate(home.folder / ".logs", logs)
    if not home.policy.exists():
        shutil.copyfile(POLICY, home.policy)
    _keep_time(logs)
    return is_new


def _generate(beside: Path, logs: Path) -> None:
    """In another folder first, so that an interruption leaves no half of them."""
    shutil.rmtree(beside, ignore_errors=True)
    command = [sys.executable, "-m", "tests.traffic.demo", "--out", str(beside)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise RefusedError(f"the demo's logs cannot be made: {''.join(said)}")
    beside.rename(logs)


def _keep_time(logs: Path) -> None:
    """Touch the newest file, as a server that is still there would.

    Nobody writes to these logs any more. Two days later nothing else would confirm the clock of this machine, and
    Lethe would rather stop than forget by a clock that may be wrong.
    """
    newest = max(logs.glob("*/access.log"), key=lambda path: path.stat().st_mtime, default=None)
    if newest and time.time() - newest.stat().st_mtime > STILL:
        os.utime(newest)
