"""Airflow's components: started together, noted, and stopped to the last child.

Each component leads a session of its own. Its children may leave its process group (those that carry out tasks do),
but not its session; so whoever is in the session belongs to it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from plugins.local.home import Home, write_private
from plugins.local.sessions import end_sessions, find_process, processes
from schemas.refusals import RefusedError

COMPONENTS: Final = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
LAST_WORDS: Final = 2000  # characters


@dataclass(frozen=True)
class Component:
    """A process that leads a session; `since` tells it from a later process with the same number."""

    name: str
    pid: int
    since: int

    @property
    def is_alive(self) -> bool:
        process = find_process(self.pid)
        return process is not None and process.since == self.since

    @property
    def may_be_ended(self) -> bool:
        """Whether its session is still its own: no new process gets the number of a session that has members."""
        return self.is_alive or not find_process(self.pid)


def start(home: Home, name: str, environment: dict[str, str], command: Iterable[str] = ()) -> Component:
    """Start a component, or another `airflow` command; what it says goes to `<name>.log` among Airflow's logs."""
    log_of(home, name).write_bytes(b"")
    with log_of(home, name).open("ab") as log:  # so that whoever cuts it short meanwhile leaves no hole
        process = subprocess.Popen(  # noqa: S603 - our own interpreter with arguments of our own
            [sys.executable, "-m", "airflow", *(command or COMPONENTS[name])],
            env=environment,
            cwd=home.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    found = find_process(process.pid)
    return Component(name, process.pid, found.since if found else 0)


def run_to_end(home: Home, name: str, environment: dict[str, str], command: Iterable[str]) -> None:
    """Run an `airflow` command that ends by itself; RefusedError with its last words where it fails."""
    component = start(home, name, environment, command)
    if os.waitpid(component.pid, 0)[1]:
        raise RefusedError(f"airflow {name} failed\n{last_words(home, name)}")


def last_words(home: Home, name: str) -> str:
    """The end of what a component said, and where all of it stands."""
    log = log_of(home, name)
    said = log.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:].strip() if log.exists() else ""
    return f"{said}\n({log})"


def check_alive(home: Home, components: Iterable[Component]) -> None:
    """RefusedError with the last words of a component that ended by itself."""
    for component in components:
        if not component.is_alive:
            raise RefusedError(f"Airflow's {component.name} ended by itself\n{last_words(home, component.name)}")


def stop(components: Iterable[Component]) -> None:
    """The API server goes last, since the others end in good order while it answers; itself it never quite ends."""
    mine = [component for component in components if component.may_be_ended]
    end_sessions({component.pid for component in mine if component.name != "api-server"})
    end_sessions({component.pid for component in mine if component.name == "api-server"}, patience=1.0)


def stop_own() -> None:
    """End all that this process started, even what an interruption kept it from noting."""
    me = os.getpid()
    end_sessions({process.pid for process in processes() if process.parent == me and process.session == process.pid})


def write_running(home: Home, port: int, components: Iterable[Component]) -> None:
    """Note what runs in this home, so that another process can stop it."""
    noted = {"port": port, "policy": str(home.policy), "components": [asdict(component) for component in components]}
    write_private(_note_of(home), json.dumps(noted))


def read_running(home: Home) -> tuple[int, list[Component]]:
    """Port and components that were started in this home, whether or not they are still alive; 0 and none."""
    try:
        found = json.loads(_note_of(home).read_text(encoding="utf-8"))
        return int(found["port"]), [Component(**component) for component in found["components"]]
    except FileNotFoundError:
        return 0, []
    except (ValueError, KeyError, TypeError):
        raise RefusedError(f"{_note_of(home)} is damaged; end Airflow's processes and remove it") from None


def running_policy(home: Home) -> str:
    """The policy by which whatever runs here was started."""
    return str(json.loads(_note_of(home).read_text(encoding="utf-8")).get("policy", home.policy))


def forget_running(home: Home) -> None:
    _note_of(home).unlink(missing_ok=True)


def log_of(home: Home, name: str) -> Path:
    return home.logs / f"{name}.log"


def _note_of(home: Home) -> Path:
    return home.airflow / "running.json"
