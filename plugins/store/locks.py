"""Locks between processes of one machine; a killed process lets go of its own."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path


class BusyError(Exception):
    """Somebody else holds the lock."""


class Locks:
    """Named locks, each an empty file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def held(self, name: str, wait: bool = True, shared: bool = False) -> Iterator[None]:
        """Hold the lock, alone or with others that share it; BusyError instead of waiting where `wait` is false."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
            yield
        except BlockingIOError:
            raise BusyError(name) from None
        finally:
            os.close(handle)

    @contextmanager
    def all_held(self, names: Sequence[object]) -> Iterator[None]:
        """Hold several, always taken in the same order, so that no two wait for each other."""
        with ExitStack() as stack:
            for name in sorted(set(map(str, names))):
                stack.enter_context(self.held(name))
            yield
