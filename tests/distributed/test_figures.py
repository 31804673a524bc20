"""The services of docker-compose.yaml at work: what many processes publish is what one process publishes."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from plugins.local.api import AT_WORK, Api, Run
from plugins.local.sessions import processes
from plugins.store.store import open_store
from tests.distributed.cluster import WORKERS, Cluster
from tests.distributed.site import deliver, figures, read_alone

DAGS = ("ingest_logs", "detect_attacks", "compute_statistics", "close_days", "tidy_airflow")
WITHIN = 240.0  # seconds for a DAG and whom it sets off, a dead worker's minute of silence included


@pytest.fixture(scope="module")
def policy(cluster: Cluster) -> Path:
    return cluster.folder / "lethe" / "policy.toml"


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


def test_two_workers_publish_what_one_process_publishes(cluster: Cluster, policy: Path, alone: Path):
    cluster.wait_until(lambda: {dag["dag_id"] for dag in cluster.api.dags()} == {*DAGS}, 60, "the DAGs are read")
    assert cluster.api.import_errors() == []
    carry_out(cluster, "ingest_logs", "compute_statistics", "close_days")
    read_alone(alone)
    found = figures(policy)
    assert found == figures(alone)
    assert found["tables"] and found["decisions"] and found["marks"]


def test_a_worker_killed_while_it_reads_changes_no_figure(cluster: Cluster, policy: Path, alone: Path):
    """The test holds a lock that every reader needs; so both workers stand in the middle of their files."""
    store = open_store(policy)
    deliver(policy.parent, "shop")
    with store.locks.held(str(store.calendar.today())):
        run = cluster.api.trigger("ingest_logs")
        cluster.wait_until(lambda: {*readers(cluster, store.locks.folder)} == {*WORKERS}, 90, "both workers read")
        cluster.kill(WORKERS[0])
    killed = time.monotonic()
    settle(cluster, run)
    print(f"caught up {time.monotonic() - killed:.0f} s after the worker's death")
    assert any(task["task_id"] == "read_files" and task["try_number"] > 1 for task in cluster.api.tasks(run))
    carry_out(cluster, "compute_statistics", "close_days")
    read_alone(alone)
    assert figures(policy) == figures(alone)


def readers(cluster: Cluster, locks: Path) -> Iterator[str]:
    """The worker of each process that has a day's lock open."""
    names = {cluster.running[name].pid: name for name in WORKERS if name in cluster.running}
    for process in processes():
        held = (path for path in files(process.pid) if path.parent == locks)
        if process.session in names and any(path.name[0].isdigit() for path in held):
            yield names[process.session]


def files(pid: int) -> Iterator[Path]:
    """What a process has open."""
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield link.readlink()


def test_tidying_reaches_airflows_database_from_a_worker(cluster: Cluster):
    carry_out(cluster, "tidy_airflow")


def test_no_password_or_key_is_in_a_service_log(cluster: Cluster):
    said = "".join(cluster.said(path.name) for path in (cluster.folder / "said").iterdir())
    assert not [name for name, value in cluster.variables.items() if name != "LETHE_LOGS" and value in said]
