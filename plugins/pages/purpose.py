"""The question for the purpose: it comes before whatever ties addresses to what they did."""

from dataclasses import dataclass

from fastapi import Request, Response

from plugins.pages.asking import PURPOSES, Asked
from plugins.pages.gate import Person
from plugins.pages.showing import show
from plugins.store.store import Store
from schemas.refusals import RefusedError


@dataclass(frozen=True)
class Question:
    """What a page is called, and what it says before anybody may read it."""

    title: str
    says: str

    def ask(
        self, request: Request, person: Person, store: Store, path: str, asked: Asked | None = None, error: str = ""
    ) -> Response:
        """The form, which leads to `path`."""
        facts = {"title": self.title, "says": self.says, "purposes": PURPOSES, "asked": asked or Asked()}
        return show(
            request, "purpose.html", store, 400 if error else 200, person=person, path=path, error=error, **facts
        )

    def refuse(
        self, request: Request, person: Person, store: Store, asked: Asked, path: str, action: str, **about: str
    ) -> Response | None:
        """Record that somebody reads, or ask once more."""
        try:
            asked.record(store, person, action, **about)
        except RefusedError as error:
            return self.ask(request, person, store, path, asked, str(error))
        return None
