"""One run of the whole pipeline through Airflow's scheduler, step by step, each with a line about it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, Final

from plugins.local.api import AT_WORK, Api, ApiError, Run
from plugins.local.home import Home, free_port
from plugins.local.processes import check_alive
from plugins.local.starting import is_up, migrate, read_dags, start_all, stop_all, wait_until_healthy
from schemas.refusals import RefusedError

Tell = Callable[[str], None]
CHAIN: Final = {  # and who follows
    "ingest_logs": ("detect_attacks",),
    "compute_statistics": (),
    "close_days": (),
    "back_up": (),
    "rehearse_restore": (),
    "prove_forgetting": (),
}
PAUSE: Final = 0.5  # seconds between two looks
FOLLOWS_WITHIN: Final = 60.0  # seconds


class FailedError(RefusedError):
    """A run failed; the sentences say which task and why."""


@contextmanager
def step(name: str, tell: Tell) -> Iterator[list[str]]:
    """Time a step and tell of it; the caller may add a remark."""
    begin, remarks = time.monotonic(), list[str]()
    try:
        yield remarks
    except BaseException:
        remarks.append("failed")
        raise
    finally:
        tell(f"  {name:<22}{time.monotonic() - begin:6.1f} s  {'; '.join(remarks)}".rstrip())


def run_pipeline(home: Home, first_port: int, tell: Tell) -> bool:
    """Start Airflow without its schedules, run every DAG of the chain, stop it; FailedError with the reason.

    Returns whether the passwords are new.
    """
    if is_up(home):
        raise RefusedError(f"Airflow is up in {home.folder}, where its DAGs run by themselves; say make down first")
    stop_all(home)  # what a killed run may have left
    environment, port = home.environment(has_schedules=False), free_port(first_port)
    is_new = home.prepare(port)
    try:
        with step("Airflow's database", tell):
            migrate(home, environment)
        with step("Airflow starts", tell) as remarks:
            remarks.append(f"port {port}")
            components = start_all(home, port, ["api-server"], environment)
            read_dags(home, environment)
            give_up_leftovers(wait_until_healthy(home, port, components))
            components = start_all(home, port, ["scheduler"], environment)
            api = wait_until_healthy(home, port, components)
        run_chain(api, lambda: check_alive(home, components), tell)
    finally:
        with step("Airflow stops", tell):
            stop_all(home)
    return is_new


def run_chain(api: Api, check: Callable[[], None], tell: Tell) -> None:
    """Run the DAGs one after the other; `check` raises where waiting has become pointless."""
    if errors := api.import_errors():
        raise FailedError("\n".join(errors))
    with _ready(api):
        for dag, followers in CHAIN.items():
            with step(dag, tell) as remarks:
                run = api.trigger(dag)
                _finish(api, run, check, tell, remarks)
            for follower in followers:
                _follow(api, run, follower, check, tell)


def give_up_leftovers(api: Api) -> None:
    """End what an interruption left half-done, before there is a scheduler that would go on with it."""
    for run, _ in chain.from_iterable(api.runs(dag["dag_id"], *AT_WORK) for dag in _dags_of_chain(api)):
        api.give_up(run)


def _dags_of_chain(api: Api) -> list[dict[str, Any]]:
    return [dag for dag in api.dags() if dag["dag_id"] in {*CHAIN, *chain.from_iterable(CHAIN.values())}]


@contextmanager
def _ready(api: Api) -> Iterator[None]:
    """A DAG that somebody has paused would not start."""
    paused = [dag["dag_id"] for dag in _dags_of_chain(api) if dag["is_paused"]]
    for dag in paused:
        api.pause(dag, False)
    try:
        yield
    finally:
        with suppress(ApiError):  # what went wrong first says more
            for dag in paused:
                api.pause(dag, True)


def _follow(api: Api, run: Run, follower: str, check: Callable[[], None], tell: Tell) -> None:
    """Wait for the runs that a run's asset events set off.

    Where there was no event it is started all the same: an interruption may have come between an ingest and this.
    """
    with step(follower, tell) as remarks:
        end = time.monotonic() + FOLLOWS_WITHIN
        while (runs := api.followers(run)) is None:
            check()
            if time.monotonic() > end:
                raise FailedError(f"{run.dag} is done, but {follower} did not follow")
            time.sleep(PAUSE)
        for one in runs or [api.trigger(follower)]:
            _finish(api, one, check, tell, remarks)


def _finish(api: Api, run: Run, check: Callable[[], None], tell: Tell, remarks: list[str]) -> None:
    """Wait until a run is over, telling of tasks that are tried again; FailedError where it failed."""
    told: set[tuple[str, int, int]] = set()
    while (state := api.state(run)) in AT_WORK:
        check()
        time.sleep(PAUSE)
        for failure in api.failures(run, "up_for_retry"):
            if failure.place not in told:
                told.add(failure.place)
                tell(f"    {failure.task} is tried again: {failure.reason}")
    if state == "failed":
        reasons = dict.fromkeys(f"  {failure.task}: {failure.reason}" for failure in api.failures(run, "failed"))
        raise FailedError("\n".join([f"{run.dag} failed", *reasons]))
    remarks.append(_summary([task["state"] for task in api.tasks(run)]))


def _summary(states: list[str]) -> str:
    done = states.count("success")
    if done == len(states):
        return f"{done} tasks"
    return f"{done} tasks, the others had nothing to do" if done else "nothing to do"
