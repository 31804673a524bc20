"""A whole Airflow in the background: up, down, and how it is."""

from collections.abc import Iterator
from typing import Final

from plugins.local.api import Api, ApiError
from plugins.local.home import Home, address, free_port
from plugins.local.processes import COMPONENTS, read_running, running_policy
from plugins.local.running import Tell, step
from plugins.local.starting import (
    REPORTED,
    is_up,
    migrate,
    read_dags,
    session,
    start_all,
    stop_all,
    wait_until_healthy,
)
from schemas.refusals import RefusedError

NEVER: Final = "never ran"


def bring_up(home: Home, first_port: int, tell: Tell) -> bool:
    """Start all components, schedules on, and wait until they are well; harmless where they already are.

    Returns whether the passwords are new.
    """
    port, components = read_running(home)
    if len(components) == len(COMPONENTS) and all(component.is_alive for component in components):
        if (policy := running_policy(home)) != str(home.policy):
            raise RefusedError(f"Airflow is up by another policy, {policy}; say make down first")
        wait_until_healthy(home, port, components)
        return False
    stop_all(home)  # what is left of it
    environment, port = home.environment(has_schedules=True), free_port(first_port)
    is_new = home.prepare(port)
    with step("Airflow's database", tell):
        migrate(home, environment)
    with step("Airflow starts", tell):
        start_all(home, port, ["api-server"], environment)
        read_dags(home, environment)  # before the scheduler, which else goes by what it knew before
        start_all(home, port, [name for name in COMPONENTS if name != "api-server"], environment)
        wait_until_healthy(home, port, read_running(home)[1])
    return is_new


def bring_down(home: Home) -> bool:
    """Stop all that was started here; returns whether there was anything."""
    was_up = is_up(home)
    stop_all(home)
    return was_up


def address_of(home: Home) -> str:
    return address(read_running(home)[0])


def components_of(home: Home) -> list[tuple[str, int, str]]:
    """Name, process and health of each component."""
    port, components = read_running(home)
    health = session(home, port).health() if port else {}
    found = {component.name: component for component in components}
    rows = []
    for name in COMPONENTS:
        component = found.get(name)
        is_alive = component is not None and component.is_alive
        state = health.get(REPORTED.get(name, name), "no answer") if is_alive else "not running"
        rows.append((name, component.pid if component and is_alive else 0, state))
    return rows


def dags_of(home: Home) -> Iterator[tuple[str, str, str, str]]:
    """Name, schedule, and state and time of the last run of each DAG; none where Airflow does not answer."""
    api = session(home, read_running(home)[0])
    try:
        for dag in sorted(api.dags(), key=lambda dag: str(dag["dag_id"])):
            yield (dag["dag_id"], _schedule(dag), *_last_run(api, dag["dag_id"]))
    except ApiError:
        return


def _schedule(dag: dict[str, str | bool | None]) -> str:
    return "paused" if dag["is_paused"] else str(dag["timetable_summary"] or "by hand")


def _last_run(api: Api, dag: str) -> tuple[str, str]:
    """State and beginning."""
    for run, state in api.runs(dag, limit=1):
        return state, run.run.partition("__")[2][:16].replace("T", " ")
    return NEVER, ""
