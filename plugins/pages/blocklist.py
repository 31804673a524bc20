"""The blocklist for people: why they read, the table, a decision's story, ban, lift and download."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Response

from plugins.blocklist.breaker import refusal
from plugins.blocklist.by_hand import ban, lift
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import FORMATS, published
from plugins.blocklist.story import SHOWN, story
from plugins.incidents.notices import unassessed
from plugins.pages.asking import SORTS, STATES
from plugins.pages.listing import IN_FORCE, count_by_day, page_of, states_of
from plugins.pages.purpose import ASKS_FIRST, Call, Changer, Question, Reader
from plugins.scenarios import scenarios_of
from plugins.store.store import Store
from schemas.refusals import RefusedError
from transforms.detection.targets import holders

QUESTION: Final = Question(
    "Blocklist",
    "The blocklist ties addresses to what they did. Say what you need it for: your role, the purpose, the hour and the "
    "handles of the stories that you open go into the audit trail; no address does.",
)
PATH: Final = "blocklist"
READING: Final = "read blocklist"
FEW: Final = 10  # decisions on a target in the list
MANY: Final = 100  # and on a decision's page
OUTCOME_WORDS: Final = {
    "attempted": "No answer of the server says that it refused, and none that it gave way.",
    "blocked": "The server refused all of it.",
    "success suspected": "An answer looks as if the attack had succeeded. Look at the machine now.",
}
PATIENCE: Final = 5.0  # seconds for work on a day to end; whoever waits here holds up all of Airflow's pages
TYPED: Final = ("target", "reason", "hours")  # for a ban by hand
NOTHING: Final = dict.fromkeys(TYPED, "")
LASTING: Final = {"": "as the policy says", "1": "1 hour", "24": "1 day", "72": "3 days"}  # hours of a ban by hand

Handle = Annotated[str, Path(pattern=r"\A[0-9a-f]{12}\z")]

router = APIRouter()


@router.api_route("/blocklist", methods=ASKS_FIRST)
def read(call: Reader) -> Response:
    """The table."""
    return _list(call)


@router.api_route("/decisions/{handle}", methods=ASKS_FIRST)
def read_story(call: Reader, handle: Handle) -> Response:
    """The evidence behind a decision."""
    _require_story(call, handle)
    return _story(call, handle)


@router.post("/decisions/{handle}/lift")
def lift_by_hand(call: Changer, handle: Handle) -> Response:
    """End a ban before its time."""
    _require_story(call, handle)
    try:
        lifted = lift(call.store, [handle], call.fields.get("reason", ""), call.person.role, PATIENCE)
    except RefusedError as error:
        return _story(call, handle, error=str(error))
    done = "The ban is lifted." if len(lifted) == 1 else f"All {len(lifted)} bans on this target are lifted."
    return _story(call, handle, done=done)


@router.post("/ban")
def ban_by_hand(call: Changer) -> Response:
    """Ban an address or network."""
    QUESTION.require(call, PATH, READING)
    target, reason, hours = (call.fields.get(name, "") for name in TYPED)
    lasts = timedelta(hours=int(hours)) if hours and hours in LASTING else None
    own = call.request.client.host if call.request.client else ""
    try:
        ban(call.store, [target], reason, call.person.role, lasts, PATIENCE, own)
    except RefusedError as error:
        return _list(call, error=str(error), typed=dict(zip(TYPED, (target, reason, hours), strict=True)))
    return _list(call, done="The ban is in force and in the next export.")


@router.post("/export/{name}")
def export(call: Reader, name: str) -> Response:
    """The active bans as a file; each download is an entry of the audit trail."""
    if name not in FORMATS:
        raise HTTPException(404, "There is no such file.")
    QUESTION.require(call, PATH, READING)
    kind, now = FORMATS[name], call.store.clock()
    active = published(call.store, now)
    facts = {"reader": call.person.tag, "purpose": call.asked.purpose_words, "format": name}
    call.store.audit.append(now, call.person.role, "export blocklist", **facts, decisions=len(active))
    headers = {"Content-Disposition": f'attachment; filename="{kind.file_name}"'}
    return Response(kind.write(active, now), media_type=kind.media_type, headers=headers)


def severities(store: Store) -> dict[str, str]:
    """How bad what each scenario finds is; a broken one keeps nobody from reading the list, or lifting a ban."""
    try:
        return {one.name: one.severity for one in scenarios_of(store.policy)}
    except RefusedError:
        return {}


def _require_story(call: Call, handle: str) -> None:
    """Of a decision that there is none of, nothing is recorded."""
    if call.fields:
        Decisions(call.store).get(handle)
    QUESTION.require(call, f"decisions/{handle}", "read story", decision=handle)


def _list(call: Call, error: str = "", done: str = "", typed: Mapping[str, str] = NOTHING) -> Response:
    QUESTION.require(call, PATH, READING)
    store, asked = call.store, call.asked
    decisions = Decisions(store)
    active, counted = decisions.active(store.clock()), decisions.count()
    state_of = states_of(store, active)
    listed = active if asked.state in IN_FORCE else decisions.all()
    series, bars = count_by_day(counted, store.calendar)
    return call.show(
        "blocklist.html",
        400 if error else 200,
        refused=refusal(store, active),
        few=FEW,
        page=page_of(listed, asked, severities(store), state_of),
        waiting=len(unassessed(store)),
        total=counted.total(),
        in_force=Counter(map(state_of, active)),
        scenarios=sorted({scenario for _, scenario in counted}),
        state_of=state_of,
        series=series,
        bars=bars,
        most=max(1, *(counts.total() for counts in bars.values())),
        choices={"states": STATES, "sorts": SORTS, "lasting": LASTING, "forms": FORMATS},
        told={"error": error, "done": done, "typed": typed},
    )


def _story(call: Call, handle: str, error: str = "", done: str = "") -> Response:
    decisions = Decisions(call.store)
    decision = decisions.get(handle)
    of_target = decisions.on(holders(decision.target))
    state_of = states_of(call.store, of_target)
    others = [one for one in of_target if one != decision]
    return call.show(
        "decision.html",
        400 if error else 200,
        decision=decision,
        state=state_of(decision),
        severity=severities(call.store).get(decision.scenario, ""),
        outcome=OUTCOME_WORDS.get(decision.outcome, ""),
        others=others[:MANY],
        earlier=len(others[MANY:]),
        is_blocked=any(state_of(one) == "active" for one in of_target),
        state_of=state_of,
        hits=story(call.store, decision),
        most=SHOWN,
        told={"error": error, "done": done},
    )
