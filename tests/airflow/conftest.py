"""One home for all tests: a run that is interrupted, one that goes on, and one with nothing new."""

import signal

import pytest

from tests.airflow.home import PORT, Demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("home") / "run")


@pytest.fixture(scope="session")
def interrupted(demo: Demo) -> set[int]:
    """The sessions of a first run that ends by Ctrl-C while tasks are at work."""
    return demo.interrupt_run(signal.SIGINT, after="Airflow starts", seconds=12)


@pytest.fixture(scope="session")
def first(demo: Demo, interrupted: set[int]) -> str:
    return demo.do("run", "--port", str(PORT))


@pytest.fixture(scope="session")
def second(demo: Demo, first: str) -> str:
    return demo.do("run", "--port", str(PORT))
