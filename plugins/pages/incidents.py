"""Incidents for people: why they read, what waits for an assessment, what was reached and by whom, the conclusion."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from plugins.blocklist.breaker import held_back
from plugins.incidents.assessing import CONCLUSIONS, GONE, assess
from plugins.incidents.kept import all_incidents
from plugins.incidents.looking import MOST_SHOWN, look_at
from plugins.incidents.notices import all_notices, get_notice, is_over, tell_until
from plugins.pages.asking import LIKE_AN_ADDRESS, PURPOSES, UNFIT, Asked
from plugins.pages.blocklist import PATIENCE, Handle
from plugins.pages.gate import Changer, Fields, OpenStore, Person, Reader
from plugins.pages.listing import state_of
from plugins.pages.purpose import Question
from plugins.pages.showing import show
from plugins.store.store import Store
from schemas.refusals import RefusedError

READING: Final = "read incidents"
STORY: Final = "read incident"
QUESTION: Final = Question(
    "Incidents",
    "An incident is an attack that may have worked. It ties an address to what it reached. Say what you need it for: "
    "your role, the purpose, the hour and the handles of the incidents that you open go into the audit trail; no "
    "address does.",
)
NOTHING: Final = {"error": "", "done": "", "reason": "", "conclusion": ""}

router = APIRouter()


@router.get("/incidents")
def ask(request: Request, person: Reader, store: OpenStore) -> Response:
    """The question for the purpose, before anything is shown."""
    return QUESTION.ask(request, person, store, "incidents")


@router.post("/incidents")
def read(request: Request, person: Reader, store: OpenStore, fields: Fields) -> Response:
    """All that are known, those first that wait."""
    asked = Asked.of_form(fields)
    if refused := QUESTION.refuse(request, person, store, asked, "incidents", READING):
        return refused
    kept = {one.incident: one for one in all_incidents(store)}
    notices = sorted(all_notices(store), key=lambda one: one.assessed_at is not None)
    rows = [(one, kept.get(one.incident), tell_until(one)) for one in notices[:MOST_SHOWN]]
    waiting = sum(one.assessed_at is None for one in notices)
    facts: dict[str, Any] = {"rows": rows, "found": len(notices), "waiting": waiting, "purposes": PURPOSES}
    return show(request, "incidents.html", store, person=person, asked=asked, **facts)


@router.get("/incidents/{handle}")
def ask_for_incident(request: Request, person: Reader, store: OpenStore, handle: Handle) -> Response:
    return QUESTION.ask(request, person, store, f"incidents/{handle}")


@router.post("/incidents/{handle}")
def read_incident(request: Request, person: Reader, store: OpenStore, fields: Fields, handle: Handle) -> Response:
    """What it rests on."""
    asked = Asked.of_form(fields)
    if refused := _refused_incident(request, person, store, asked, handle):
        return refused
    return _incident(request, person, store, asked, handle)


@router.post("/incidents/{handle}/assess")
def conclude(request: Request, person: Changer, store: OpenStore, fields: Fields, handle: Handle) -> Response:
    """Whether it was a breach, and why."""
    asked = Asked.of_form(fields)
    if refused := _refused_incident(request, person, store, asked, handle):
        return refused
    typed = {name: fields.get(name, "") for name in ("conclusion", "reason")}
    try:
        if LIKE_AN_ADDRESS.search(typed["reason"]):
            raise RefusedError(UNFIT.replace("note", "reason"))
        after = assess(store, handle, typed["conclusion"], typed["reason"], person.role, PATIENCE)
    except RefusedError as error:
        return _incident(request, person, store, asked, handle, {"error": str(error)} | typed)
    done = f"Assessed: {after.conclusion}. It is in the audit trail."
    if is_over(store, after.day):
        return show(request, "incident_ended.html", store, person=person, asked=asked, done=done)
    return _incident(request, person, store, asked, handle, {"done": done})


def _refused_incident(request: Request, person: Person, store: Store, asked: Asked, handle: str) -> Response | None:
    """Of an incident that there is none of, nothing is recorded."""
    if get_notice(store, handle) is None:
        raise RefusedError(GONE)
    return QUESTION.refuse(request, person, store, asked, f"incidents/{handle}", STORY, incident=handle)


def _incident(
    request: Request, person: Person, store: Store, asked: Asked, handle: str, told: dict[str, str] | None = None
) -> Response:
    notice, now = get_notice(store, handle), store.clock()
    if notice is None:
        raise RefusedError(GONE)
    kept = next((one for one in all_incidents(store) if one.incident == handle), None)
    seen = look_at(store, kept) if kept else None
    held = held_back(store, seen.decisions) if seen else frozenset()
    facts: dict[str, Any] = {
        "person": person,
        "asked": asked,
        "notice": notice,
        "incident": kept,
        "seen": seen,
        "states": {state_of(one, now, held) for one in seen.decisions} & {"active", "held back"} if seen else (),
        "most": MOST_SHOWN,
        "until": tell_until(notice),
        "ends": store.calendar.deadline(notice.day),
        "now": now,
        "state_of": lambda one: state_of(one, now, held),
        "conclusions": CONCLUSIONS,
        "told": NOTHING | (told or {}),
    }
    return show(request, "incident.html", store, 400 if facts["told"]["error"] else 200, **facts)
