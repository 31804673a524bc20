"""What somebody asks of the blocklist, and for what purpose; all of it comes in the body of a form, never in a URL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from plugins.access.forms import tag_of
from plugins.pages.gate import Person
from plugins.store.store import Store
from schemas.refusals import RefusedError

PURPOSES: Final = {  # in forms → in the audit trail and for people
    "block": "Block attacks",
    "troubleshoot": "Troubleshoot",
    "order": "Lawful order",
    "visitor": "Answer a visitor",
}
STATES: Final = {"active": "In force", "held back": "Held back", "lifted": "Lifted", "over": "Over", "": "All"}
SORTS: Final = ("target", "scenario", "decided_at", "until", "events", "worst")
LONGEST: Final = 200  # characters of what is typed
UNFIT: Final = "The note may hold no address and no URL; short plain words will do."
# Four small numbers however they are set apart, one long number, eight hexadecimal digits, a host with a path.
LIKE_AN_ADDRESS: Final = re.compile(
    r"(?<![0-9])[0-9]{1,3}([^0-9a-z]+[0-9]{1,3}){3}(?![0-9])|[0-9]{8}|\b(?=[a-f]*[0-9])[0-9a-f]{8}\b|[a-z0-9]\.[a-z0-9.-]+/",
    re.IGNORECASE,
)
_told: set[str] = set()  # readings of this process that are in the trail, which need not be searched again


@dataclass(frozen=True)
class Asked:
    """The purpose, and which decisions in which order; `sort` begins with - for the greatest first."""

    purpose: str = ""
    note: str = ""
    search: str = ""
    scenario: str = ""
    state: str = "active"
    sort: str = "-decided_at"
    page: int = 1

    @classmethod
    def of_form(cls, fields: Mapping[str, str]) -> Self:
        """What a page sent; values that no page of ours sends count as not given."""
        page, sort = fields.get("page", ""), fields.get("resort") or fields.get("sort", "")
        purpose, state = fields.get("purpose", ""), fields.get("state", "active")
        return cls(
            purpose=purpose if purpose in PURPOSES else "",
            note=fields.get("note", "").strip()[:LONGEST],
            search=fields.get("search", "").strip()[:LONGEST],
            scenario=fields.get("scenario", "")[:LONGEST],
            state=state if state in STATES else "active",
            sort=sort if sort.removeprefix("-") in SORTS else "-decided_at",
            page=int(page) if page.isdecimal() and len(page) < 6 else 1,
        )

    @property
    def purpose_words(self) -> str:
        return PURPOSES[self.purpose].lower()

    def record(self, store: Store, person: Person, action: str, **about: str) -> None:
        """Into the audit trail: who reads why, once an hour; RefusedError where the note is not fit for it."""
        if not self.purpose:
            raise RefusedError("Choose what you need this for.")
        if LIKE_AN_ADDRESS.search(self.note):
            raise RefusedError(UNFIT)
        record_reading(store, person.role, action, person.tag, purpose=self.purpose_words, note=self.note, **about)


def record_reading(store: Store, role: str, action: str, reader: str, **facts: str) -> None:
    """One entry an hour for the same reader, action and facts."""
    now = store.clock()
    handle = f"{action} {reader} {tag_of(str(facts))} {now:%Y-%m-%d %H}"
    key = f"{store.place('audit').where} {handle}"
    if key in _told:
        return
    try:
        store.audit.append(now, role, action, once=handle, reader=reader, **facts)
    except RefusedError as error:
        if "'note'" in str(error):
            raise RefusedError(UNFIT) from None
        raise
    if len(_told) > 10_000:
        _told.clear()
    _told.add(key)
