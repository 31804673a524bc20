"""The scratch place of a rehearsal: it holds what the store holds, so nothing of it may stay behind."""

import shutil
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

from plugins.backups.target import LOCK
from plugins.store.door import Folder
from plugins.store.locks import BusyError
from plugins.store.store import Store

SCRATCH: Final = "rehearsal"


def scratch_of(store: Store) -> Path:
    """On the disk of the store, where that is a folder."""
    window = store.place("window")
    if isinstance(window, Folder):
        return window.root.parent / SCRATCH
    return Path(tempfile.gettempdir()) / f"lethe-{SCRATCH}-{sha256(window.where.encode()).hexdigest()[:12]}"


def remove_scratch(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def sweep_scratch(store: Store) -> None:
    """Remove what a killed rehearsal left; one that is under way keeps its own."""
    folder = scratch_of(store)
    if not folder.exists():
        return
    try:
        with store.locks.held(LOCK, wait=False):
            remove_scratch(folder)
    except BusyError:
        return
