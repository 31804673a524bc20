"""A small server that answers as Airflow's API does, from a few dictionaries that the test fills."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PASSWORD, TOKEN = "a password", "a token"


@dataclass
class Airflow:
    """`states`: the states that a run of the DAG goes through; `events`: answers about a DAG's asset events, in turn.

    An answer that is a number is an HTTP status. `asked` keeps what was asked for, method and path.
    """

    states: dict[str, list[str]] = field(default_factory=dict)
    events: dict[str, list[Any]] = field(default_factory=dict)
    tasks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    logs: dict[str, list[Any]] = field(default_factory=dict)
    paused: dict[str, bool] = field(default_factory=dict)
    active: dict[str, list[str]] = field(default_factory=dict)
    import_errors: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        found: Any = 404
        match [method, *path.removeprefix("/").split("/")[2:]]:
            case ["GET", "monitor", "health"]:
                found = {"scheduler": {"status": "healthy"}, "triggerer": {"status": None}}
            case ["GET", "importErrors"]:
                found = {"import_errors": self.import_errors}
            case ["GET", "dags"]:
                found = {"dags": [{"dag_id": dag, "is_paused": paused} for dag, paused in self.paused.items()]}
            case ["PATCH", "dags", dag]:
                self.paused[dag] = body["is_paused"]
                found = {}
            case ["GET", "dags", dag, "dagRuns"]:
                found = {"dag_runs": [{"dag_run_id": run, "state": "running"} for run in self.active.get(dag, [])]}
            case ["POST", "dags", dag, "dagRuns"]:
                found = {"dag_run_id": f"manual__{dag}+1", "conf": body["logical_date"]}
            case ["PATCH", "dags", dag, "dagRuns", run]:
                self.active[dag].remove(run)
                found = {}
            case ["GET", "dags", dag, "dagRuns", _]:
                found = {"state": _next(self.states[dag])}
            case ["GET", "assets", "events"]:
                found = _next(self.events.get(query["source_dag_id"][0], [{"asset_events": []}]))
            case ["GET", "dags", dag, "dagRuns", _, "taskInstances"]:
                found = {"task_instances": self.tasks.get(dag, [])}
            case ["GET", "dags", _, "dagRuns", _, "taskInstances", task, "logs", _]:
                found = {"content": self.logs[task]}
        return found


def _next(answers: list[Any]) -> Any:
    """The last one stays."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serving(airflow: Airflow) -> Iterator[Airflow]:
    """Serve on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            split = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")
            path = unquote(split.path)
            airflow.asked.append(f"{self.command} {path}")
            if path == "/auth/token":
                known = body["password"] == PASSWORD
                self.reply({"access_token": TOKEN} if known else 401)
            elif not path.endswith("/health") and self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.reply(401)
            else:
                self.reply(airflow.answer(self.command, path, parse_qs(split.query), body))

        do_POST = do_PATCH = do_GET  # noqa: N815 - names that the standard library asks for

        def reply(self, answer: Any) -> None:
            status = answer if isinstance(answer, int) else 200
            content = json.dumps({"detail": "no"} if status != 200 else answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        airflow.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield airflow
        server.shutdown()
