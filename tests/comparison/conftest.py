"""Each log is read once."""

import pytest

from tests.comparison.hits import Log
from tests.comparison.logs import MADE, PUBLIC, read_made, read_public


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return read_public(tmp_path_factory.mktemp("public"))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return read_made(tmp_path_factory.mktemp("made"))


@pytest.fixture(params=[PUBLIC, MADE])
def named(request: pytest.FixtureRequest) -> tuple[str, Log]:
    """Both logs, each under its name in the document."""
    return request.param, request.getfixturevalue("public" if request.param == PUBLIC else "made")
