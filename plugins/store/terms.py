"""How long each kind of data was promised to live, over time: a longer promise never holds what was collected before.

The store remembers each `[keep]` under which it worked; a day's data end by the shortest of those in force since.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Final

from plugins.store.door import Place
from plugins.store.records import read_record, write_record
from schemas.durations import Duration
from schemas.policy_model import Keep
from schemas.receipts import Record

NAME: Final = "terms.json"


class Term(Record):
    """A `[keep]`, in ISO 8601, and from when on it was in force."""

    since: datetime
    keep: dict[str, Duration]


class TermsRecord(Record):
    """All of them, oldest first."""

    terms: tuple[Term, ...]


class Terms:
    """What `[keep]` said over time, in the store's state; it is read once, by whoever opened the store."""

    def __init__(self, state: Place, keep: Keep) -> None:
        self.state, self.now = state, _durations(keep)

    def note(self, now: datetime) -> None:
        """Remember the policy's `[keep]`, if it is another than the last one; no clock that went back is followed."""
        known = self._read()
        if not known or known[-1].keep != self.now:
            since = max(now, known[-1].since) if known else now
            known = (*known, Term(since=since, keep=self.now))
            write_record(self.state, NAME, TermsRecord(terms=known))
        self.known = known

    @cached_property
    def known(self) -> tuple[Term, ...]:
        """All that was ever noted, oldest first."""
        return self._read()

    def since(self, kind: str, instant: datetime) -> Iterator[Duration]:
        """What was in force for a kind of data from an instant on, the policy's own among it."""
        yield self.now[kind]
        for number, term in enumerate(self.known):
            is_over = number + 1 < len(self.known) and self.known[number + 1].since <= instant
            if not is_over and kind in term.keep:
                yield term.keep[kind]

    def ends(self, kind: str, instant: datetime) -> datetime:
        """When data of that kind end that were collected at an instant (aware, in the zone of its calendar)."""
        return min(lasts.after(instant) for lasts in self.since(kind, instant))

    def _read(self) -> tuple[Term, ...]:
        record = read_record(self.state, NAME, TermsRecord)
        return record.terms if record else ()


def _durations(keep: Keep) -> dict[str, Duration]:
    return {kind: Duration.of(getattr(keep, kind)) for kind in Keep.model_fields}
