"""The question for the purpose: it comes before whatever ties addresses to what they did."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from plugins.access.roles import BLOCKLIST, CHANGE, READ, TROUBLESHOOTING
from plugins.pages.asking import PURPOSES, Asked
from plugins.pages.gate import Fields, OpenStore, Person, admitted
from plugins.pages.showing import show
from plugins.store.store import Store
from schemas.refusals import RefusedError

ASKS_FIRST: Final = ["GET", "POST"]  # methods of a page: one for the question, one for what a form may see


@dataclass(frozen=True)
class Call:
    """Who calls for a page of which store, and what the form says; `fields` are empty where there is none."""

    request: Request
    person: Person
    store: Store
    fields: dict[str, str]

    @cached_property
    def asked(self) -> Asked:
        return Asked.of_form(self.fields)

    def show(self, template: str, status_code: int = 200, **facts: Any) -> Response:
        facts = {"person": self.person, "asked": self.asked, "purposes": PURPOSES} | facts
        return show(self.request, template, self.store, status_code, **facts)


class UnansweredError(Exception):
    """Somebody has not said yet what for; the question is what he gets."""

    def __init__(self, question: Response) -> None:
        self.question = question


@dataclass(frozen=True)
class Question:
    """What a page is called, and what it says before anybody may read it; `usual` is the purpose that it proposes."""

    title: str
    says: str
    usual: str = ""

    def require(self, call: Call, path: str, action: str, **about: str) -> None:
        """Record that somebody reads, or raise the question, whose form leads to `path`."""
        facts: dict[str, Any] = {"title": self.title, "says": self.says, "path": path}
        if not call.fields:
            asked = Asked(purpose=self.usual)
            raise UnansweredError(call.show("purpose.html", asked=asked, error="", **facts))
        try:
            call.asked.record(call.store, call.person, action, **about)
        except RefusedError as error:
            raise UnansweredError(call.show("purpose.html", 400, error=str(error), **facts)) from None


def _called(resource: str, method: str = READ) -> Callable[..., Call]:
    def call(
        request: Request, person: Annotated[Person, Depends(admitted(resource, method))], store: OpenStore, form: Fields
    ) -> Call:
        return Call(request, person, store, form)

    return call


Reader = Annotated[Call, Depends(_called(BLOCKLIST))]
Changer = Annotated[Call, Depends(_called(BLOCKLIST, CHANGE))]
Troubleshooter = Annotated[Call, Depends(_called(TROUBLESHOOTING))]
