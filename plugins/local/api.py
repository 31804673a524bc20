"""Airflow's REST API as far as it is needed here: start runs, follow them and what they set off, say why one failed."""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from schemas.refusals import RefusedError

TIMEOUT: Final = 30.0  # seconds for one answer
OPENER: Final = build_opener(ProxyHandler({}))  # it is on this machine, whatever proxy the environment names
AT_WORK: Final = {"queued", "running"}


class Run(NamedTuple):
    """A run of a DAG."""

    dag: str
    run: str

    @property
    def path(self) -> str:
        return f"dags/{quote(self.dag)}/dagRuns/{quote(self.run, safe='')}"


class Failure(NamedTuple):
    """A task that failed, and what its log says last."""

    task: str
    map_index: int
    attempt: int
    reason: str

    @property
    def place(self) -> tuple[str, int, int]:
        return self.task, self.map_index, self.attempt


class ApiError(RefusedError):
    """Airflow's answer was none, or a refusal."""


class BrokenError(ApiError):
    """Airflow failed to answer; a moment later it may not."""


class Api:
    """A user's session; the token is fetched when it is first needed."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address, self.user, self._password = address, user, password
        self._token = ""

    def get(self, path: str, **query: str | int) -> Any:
        return self._asked("GET", f"{path}?{urlencode(query)}" if query else path)

    def trigger(self, dag: str, params: Mapping[str, object] | None = None) -> Run:
        """Start a run now."""
        made = self._asked("POST", f"dags/{quote(dag)}/dagRuns", {"logical_date": None, "conf": params or {}})
        return Run(dag, made["dag_run_id"])

    def state(self, run: Run) -> str:
        return str(self.get(run.path)["state"])

    def give_up(self, run: Run) -> None:
        """Mark a run as failed, which ends it."""
        self._asked("PATCH", run.path, {"state": "failed"})

    def runs(self, dag: str, *states: str, limit: int = 100) -> list[tuple[Run, str]]:
        """The newest runs of a DAG in any of these states (or in whichever), with their state."""
        query = urlencode([("limit", limit), ("order_by", "-run_after"), *(("state", state) for state in states)])
        found = self.get(f"dags/{quote(dag)}/dagRuns?{query}")["dag_runs"]
        return [(Run(dag, one["dag_run_id"]), str(one["state"])) for one in found]

    def followers(self, run: Run) -> list[Run] | None:
        """The runs that a run's asset events set off; None while one of its events has set off none yet."""
        try:
            events = self.get("assets/events", source_dag_id=run.dag, source_run_id=run.run, limit=100)["asset_events"]
        except BrokenError:  # Airflow 3.3 cannot show an event whose run is queued and so has no start yet
            return None
        if not all(event["created_dagruns"] for event in events):
            return None
        return sorted({Run(one["dag_id"], one["run_id"]) for event in events for one in event["created_dagruns"]})

    def tasks(self, run: Run) -> list[dict[str, Any]]:
        """The task instances of a run: `task_id`, `map_index`, `state`, `try_number` and more."""
        found: list[dict[str, Any]] = self.get(f"{run.path}/taskInstances", limit=1000)["task_instances"]
        return found

    def failures(self, run: Run, state: str) -> Iterator[Failure]:
        """Tasks in that state, which is one of failure, with their reasons."""
        for task in self.tasks(run):
            if task["state"] == state:
                yield Failure(task["task_id"], task["map_index"], task["try_number"], self._reason(run, task))

    def dags(self) -> list[dict[str, Any]]:
        """All DAGs: `dag_id`, `is_paused`, `next_dagrun_run_after` and more."""
        found: list[dict[str, Any]] = self.get("dags", limit=100)["dags"]
        return found

    def pause(self, dag: str, is_paused: bool) -> None:
        self._asked("PATCH", f"dags/{quote(dag)}", {"is_paused": is_paused})

    def import_errors(self) -> list[str]:
        """DAG files that cannot be used, with the last line of why."""
        found = self.get("importErrors", limit=100)["import_errors"]
        return [f"{one['filename']}: {str(one['stack_trace']).strip().splitlines()[-1]}" for one in found]

    def health(self) -> dict[str, str]:
        """Component → healthy, unhealthy; empty where there is no answer. Needs no login."""
        try:
            found = self._sent("GET", "api/v2/monitor/health", None, "")
        except ApiError:
            return {}
        return {name: str(about.get("status") or "not running") for name, about in found.items()}

    def _reason(self, run: Run, task: dict[str, Any]) -> str:
        path = f"{run.path}/taskInstances/{quote(task['task_id'])}/logs/{task['try_number']}"
        try:
            content = self.get(path, map_index=task["map_index"], full_content="true")["content"]
        except ApiError as error:
            return f"its log cannot be read ({error})"
        said = [said for entry in content if (said := _complaint(entry))]
        return said[-1] if said else "its log names no error"

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        if not self._token:
            login = {"username": self.user, "password": self._password}
            self._token = self._sent("POST", "auth/token", login, "")["access_token"]
        return self._sent(method, f"api/v2/{path}", body, self._token)

    def _sent(self, method: str, path: str, body: Any, token: str) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = Request(f"{self.address}/{path}", content, headers, method=method)  # noqa: S310 - our own address
        what = f"{method} {path.split('?', maxsplit=1)[0]}"
        try:
            with OPENER.open(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except HTTPError as error:
            kind = BrokenError if error.code >= 500 else ApiError
            raise kind(f"Airflow refused {what}: {error.code} {_detail(error)}") from None
        except (URLError, OSError, HTTPException, ValueError) as error:
            raise ApiError(f"Airflow did not answer {what} ({type(error).__name__})") from None


def _complaint(entry: Any) -> str:
    """What a structured log entry says about an error: the exception's own sentence where there is one."""
    if not isinstance(entry, dict) or entry.get("level") not in ("error", "critical"):
        return ""
    details = entry.get("error_detail") or []
    return str(details[-1].get("exc_value") or details[-1].get("exc_type")) if details else str(entry.get("event", ""))


def _detail(error: HTTPError) -> str:
    try:
        return str(json.load(error).get("detail", ""))[:300]
    except (ValueError, OSError, AttributeError):
        return error.reason
