"""A local Airflow from its start to its end: the database, the components in order, and who may start them."""

import fcntl
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import FrameType
from typing import Final, NoReturn

from plugins.local.api import Api
from plugins.local.home import Home, address, write_private
from plugins.local.processes import (
    Component,
    check_alive,
    forget_running,
    last_words,
    read_running,
    run_to_end,
    start,
    stop,
    stop_own,
    write_running,
)
from schemas.refusals import RefusedError

USER: Final = "op"
HEALTHY_WITHIN: Final = 180.0  # seconds
REPORTED: Final = {"api-server": "metadatabase", "dag-processor": "dag_processor"}  # other names in Airflow's health
SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Keep others from starting or stopping anything in this home meanwhile; the lock dies with its process."""
    with (home.airflow / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(f"another make run, up or down is at work in {home.folder}; wait for it") from None
        yield


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """End what was started here if this ends in any way but the intended one; then no signal interrupts."""
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    try:
        yield
    except BaseException:
        for number in (*SIGNALS, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        stop_own()
        raise
    for number, handler in before.items():
        signal.signal(number, handler)


def is_up(home: Home) -> bool:
    """Whether a component that was started in this home is alive."""
    return any(component.is_alive for component in read_running(home)[1])


def migrate(home: Home, environment: dict[str, str]) -> None:
    """Make or update Airflow's database, once for each version of Airflow."""
    mark, now = home.airflow / "migrated", version("apache-airflow-core")
    if not mark.exists() or mark.read_text() != now or not (home.airflow / "airflow.db").exists():
        run_to_end(home, "database", environment, ("db", "migrate"))
        write_private(mark, now)


def read_dags(home: Home, environment: dict[str, str]) -> None:
    """Bring Airflow's database up to date with the DAG files."""
    run_to_end(home, "reading", environment, ("dags", "reserialize"))


def start_all(home: Home, port: int, names: Iterable[str], environment: dict[str, str]) -> list[Component]:
    """Start components of these names, beside those that already run here."""
    _, components = read_running(home)
    for name in names:
        components.append(start(home, name, environment))
        write_running(home, port, components)
    return components


def wait_until_healthy(home: Home, port: int, components: list[Component]) -> Api:
    """A session of the user who may trigger; RefusedError where a component ends or stays unwell."""
    api = session(home, port)
    wanted = {REPORTED.get(component.name, component.name) for component in components}
    end = time.monotonic() + HEALTHY_WITHIN
    while unwell := {name for name in wanted if api.health().get(name) != "healthy"}:
        check_alive(home, components)
        if time.monotonic() > end:
            first = next(one.name for one in components if REPORTED.get(one.name, one.name) in unwell)
            raise RefusedError(f"Airflow's {first} is not well\n{last_words(home, first)}")
        time.sleep(0.3)
    return api


def session(home: Home, port: int) -> Api:
    return Api(address(port), USER, home.passwords()[USER])


def stop_all(home: Home) -> None:
    """End whatever was started in this home; nothing where nothing runs."""
    stop(read_running(home)[1])
    forget_running(home)


def _interrupt(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
