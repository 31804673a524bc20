"""House rules of every DAG, and what the whole of them looks like."""

import ast
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import ParamValidationError

ROOT = Path(__file__).parents[2]
FILES = sorted(path for path in (ROOT / "dags").glob("*.py") if path.name != "__init__.py")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    return dict(bag.dags)


def assets_of(dags: dict[str, Any], side: str) -> set[str]:
    tasks = (task for dag in dags.values() for task in dag.tasks)
    return {asset.name for task in tasks for asset in getattr(task, side)}


def test_each_file_holds_the_dag_of_its_name(dags: dict[str, Any]) -> None:
    assert sorted(dags) == [path.stem for path in FILES]
    assert all(f"`{name}`" in README for name in dags)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_wiring_only(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [function.name for function in functions] == [path.stem]
    assert [ast.unparse(decorator).startswith("dag(") for decorator in functions[0].decorator_list] == [True]
    assert source.count("\n") <= 80


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_each_dag_has_what_operations_expect(dags: dict[str, Any], name: str) -> None:
    dag = dags[name]
    assert dag.tags
    assert dag.doc_md.startswith("### ")
    assert dag.max_active_runs == 1
    assert not dag.catchup
    assert dag.dagrun_timeout <= timedelta(days=1)
    for task in dag.tasks:
        assert task.owner == "operations"
        assert task.execution_timeout, task.task_id
        assert task.has_on_failure_callback, task.task_id
        assert task.retries >= 1, task.task_id
        assert task.retry_exponential_backoff > 1, task.task_id


@pytest.mark.parametrize("name", ["ingest_logs", "detect_attacks"])
def test_a_disk_that_is_back_soon_holds_up_no_new_ban_for_longer(dags: dict[str, Any], name: str) -> None:
    assert all(task.retries * task.max_retry_delay <= timedelta(minutes=2) for task in dags[name].tasks)


@pytest.mark.parametrize("reason", ["", "no", "192.0.2.7 asked", "kari@example.org", "see https://example.org", "::1"])
def test_a_reason_that_could_name_a_person_is_refused_before_airflow_keeps_it(
    dags: dict[str, Any], reason: str
) -> None:
    param = dags["restore_backup"].params.get_param("reason")
    with pytest.raises(ParamValidationError):
        param.resolve(reason)
    assert param.resolve("The disk of the store died, see the log book.")


def test_every_dag_leads_to_an_asset_and_all_assets_hang_together(dags: dict[str, Any]) -> None:
    made, used = assets_of(dags, "outlets"), assets_of(dags, "inlets") | {"hits"}
    for name, dag in dags.items():
        assert assets_of({name: dag}, "outlets"), name
    assert used <= made
    assert made - used == {"blocklist", "airflow_history", "proof_of_forgetting"}, "the ends of the pipeline"
    assert [asset.name for asset in dags["detect_attacks"].timetable.asset_condition.objects] == ["hits"]


def test_no_dag_file_is_slow_to_parse_for_what_its_tasks_need_later() -> None:
    """Airflow parses every file again and again, so what takes seconds to import comes with the task."""
    code = "import sys, dags.ingest_logs, dags.close_days; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert {"pyarrow", "duckdb", "great_expectations", "boto3", "pandas"}.isdisjoint(done.stdout.split())


def test_airflow_runs_the_registration_file_of_the_plugins_and_no_other() -> None:
    rules = (ROOT / "plugins" / ".airflowignore").read_text(encoding="utf-8")
    assert [line for line in rules.splitlines() if line and not re.match("#", line)] == ["*.py", "!lethe_plugin.py"]
