"""The blocklist for people: why they read, the table, a decision's story, ban, lift and download."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Request, Response

from plugins.blocklist.breaker import held_back, refusal
from plugins.blocklist.by_hand import ban, lift
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import FORMATS, published
from plugins.blocklist.story import SHOWN, story
from plugins.incidents.notices import unassessed
from plugins.pages.asking import PURPOSES, SORTS, STATES, Asked
from plugins.pages.gate import Changer, Fields, OpenStore, Person, Reader
from plugins.pages.listing import count_by_day, page_of, state_of
from plugins.pages.purpose import Question
from plugins.pages.showing import show
from plugins.scenarios import scenarios_of
from plugins.store.store import Store
from schemas.refusals import RefusedError

QUESTION: Final = Question(
    "Blocklist",
    "The blocklist ties addresses to what they did. Say what you need it for: your role, the purpose, the hour and the "
    "handles of the stories that you open go into the audit trail; no address does.",
)
PATH: Final = "blocklist"
READING: Final = "read blocklist"
STORY: Final = "read story"
FEW: Final = 10  # decisions on a target in the list
MANY: Final = 100  # and on a decision's page
OUTCOME_WORDS: Final = {
    "attempted": "No answer of the server says that it refused, and none that it gave way.",
    "blocked": "The server refused all of it.",
    "success suspected": "An answer looks as if the attack had succeeded. Look at the machine now.",
}
PATIENCE: Final = 5.0  # seconds for work on a day to end; whoever waits here holds up all of Airflow's pages
LASTING: Final = {"": "as the policy says", "1": "1 hour", "24": "1 day", "72": "3 days"}  # hours of a ban by hand

Handle = Annotated[str, Path(pattern=r"\A[0-9a-f]{12}\z")]

router = APIRouter()


@router.get("/blocklist")
def ask(request: Request, person: Reader, store: OpenStore) -> Response:
    """The question for the purpose, before anything is shown."""
    return QUESTION.ask(request, person, store, PATH)


@router.post("/blocklist")
def read(request: Request, person: Reader, store: OpenStore, fields: Fields) -> Response:
    """The table."""
    return _list(request, person, store, Asked.of_form(fields))


@router.get("/decisions/{handle}")
def ask_for_story(request: Request, person: Reader, store: OpenStore, handle: Handle) -> Response:
    return QUESTION.ask(request, person, store, f"decisions/{handle}")


@router.post("/decisions/{handle}")
def read_story(request: Request, person: Reader, store: OpenStore, fields: Fields, handle: Handle) -> Response:
    """The evidence behind a decision."""
    asked = Asked.of_form(fields)
    if refused := _refused_story(request, person, store, asked, handle):
        return refused
    return _story(request, person, store, asked, handle)


@router.post("/decisions/{handle}/lift")
def lift_by_hand(request: Request, person: Changer, store: OpenStore, fields: Fields, handle: Handle) -> Response:
    """End a ban before its time."""
    asked = Asked.of_form(fields)
    if refused := _refused_story(request, person, store, asked, handle):
        return refused
    try:
        lifted = lift(store, [handle], fields.get("reason", ""), person.role, PATIENCE)
    except RefusedError as error:
        return _story(request, person, store, asked, handle, {"error": str(error)})
    done = "The ban is lifted." if len(lifted) == 1 else f"All {len(lifted)} bans on this target are lifted."
    return _story(request, person, store, asked, handle, {"done": done})


@router.post("/ban")
def ban_by_hand(request: Request, person: Changer, store: OpenStore, fields: Fields) -> Response:
    """Ban an address or network."""
    asked = Asked.of_form(fields)
    hours = fields.get("hours", "")
    lasts = timedelta(hours=int(hours)) if hours and hours in LASTING else None
    if refused := QUESTION.refuse(request, person, store, asked, PATH, READING):
        return refused
    try:
        own = request.client.host if request.client else ""
        ban(store, [fields.get("target", "")], fields.get("reason", ""), person.role, lasts, PATIENCE, own)
    except RefusedError as error:
        typed = {name: fields.get(name, "") for name in ("target", "reason", "hours")}
        return _list(request, person, store, asked, {"error": str(error), "typed": typed})
    return _list(request, person, store, asked, {"done": "The ban is in force and in the next export."})


@router.post("/export/{name}")
def export(request: Request, person: Reader, store: OpenStore, fields: Fields, name: str) -> Response:
    """The active bans as a file; each download is an entry of the audit trail."""
    asked = Asked.of_form(fields)
    if name not in FORMATS:
        raise HTTPException(404, "There is no such file.")
    if refused := QUESTION.refuse(request, person, store, asked, PATH, READING):
        return refused
    kind, now = FORMATS[name], store.clock()
    active = published(store, now)
    facts = {"reader": person.tag, "purpose": asked.purpose_words, "format": name}
    store.audit.append(now, person.role, "export blocklist", **facts, decisions=len(active))
    headers = {"Content-Disposition": f'attachment; filename="{kind.file_name}"'}
    return Response(kind.write(active, now), media_type=kind.media_type, headers=headers)


def severities(store: Store) -> dict[str, str]:
    """How bad what each scenario finds is; a broken one keeps nobody from reading the list, or lifting a ban."""
    try:
        return {one.name: one.severity for one in scenarios_of(store.policy)}
    except RefusedError:
        return {}


def _refused_story(request: Request, person: Person, store: Store, asked: Asked, handle: str) -> Response | None:
    """Of a decision that there is none of, nothing is recorded."""
    Decisions(store).get(handle)
    return QUESTION.refuse(request, person, store, asked, f"decisions/{handle}", STORY, decision=handle)


def _list(request: Request, person: Person, store: Store, asked: Asked, told: dict[str, Any] | None = None) -> Response:
    if refused := QUESTION.refuse(request, person, store, asked, PATH, READING):
        return refused
    now, decisions = store.clock(), Decisions(store)
    active, counted = decisions.active(now), decisions.count()
    held = held_back(store, active)
    listed = active if asked.state in ("active", "held back") else decisions.all()
    series, bars = count_by_day(counted, store.calendar)
    facts: dict[str, Any] = {
        "person": person,
        "asked": asked,
        "refused": refusal(store, active),
        "few": FEW,
        "page": page_of(listed, asked, severities(store), now, held),
        "waiting": len(unassessed(store)),
        "total": counted.total(),
        "active": len(active) - len(held),
        "held": len(held),
        "scenarios": sorted({scenario for _, scenario in counted}),
        "state_of": lambda one: state_of(one, now, held),
        "series": series,
        "bars": bars,
        "choices": {"purposes": PURPOSES, "states": STATES, "sorts": SORTS, "lasting": LASTING, "forms": FORMATS},
        "told": {"error": "", "done": "", "typed": dict.fromkeys(("target", "reason", "hours"), "")} | (told or {}),
    }
    return show(request, "blocklist.html", store, 400 if facts["told"]["error"] else 200, **facts)


def _story(
    request: Request, person: Person, store: Store, asked: Asked, handle: str, told: dict[str, str] | None = None
) -> Response:
    decisions, now = Decisions(store), store.clock()
    decision = decisions.get(handle)
    of_target = decisions.on([decision.target])
    held = held_back(store, of_target)
    others = [one for one in of_target if one != decision]
    facts: dict[str, Any] = {
        "person": person,
        "asked": asked,
        "decision": decision,
        "state": state_of(decision, now, held),
        "severity": severities(store).get(decision.scenario, ""),
        "outcome": OUTCOME_WORDS.get(decision.outcome, ""),
        "others": others[:MANY],
        "left_out": len(others[MANY:]),
        "state_of": lambda one: state_of(one, now, held),
        "hits": story(store, decision),
        "most": SHOWN,
        "told": {"error": "", "done": ""} | (told or {}),
    }
    return show(request, "decision.html", store, 400 if facts["told"]["error"] else 200, **facts)
