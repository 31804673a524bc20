"""Whether a store may be opened: while it is restored it is nobody's, and one removal makes it everybody's at once."""

from datetime import datetime
from typing import Final

from plugins.store.door import Place
from plugins.store.records import read_record, write_record
from schemas.receipts import Record
from schemas.refusals import RefusedError

NAME: Final = "restoring.json"


class Restoring(Record):
    """A restore that is under way or was killed, when it `began`, and how many entries of the audit trail it has lost.

    These are known before anything is written, and to nobody afterwards; `lost_end` is the hash of the last of them.
    """

    token: str
    began: datetime
    lost: int = 0
    lost_end: str = ""


def begun_restore(state: Place) -> Restoring | None:
    """The restore that is not complete, if there is one."""
    return read_record(state, NAME, Restoring)


def begin_restore(state: Place, restoring: Restoring) -> None:
    """From now on nobody else opens the store."""
    write_record(state, NAME, restoring)


def complete_restore(state: Place) -> None:
    """The switch: everything that was brought back is there at once."""
    state.remove(NAME)


def refuse_restoring(state: Place) -> None:
    """Raise where a store may not be opened yet."""
    if restoring := begun_restore(state):
        raise RefusedError(
            f"a restore of this store, begun {restoring.began:%Y-%m-%d %H:%M} UTC, is under way or was killed; until "
            "it is complete nothing opens the store. Wait for it, or run it again: lethe restore"
        )
