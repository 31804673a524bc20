"""The chain of DAGs against a server that answers as Airflow does."""

from collections.abc import Iterator

import pytest

from plugins.local import running
from plugins.local.api import Api, ApiError, Run
from plugins.local.running import FailedError, give_up_leftovers, run_chain
from tests.plugins.local.server import PASSWORD, Airflow, serving

BY_HAND = ("ingest_logs", "compute_statistics", "close_days", "back_up", "rehearse_restore", "prove_forgetting")
DAGS = (*BY_HAND, "detect_attacks", "tidy_airflow")
FOLLOWED = {
    "asset_events": [{"created_dagruns": [{"dag_id": "detect_attacks", "run_id": "asset_triggered__1"}]}],
}
NOT_YET = {"asset_events": [{"created_dagruns": []}]}


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    """All runs succeed; the events of an ingest set off a detection at the third look."""
    with serving(Airflow(states={dag: ["queued", "running", "success"] for dag in DAGS})) as server:
        server.events["ingest_logs"] = [NOT_YET, 500, FOLLOWED]
        server.paused = dict.fromkeys(DAGS, False)
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PAUSE", 0.01)
    monkeypatch.setattr(running, "FOLLOWS_WITHIN", 0.5)


def api_of(airflow: Airflow) -> Api:
    return Api(airflow.address, "op", PASSWORD)


def chain(airflow: Airflow) -> list[str]:
    said: list[str] = []
    run_chain(api_of(airflow), lambda: None, said.append)
    return said


def task(name: str, state: str, attempt: int = 1) -> dict[str, object]:
    return {"task_id": name, "state": state, "map_index": -1, "try_number": attempt}


def test_every_dag_of_the_chain_runs_once_and_in_order(airflow: Airflow) -> None:
    said = chain(airflow)
    assert [line.split()[0] for line in said] == ["ingest_logs", "detect_attacks", *BY_HAND[1:]]
    triggered = [asked for asked in airflow.asked if asked.startswith("POST /api")]
    assert triggered == [f"POST /api/v2/dags/{dag}/dagRuns" for dag in BY_HAND]
    assert airflow.asked.count("POST /auth/token") == 1


def test_what_does_not_follow_in_time_is_a_failure(airflow: Airflow) -> None:
    airflow.events["ingest_logs"] = [NOT_YET]
    with pytest.raises(FailedError, match="detect_attacks did not follow"):
        chain(airflow)


def test_what_follows_an_ingest_is_started_by_hand_where_nothing_set_it_off(airflow: Airflow) -> None:
    """An interruption may have come between the two."""
    airflow.events["ingest_logs"] = [{"asset_events": []}]
    assert chain(airflow)[1].split()[0] == "detect_attacks"
    assert "POST /api/v2/dags/detect_attacks/dagRuns" in airflow.asked
    assert not any("asset_triggered" in asked for asked in airflow.asked)


def test_a_failed_run_is_told_with_the_last_error_of_each_task(airflow: Airflow) -> None:
    airflow.states["compute_statistics"] = ["running", "failed"]
    airflow.tasks["compute_statistics"] = [task("check", "failed", 2), task("publish", "upstream_failed")]
    airflow.logs["check"] = [
        {"event": "::group::", "level": "info"},
        {"event": "first", "level": "error", "error_detail": [{"exc_type": "X", "exc_value": "no"}]},
        {
            "event": "Task failed",
            "level": "error",
            "error_detail": [{"exc_type": "Y", "exc_value": "a column is gone"}],
        },
        "not structured",
    ]
    said: list[str] = []
    with pytest.raises(FailedError) as failed:
        run_chain(api_of(airflow), lambda: None, said.append)
    assert said[-1].split()[0] == "compute_statistics"
    assert said[-1].endswith("failed")
    assert str(failed.value) == "compute_statistics failed\n  check: a column is gone"
    assert not any("close_days/dagRuns" in asked for asked in airflow.asked if asked.startswith("POST"))


def test_a_task_that_is_tried_again_is_told_once(airflow: Airflow) -> None:
    airflow.states["close_days"] = ["running", "running", "running", "success"]
    airflow.tasks["close_days"] = [task("close", "up_for_retry")]
    airflow.logs["close"] = [{"event": "the disk is full", "level": "error"}]
    said = chain(airflow)
    assert [line.strip() for line in said if "again" in line] == ["close is tried again: the disk is full"]


def test_a_dag_that_somebody_paused_runs_all_the_same_and_is_paused_afterwards(airflow: Airflow) -> None:
    airflow.paused["ingest_logs"] = airflow.paused["tidy_airflow"] = True
    chain(airflow)
    assert airflow.asked.count("PATCH /api/v2/dags/ingest_logs") == 2
    assert airflow.paused["ingest_logs"] is True
    assert "PATCH /api/v2/dags/tidy_airflow" not in airflow.asked


def test_a_paused_dag_is_paused_again_after_a_failure(airflow: Airflow) -> None:
    airflow.paused["ingest_logs"] = True
    airflow.states["ingest_logs"] = ["failed"]
    with pytest.raises(FailedError):
        chain(airflow)
    assert airflow.paused["ingest_logs"] is True


def test_runs_that_an_interruption_left_are_given_up(airflow: Airflow) -> None:
    airflow.active["detect_attacks"] = ["asset_triggered__0"]
    give_up_leftovers(api_of(airflow))
    assert airflow.active["detect_attacks"] == []
    assert "PATCH /api/v2/dags/detect_attacks/dagRuns/asset_triggered__0" in airflow.asked


def test_a_dag_file_that_cannot_be_used_stops_everything(airflow: Airflow) -> None:
    airflow.import_errors = [{"filename": "dags/x.py", "stack_trace": "Traceback\n  …\nImportError: no module y"}]
    with pytest.raises(FailedError, match=r"dags/x\.py: ImportError: no module y"):
        chain(airflow)
    assert not any(asked.startswith("POST /api") for asked in airflow.asked)


def test_a_refusal_names_what_was_asked_and_no_password(airflow: Airflow) -> None:
    with pytest.raises(ApiError, match="401") as refused:
        Api(airflow.address, "op", "wrong password").state(Run("ingest_logs", "manual__1"))
    assert "wrong password" not in str(refused.value)
    with pytest.raises(ApiError, match="refused GET api/v2/nothing: 404 no"):
        api_of(airflow).get("nothing", limit=1)


def test_nobody_there_is_no_health_and_a_sentence() -> None:
    api = Api("http://127.0.0.1:9", "op", PASSWORD)
    assert api.health() == {}
    with pytest.raises(ApiError, match="did not answer"):
        api.dags()


def test_health_says_what_is_not_running(airflow: Airflow) -> None:
    assert api_of(airflow).health() == {"scheduler": "healthy", "triggerer": "not running"}
