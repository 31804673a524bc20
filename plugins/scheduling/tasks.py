"""The tasks of the DAGs: each opens the store and takes one step.

Steps are imported when they run: a DAG file is parsed every minute, and pyarrow and DuckDB take seconds.
"""

from typing import Final

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from plugins.scheduling.assets import AIRFLOW_HISTORY, BLOCKLIST, CLOSED_DAYS, HITS, STATISTICS
from plugins.scheduling.boundary import guarded, tell
from plugins.scheduling.defaults import policy_file

ACTOR: Final = "airflow"


@task(outlets=[HITS])
@guarded
def ingest() -> dict[str, int]:
    from plugins.steps.ingest import ingest as run
    from plugins.store.store import open_store

    result = run(open_store(policy_file()), ACTOR, tell)
    if not result.lines.total():
        raise AirflowSkipException("nothing is new in the logs")
    return dict(result.lines)


@task(outlets=[BLOCKLIST])
@guarded
def decide() -> int:
    return 0


@task(outlets=[STATISTICS], inlets=[HITS])
@guarded
def rebuild() -> list[str]:
    from plugins.steps.rebuilding import rebuild as run
    from plugins.store.store import open_store

    return [str(day) for day in run(open_store(policy_file()), tell)]


@task(outlets=[CLOSED_DAYS], inlets=[HITS, STATISTICS])
@guarded
def close() -> list[str]:
    from plugins.steps.closing import close_due
    from plugins.store.store import open_store

    marks, _ = close_due(open_store(policy_file()), ACTOR, tell)
    return [str(mark.day) for mark in marks]


@task(outlets=[AIRFLOW_HISTORY])
@guarded
def tidy() -> None:
    return
