"""Locks between processes: alone, shared, with and without patience."""

import threading
import time
from pathlib import Path

import pytest

from plugins.store.locks import BusyError, Locks


@pytest.fixture
def locks(tmp_path: Path) -> Locks:
    return Locks(tmp_path / "locks")


def test_whoever_comes_second_is_told_or_waits(locks: Locks) -> None:
    with locks.held("ingest"), pytest.raises(BusyError), locks.held("ingest", wait=False):
        pass
    with locks.held("ingest", wait=False):
        pass


def test_readers_share_a_lock_that_nobody_else_gets(locks: Locks) -> None:
    reading = locks.held("ingest", shared=True), locks.held("ingest", shared=True)
    with reading[0], reading[1], pytest.raises(BusyError), locks.held("ingest", wait=False):
        pass
    with locks.held("ingest"), pytest.raises(BusyError), locks.held("ingest", wait=False, shared=True):
        pass


def test_patience_lasts_until_the_lock_is_free_or_the_time_is_over(locks: Locks) -> None:
    taken = threading.Event()

    def hold() -> None:
        with locks.held("ingest"):
            taken.set()
            time.sleep(0.5)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    with pytest.raises(BusyError), locks.held("ingest", wait=False, patience=0.1):
        pass
    with locks.held("ingest", wait=False, patience=60):
        holder.join(10)
    assert not holder.is_alive()


def test_what_fails_inside_is_not_taken_for_a_busy_lock(locks: Locks) -> None:
    with pytest.raises(BlockingIOError), locks.held("ingest"):
        raise BlockingIOError
    with locks.held("ingest", wait=False):
        pass
