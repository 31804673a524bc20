"""Where Airflow itself writes: its database, which it hides from tasks, and its logs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from airflow.sdk import conf

if TYPE_CHECKING:
    from plugins.forgetting.traces import Outside

DATABASE: Final = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
HIDDEN: Final = (DATABASE, "AIRFLOW__CORE__SQL_ALCHEMY_CONN")  # what Airflow overwrites in a task; it reads both
KEPT_DATABASE: Final = "LETHE_AIRFLOW_DATABASE"  # where Airflow is configured by the environment
PATIENCE: Final = 120.0  # seconds


def unhidden_environment() -> dict[str, str]:
    """This process's environment with Airflow's real database in it, for a command of Airflow's own."""
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    if database := os.environ.get(KEPT_DATABASE):
        environment[DATABASE] = database
    return environment


def log_folder() -> Path:
    return Path(conf.get("logging", "base_log_folder"))


def airflow_traces() -> "Outside":
    """What a proof searches of Airflow; without an address its database stays unsearched, and the report says so."""
    from plugins.forgetting.traces import Outside  # noqa: PLC0415 - every DAG file imports this package

    return Outside(database=_database(), logs=log_folder())


def _database() -> str | None:
    """By Airflow's own command, since a task is told another address than the real one."""
    command = [sys.executable, "-m", "airflow", "config", "get-value", "database", "sql_alchemy_conn"]
    done = subprocess.run(  # noqa: S603 - our own words
        command, env=unhidden_environment(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    lines = done.stdout.split()
    return lines[-1] if done.returncode == 0 and lines else None
