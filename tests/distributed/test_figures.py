"""The services of docker-compose.yaml at work: what many processes publish is what one process publishes."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from plugins.store.store import open_store
from tests.distributed.cluster import WORKERS, Cluster
from tests.distributed.runs import DAGS, carry_out, settle
from tests.distributed.site import deliver, figures, read_alone


def test_two_workers_publish_what_one_process_publishes(cluster: Cluster, policy: Path, alone: Path):
    cluster.wait_until(lambda: {dag["dag_id"] for dag in cluster.api.dags()} == {*DAGS}, 60, "the DAGs are read")
    assert cluster.api.import_errors() == []
    carry_out(cluster, "ingest_logs", "compute_statistics", "close_days")
    read_alone(alone)
    found = figures(policy)
    assert found == figures(alone)
    assert found["tables"] and found["decisions"] and found["marks"]


def test_a_worker_killed_while_it_reads_changes_no_figure(cluster: Cluster, policy: Path, alone: Path):
    """The test holds a lock that every reader needs, so that both workers stand still in the middle of their files."""
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
    for name, pid in cluster.processes():
        held = (path for path in files(pid) if path.parent == locks)
        if name in WORKERS and any(path.name[0].isdigit() for path in held):
            yield name


def files(pid: int) -> Iterator[Path]:
    """What a process has open."""
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield link.readlink()
