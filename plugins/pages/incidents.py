"""Incidents for people: why they read, what waits for an assessment, what was reached and by whom, the conclusion."""

from typing import Final

from fastapi import APIRouter, Response

from plugins.incidents.assessing import CONCLUSIONS, GONE, assess
from plugins.incidents.kept import all_incidents
from plugins.incidents.looking import MOST_SHOWN, look_at
from plugins.incidents.notices import all_notices, get_notice, is_over, tell_until
from plugins.pages.asking import LIKE_AN_ADDRESS, UNFIT
from plugins.pages.blocklist import PATIENCE, Handle
from plugins.pages.listing import IN_FORCE, states_of
from plugins.pages.purpose import ASKS_FIRST, Call, Changer, Question, Reader
from plugins.store.store import Store
from schemas.incidents import Notice
from schemas.refusals import RefusedError

QUESTION: Final = Question(
    "Incidents",
    "An incident is an attack that may have worked. It ties an address to what it reached. Say what you need it for: "
    "your role, the purpose, the hour and the handles of the incidents that you open go into the audit trail; no "
    "address does.",
)
NOTHING: Final = {"error": "", "done": "", "reason": "", "conclusion": ""}

router = APIRouter()


@router.api_route("/incidents", methods=ASKS_FIRST)
def read(call: Reader) -> Response:
    """All that are known, those first that wait."""
    QUESTION.require(call, "incidents", "read incidents")
    kept = {one.incident: one for one in all_incidents(call.store)}
    notices = sorted(all_notices(call.store), key=lambda one: one.assessed_at is not None)
    rows = [(one, kept.get(one.incident), tell_until(one)) for one in notices[:MOST_SHOWN]]
    waiting = sum(one.assessed_at is None for one in notices)
    return call.show("incidents.html", rows=rows, found=len(notices), waiting=waiting)


@router.api_route("/incidents/{handle}", methods=ASKS_FIRST)
def read_incident(call: Reader, handle: Handle) -> Response:
    """What it rests on."""
    _require_incident(call, handle)
    return _incident(call, handle)


@router.post("/incidents/{handle}/assess")
def conclude(call: Changer, handle: Handle) -> Response:
    """Whether it was a breach, and why."""
    _require_incident(call, handle)
    conclusion, reason = (call.fields.get(name, "") for name in ("conclusion", "reason"))
    try:
        if LIKE_AN_ADDRESS.search(reason):
            raise RefusedError(UNFIT.replace("note", "reason"))
        after = assess(call.store, handle, conclusion, reason, call.person.role, PATIENCE)
    except RefusedError as error:
        return _incident(call, handle, error=str(error), conclusion=conclusion, reason=reason)
    done = f"Assessed: {after.conclusion}. It is in the audit trail."
    if is_over(call.store, after.day):
        return call.show("incident_ended.html", done=done)
    return _incident(call, handle, done=done)


def _require_incident(call: Call, handle: str) -> None:
    """Of an incident that there is none of, nothing is recorded."""
    if call.fields:
        _notice(call.store, handle)
    QUESTION.require(call, f"incidents/{handle}", "read incident", incident=handle)


def _notice(store: Store, handle: str) -> Notice:
    notice = get_notice(store, handle)
    if notice is None:
        raise RefusedError(GONE)
    return notice


def _incident(call: Call, handle: str, **told: str) -> Response:
    store = call.store
    notice = _notice(store, handle)
    kept = next((one for one in all_incidents(store) if one.incident == handle), None)
    seen = look_at(store, kept) if kept else None
    state_of = states_of(store, seen.decisions if seen else ())
    return call.show(
        "incident.html",
        400 if "error" in told else 200,
        notice=notice,
        incident=kept,
        seen=seen,
        states={*map(state_of, seen.decisions)} & {*IN_FORCE} if seen else (),
        most=MOST_SHOWN,
        until=tell_until(notice),
        ends=store.calendar.deadline(notice.day),
        now=store.clock(),
        state_of=state_of,
        conclusions=CONCLUSIONS,
        told=NOTHING | told,
    )
