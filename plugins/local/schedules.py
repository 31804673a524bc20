"""Airflow's cluster policy for one run by hand: nothing starts by the clock, only by hand or after an asset.

Airflow's own switch (`[scheduler] use_job_schedule`) would keep what follows an asset from starting too, and a paused
DAG does not even start by hand.
"""

import os
from typing import Any, Final

SWITCH: Final = "LETHE_SCHEDULES"
OFF: Final = "off"
LOCAL_SETTINGS: Final = "from plugins.local.schedules import dag_policy\n"  # config/airflow_local_settings.py


def dag_policy(dag: Any) -> None:
    """Take a DAG's schedule away where LETHE_SCHEDULES is `off`."""
    if os.environ.get(SWITCH) == OFF and dag.timetable.can_be_scheduled and not dag.timetable.asset_condition:
        from airflow.timetables.simple import NullTimetable  # noqa: PLC0415 - every component loads this file

        dag.timetable = NullTimetable()
