"""What an operator may do in Airflow's pages changes no figure: clearing, repeating, two at once, a backfill."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from plugins.blocklist.decisions import Decisions
from plugins.local.api import AT_WORK, Api, ApiError, Run
from plugins.local.processes import read_running
from plugins.local.report import report
from plugins.local.starting import session
from plugins.store.store import RIGHTS, open_store
from tests.airflow.home import PORT, Demo

PIPELINE = ("ingest_logs", "detect_attacks", "compute_statistics", "close_days", "back_up", "rehearse_restore")
FIGURES = ("lines", "quarantine", "days", "visits")


@pytest.fixture(scope="module")
def api(demo: Demo, second: str) -> Iterator[Api]:
    demo.do("up", "--port", str(PORT))
    try:
        yield session(demo, read_running(demo)[0])
    finally:
        demo.do("down")


@pytest.fixture
def figures(demo: Demo, api: Api) -> Iterator[dict[str, object]]:
    """What must be the same afterwards; the decisions by target and scenario too."""
    before = figures_of(demo)
    yield before
    assert figures_of(demo) == before


def figures_of(demo: Demo) -> dict[str, object]:
    decisions = Decisions(open_store(demo.policy)).all()
    decided = sorted((one.target, one.scenario, one.decision, one.until) for one in decisions)
    return {word: figure for word, figure in report(demo.policy) if word in FIGURES} | {"decisions": decided}


def finish(api: Api, *runs: Run) -> list[str]:
    end = time.monotonic() + 240
    while time.monotonic() < end:
        states = [api.state(run) for run in runs]
        if not AT_WORK.intersection(states):
            return states
        time.sleep(0.5)
    raise AssertionError(f"runs did not end: {states}")


def clear(api: Api, run: Run, *tasks: str) -> None:
    body = {"dry_run": False, "dag_run_id": run.run, "only_failed": False, "task_ids": list(tasks)}
    cleared = api._asked("POST", f"dags/{run.dag}/clearTaskInstances", body)
    assert cleared["total_entries"] >= len(tasks)


@pytest.mark.parametrize("dag", PIPELINE)
def test_clearing_each_task_and_then_all_of_a_run_changes_nothing(
    api: Api, figures: dict[str, object], dag: str
) -> None:
    run, _ = api.runs(dag, "success")[-1]  # the oldest, which did the work
    tasks = list(dict.fromkeys(task["task_id"] for task in api.tasks(run)))
    for task in tasks:
        clear(api, run, task)
        assert finish(api, run) == ["success"], task
    clear(api, run, *tasks)
    assert finish(api, run) == ["success"]


def test_every_dag_twice_and_all_at_once_changes_nothing(api: Api, figures: dict[str, object]) -> None:
    runs = [api.trigger(dag) for dag in (*PIPELINE, *PIPELINE, "purge_backups", "prove_forgetting", "tidy_airflow")]
    assert set(finish(api, *runs)) == {"success"}


def test_a_backfill_changes_nothing(api: Api, figures: dict[str, object]) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    asked = {
        "dag_id": "ingest_logs",
        "from_date": (now - timedelta(minutes=30)).isoformat(),
        "to_date": (now - timedelta(minutes=10)).isoformat(),
        "reprocess_behavior": "completed",
        "max_active_runs": 3,
        "run_backwards": False,
    }
    api._asked("POST", "backfills", asked)
    end = time.monotonic() + 240
    while not (runs := [run for run, _ in api.runs("ingest_logs") if run.run.startswith("backfill")]):
        assert time.monotonic() < end
        time.sleep(0.5)
    time.sleep(2)
    runs = [run for run, _ in api.runs("ingest_logs") if run.run.startswith("backfill")]
    assert len(runs) >= 3
    assert set(finish(api, *runs)) == {"success"}


def test_a_run_while_the_command_reads_the_same_logs_skips_or_takes_over(
    api: Api, demo: Demo, figures: dict[str, object]
) -> None:
    store = open_store(demo.policy)
    with store.locks.held("ingest"):
        assert finish(api, api.trigger("ingest_logs")) == ["success"], "skipped after a while, not failed"
    assert finish(api, api.trigger("ingest_logs")) == ["success"]


def test_a_store_that_is_gone_comes_back_by_one_run_with_a_reason(
    api: Api, demo: Demo, figures: dict[str, object]
) -> None:
    """A hand-made lift since the backup would be lost; all else is as it was, also what the logs brought since."""
    assert finish(api, api.trigger("back_up")) == ["success"]
    store = demo.policy.parent / "store"
    for name in RIGHTS:
        shutil.rmtree(store / name)
    assert finish(api, api.trigger("restore_backup", {"reason": "the disk died"})) == ["success"]
    assert any("the disk died" in entry for entry in audited(demo))


def test_a_restore_without_a_reason_or_over_a_living_store_does_nothing(
    api: Api, demo: Demo, figures: dict[str, object]
) -> None:
    with pytest.raises(ApiError):
        api.trigger("restore_backup", {"reason": ""})
    assert finish(api, api.trigger("restore_backup", {"reason": "a mistake"})) == ["failed"]


def audited(demo: Demo) -> list[str]:
    audit = open_store(demo.policy).audit.place
    return [line.decode() for name in audit.names() for line in audit.get(name).splitlines()]
