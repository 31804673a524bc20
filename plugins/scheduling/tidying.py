"""Airflow's own database and logs, which end with the security window."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from plugins.scheduling.boundary import OutOfReachError
from plugins.scheduling.own_traces import KEPT_DATABASE, log_folder, unhidden_environment

PATIENCE: Final = 1800.0  # seconds


def tidy_airflow(window: timedelta, tell: Callable[[str], None]) -> dict[str, int]:
    """Remove rows and log files older than the window; returns how many files. OutOfReachError if Airflow refuses."""
    before = datetime.now(UTC) - window
    _clean_database(before)
    files = _remove_old_files(log_folder(), time.time() - window.total_seconds())
    tell(f"removed: database rows before {before:%Y-%m-%d %H:%M} UTC and {files} log files")
    return {"files": files}


def _clean_database(before: datetime) -> None:
    """By Airflow's own command, since tasks have no way to its database: Airflow hides the address from them."""
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive", "--clean-before-timestamp"]
    done = subprocess.run(  # noqa: S603 - our own words
        [*command, before.isoformat()], env=unhidden_environment(), capture_output=True, check=False, timeout=PATIENCE
    )
    if done.returncode:
        raise OutOfReachError(
            f"airflow db clean ended with status {done.returncode}; does the worker reach Airflow's database? "
            f"Without an airflow.cfg, {KEPT_DATABASE} has to name it"
        )


def _remove_old_files(folder: Path, before: float) -> int:
    """Then the folders that are empty by it."""
    old = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    return len(old)
