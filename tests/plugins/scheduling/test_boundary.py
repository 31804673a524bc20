"""What a failure says to Airflow, and what it keeps to itself."""

import traceback
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from plugins.scheduling.boundary import OutOfReachError, guarded
from plugins.store.locks import Locks
from schemas.refusals import RefusedError, SupersededError

ADDRESS = "192.0.2.77"


@guarded
def fail(error: Exception) -> None:
    secret = f"a line with {ADDRESS}"
    assert secret
    raise error


def test_a_refusal_fails_at_once_with_its_sentence() -> None:
    with pytest.raises(AirflowFailException, match=r"^the table days of 2026-11-20 does not balance$"):
        fail(RefusedError("the table days of 2026-11-20 does not balance"))


def test_trouble_of_disk_or_network_is_tried_again() -> None:
    with pytest.raises(OutOfReachError, match="/srv/lethe: No space left on device; it will be tried again"):
        fail(OSError(28, "No space left on device", "/srv/lethe"))
    assert not issubclass(OutOfReachError, AirflowFailException)


@pytest.mark.parametrize(
    "error", [ValueError(ADDRESS), KeyError(ADDRESS), UnicodeDecodeError("utf-8", b"x", 0, 1, ADDRESS)]
)
def test_of_a_mistake_nothing_is_told_but_its_kind_and_place(error: Exception) -> None:
    with pytest.raises(AirflowFailException, match=f"{type(error).__name__} in fail, line [0-9]+") as caught:
        fail(error)
    told = "".join(traceback.format_exception(caught.value))
    assert ADDRESS not in told
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_what_somebody_else_does_is_skipped(tmp_path: Path) -> None:
    with pytest.raises(AirflowSkipException, match="taken over"):
        fail(SupersededError("a later ingest has taken over"))
    locks = Locks(tmp_path)

    @guarded
    def ingest() -> None:
        with locks.held("ingest", wait=False):
            pass

    with locks.held("ingest"), pytest.raises(AirflowSkipException, match="at work"):
        ingest()
    ingest()


def test_a_skip_stays_a_skip() -> None:
    with pytest.raises(AirflowSkipException, match="nothing is new"):
        fail(AirflowSkipException("nothing is new"))
