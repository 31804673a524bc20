"""The services of docker-compose.yaml as processes of this machine, with the file's own commands and settings.

Replaced is only what containers would give: host names become ports of 127.0.0.1, and paths lie in a folder.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from plugins.local.api import Api
from plugins.local.sessions import end_sessions, processes
from tests.distributed import compose, servers

API_PORT = 18083
WORKERS = ("worker-1", "worker-2")
ORDER = ("api-server", "scheduler", "dag-processor", "triggerer", *WORKERS)
DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM", "--")  # whatever becomes of this process, nothing stays behind
HEALTHY_WITHIN = 150.0  # seconds, with two cores and everything starting at once


class Cluster:
    """A folder with everything that containers would have as volumes, and the processes by the names of services."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder, self.variables = folder, variables
        self.services = compose.services(variables)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {"postgres": servers.free_port(), "redis": servers.free_port(), "api-server": API_PORT}
        self.replaced = {
            "@postgres:5432/": f"@127.0.0.1:{self.ports['postgres']}/",
            "@redis:6379/": f"@127.0.0.1:{self.ports['redis']}/",
            "api-server:8080": f"127.0.0.1:{API_PORT}",
            "/opt/lethe/": f"{compose.ROOT}/",
            "/opt/airflow/": f"{folder}/airflow/",
            "/lethe/": f"{folder}/lethe/",
            "/data": f"{folder}/queue",
        }
        for name in ("airflow", "home", "lethe/accounts", "queue", "said", "tmp"):
            (folder / name).mkdir(mode=0o700, parents=True)
        (folder / "airflow" / "airflow.cfg").touch()  # as in the image

    @property
    def api(self) -> Api:
        return Api(f"http://127.0.0.1:{API_PORT}", "admin", self.variables["LETHE_PASSWORD_ADMIN"])

    def start(self) -> None:
        """Database and queue, the step `init`, then all others at once; until each passes its own health check."""
        self.start_servers()
        init = self.run("init", self.command("init"), timeout=120)
        assert not init.returncode, init.stdout.decode()
        for name in ORDER:
            self.start_service(name)
        for name in ("postgres", "redis", "init", *ORDER):
            self.wait_until(lambda name=name: self.is_healthy(name), HEALTHY_WITHIN, f"{name} becomes healthy")

    def start_servers(self) -> None:
        password = self.variables["LETHE_DATABASE_PASSWORD"]
        serve = servers.make_database(self.folder / "database", password)
        self._start("postgres", [*serve, "-p", str(self.ports["postgres"])])
        create = servers.create_airflow
        self.wait_until(lambda: create(self.ports["postgres"], password), 30, "PostgreSQL answers")
        shell, option, script = self.command("redis")
        listening = f"redis-server - --bind 127.0.0.1 --port {self.ports['redis']}"
        self._start("redis", [shell, option, script.replace("redis-server -", listening)])

    def start_service(self, name: str) -> None:
        self._start(name, self.command(name))

    def command(self, name: str) -> list[str]:
        """The service's command; the API server listens on its own port here."""
        words = [self._here(word) for word in self._service(name)["command"]]
        return [*words[:2], "--host", "127.0.0.1", "--port", str(API_PORT)] if name == "api-server" else words

    def environment(self, name: str) -> dict[str, str]:
        """What the compose file and the image set, and nothing of this process."""
        own = {text: self._here(value) for text, value in self._service(name).get("environment", {}).items()}
        return own | {
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "HOME": str(self.folder / "home"),
            "HOSTNAME": name,
            "PGPORT": str(self.ports["postgres"]),
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "PYTHONPATH": str(compose.ROOT),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.folder / "tmp"),
        }

    def is_healthy(self, name: str) -> bool:
        """Whether the health check of the compose file passes; the service must not have ended by itself."""
        process = self.running.get(name)
        assert process is None or process.poll() is None, f"{name} ended: {self.said(name)[-3000:]}"
        kind, *words = self._service(name)["healthcheck"]["test"]
        words = [self._here(word) for word in words]
        if name == "redis":
            words = [words[0].replace("redis-cli", f"redis-cli -p {self.ports['redis']}")]
        return not self.run(name, words if kind == "CMD" else ["sh", "-c", words[0]], timeout=30).returncode

    def run(self, name: str, command: list[str], timeout: float) -> subprocess.CompletedProcess[bytes]:
        """Carry out a command in the place of a service."""
        return subprocess.run(
            command,
            env=self.environment(name),
            cwd=self.folder / "lethe",
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def kill(self, name: str) -> None:
        """End a service with all its children as a power cut does."""
        leader = self.running.pop(name)
        for process in [process for process in processes() if process.session == leader.pid]:
            os.kill(process.pid, signal.SIGKILL)
        leader.wait()

    def stop(self) -> None:
        """End everything that was started, the database last, so that nobody waits for it."""
        first = {process.pid for name, process in self.running.items() if name not in ("postgres", "redis")}
        end_sessions(first)
        end_sessions({process.pid for process in self.running.values()} - first)
        self.running.clear()

    def processes(self) -> Iterator[tuple[str, int]]:
        """Service and process number of everybody at work."""
        names = {leader.pid: name for name, leader in self.running.items()}
        return ((names[one.session], one.pid) for one in processes() if one.session in names)

    def said(self, name: str) -> str:
        return (self.folder / "said" / name).read_text(encoding="utf-8", errors="replace")

    def wait_until(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait; the failure says what did not happen, and what the services said last."""
        end = time.monotonic() + seconds
        while not is_so():
            said = {name: self.said(name)[-600:] for name in self.running}
            assert time.monotonic() < end, f"{what}: not within {seconds} s; " + "\n".join(map(str, said.items()))
            time.sleep(0.5)

    def _start(self, name: str, command: list[str]) -> None:
        with (self.folder / "said" / name).open("ab") as said:
            self.running[name] = subprocess.Popen(
                [*DIE_WITH_PARENT, *command],
                env=self.environment(name),
                cwd="/" if name == "postgres" else self.folder / "lethe",  # its user is let into its own folder only
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _service(self, name: str) -> dict[str, object]:
        return self.services["worker" if name in WORKERS else name]

    def _here(self, text: str) -> str:
        """A text of the compose file with this machine's places; a path that merely ends like one stays."""
        places = "|".join(map(re.escape, self.replaced))
        return re.sub(places, lambda found: self.replaced[found[0]], text)
