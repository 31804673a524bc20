"""Locks between processes of one machine; a killed process lets go of its own."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

AGAIN: Final = 0.2  # seconds between two attempts


class BusyError(Exception):
    """Somebody else holds the lock."""


class Locks:
    """Named locks, each an empty file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def held(self, name: str, wait: bool = True, shared: bool = False, patience: float = 0.0) -> Iterator[None]:
        """Hold the lock, alone or with others that share it.

        Where `wait` is false, BusyError if it is not free within `patience` seconds.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            if wait:
                fcntl.flock(handle, kind)
            else:
                _take(handle, kind, name, time.monotonic() + patience)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def all_held(self, names: Sequence[object], patience: float | None = None) -> Iterator[None]:
        """Hold several, always taken in the same order, so that no two wait for each other; patience is for each."""
        with ExitStack() as stack:
            for name in sorted(set(map(str, names))):
                stack.enter_context(self.held(name, wait=patience is None, patience=patience or 0.0))
            yield


def _take(handle: int, kind: int, name: str, end: float) -> None:
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise BusyError(name) from None
        time.sleep(AGAIN)
