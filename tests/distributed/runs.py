"""Runs of DAGs in a cluster, by the API as a person starts them in the UI."""

from plugins.local.api import AT_WORK, Api, Run
from tests.distributed.cluster import Cluster

DAGS = (
    *("ingest_logs", "detect_attacks", "compute_statistics", "close_days", "tidy_airflow"),
    *("back_up", "purge_backups", "restore_backup", "rehearse_restore", "prove_forgetting"),
)
WITHIN = 240.0  # seconds for a DAG and whom it sets off, a dead worker's minute of silence included


def carry_out(cluster: Cluster, *dags: str) -> None:
    for dag in dags:
        settle(cluster, cluster.api.trigger(dag))


def settle(cluster: Cluster, run: Run) -> None:
    """Wait until nothing runs any more, since schedules and assets set off runs of their own; nothing may fail."""
    api = cluster.api
    cluster.wait_until(lambda: api.state(run) not in AT_WORK and not at_work(api), WITHIN, f"{run.dag} ends")
    for dag in DAGS:
        for one, state in api.runs(dag):
            assert state == "success", (one, list(api.failures(one)))


def at_work(api: Api) -> list[Run]:
    return [run for dag in DAGS for run, _ in api.runs(dag, *AT_WORK)]
