"""A real `airflow api-server` on this machine, with our plugin, on a store of a test."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.stores import Site

ROOT = Path(__file__).parents[2]
ROLES = ("viewer", "analyst", "security", "dpo", "op", "admin")
PASSWORD = "only on this machine"


@dataclass(frozen=True)
class Server:
    """The API server, and the site whose store it shows."""

    site: Site
    log: Path
    tokens: dict[str, str]
    process: int
    host: str


@contextmanager
def serving(site: Site, home: Path, port: int) -> Iterator[Server]:
    """The server with a new database in the folder `home`, one worker, one user a role."""
    host = f"http://127.0.0.1:{port}"
    (home / "passwords.json").write_text(json.dumps(dict.fromkeys(ROLES, PASSWORD)))
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "LETHE_POLICY": str(site.policy),
        "AIRFLOW__CORE__AUTH_MANAGER": "plugins.access.auth_manager.LetheAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    airflow = str(Path(sys.executable).parent / "airflow")
    subprocess.run([airflow, "db", "migrate"], env=environment, check=True, capture_output=True)
    log = home / "api-server.log"
    command = [airflow, "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait(process, log, host)
        yield Server(site, log, {role: _log_in(host, role) for role in ROLES}, process.pid, host)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], log: Path, host: str) -> None:
    for _ in range(120):
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urlopen(f"{host}/api/v2/monitor/health") as answer:
                if answer.status == 200:
                    return
        except (URLError, ConnectionError):
            time.sleep(1)
    raise AssertionError("the API server does not answer")


def _log_in(host: str, role: str) -> str:
    body = json.dumps({"username": role, "password": PASSWORD}).encode()
    request = Request(f"{host}/auth/token", body, {"Content-Type": "application/json"})
    with urlopen(request) as answer:
        return str(json.loads(answer.read())["access_token"])
