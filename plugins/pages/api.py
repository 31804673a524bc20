"""The blocklist for programs: JSON and files, for whoever shows a token of `lethe token add`."""

import json
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from plugins.access.tokens import Token
from plugins.blocklist.decisions import Decision, Decisions
from plugins.blocklist.exporting import FORMATS, published
from plugins.blocklist.formats.bans import bans_of
from plugins.pages.gate import OpenStore
from plugins.pages.listing import IN_FORCE, State, states_of
from plugins.pages.programs import known_token, like_a_token, record_program
from schemas.refusals import RefusedError

MOST: Final = 10_000  # decisions in an answer
ASK_AGAIN: Final = "private, no-cache"  # to be kept, and used when the answer is 304
JSON: Final = "json"
UNKNOWN: Final = HTTPException(401, "Send Authorization: Bearer and a token.", {"WWW-Authenticate": "Bearer"})

router = APIRouter(prefix="/api")


def written_token(request: Request) -> str:
    kind, _, written = request.headers.get("authorization", "").partition(" ")
    return like_a_token(written if kind.lower() == "bearer" else "", UNKNOWN)


def shown_token(written: Annotated[str, Depends(written_token)], store: OpenStore) -> Token:
    token = known_token(store, written, UNKNOWN)
    record_program(store, token)
    return token


Shown = Annotated[Token, Depends(shown_token)]


@router.get("/decisions")
def decisions(
    _: Shown,
    store: OpenStore,
    state: State | Literal["all"] = "active",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 1000,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Decisions of open days, newest first, and how many there are."""
    now, kept = store.clock(), Decisions(store)
    listed = kept.active(now) if state in IN_FORCE else kept.all()
    state_of = states_of(store, listed)
    found = [one for one in listed if state in ("all", state_of(one))]
    rows = [_row(one, state_of(one)) for one in found[offset : offset + limit]]
    return {"now": now, "replay": store.is_replay, "total": len(found), "decisions": rows}


@router.get("/decisions/{handle}")
def decision(_: Shown, store: OpenStore, handle: str) -> dict[str, Any]:
    """One decision."""
    try:
        found = Decisions(store).get(handle)
    except RefusedError as error:
        raise HTTPException(404, str(error)) from None
    return _row(found, states_of(store, [found])(found))


@router.api_route("/blocklist", methods=["GET", "HEAD"])
def blocklist(
    request: Request, _: Shown, store: OpenStore, form: Annotated[str, Query(alias="format")] = JSON
) -> Response:
    """What to block now, as the exported files say it, or as a list of targets; 304 for whoever has just that."""
    if form != JSON and form not in FORMATS:
        raise HTTPException(422, f"The format is one of {JSON}, {', '.join(FORMATS)}.")
    now = store.clock()
    active = published(store, now)
    media_type = "application/json" if form == JSON else FORMATS[form].media_type
    text = _as_json(active, now, store.is_replay) if form == JSON else FORMATS[form].write(active, now)
    headers = {"ETag": f'"{sha256(text.encode()).hexdigest()[:32]}"', "Cache-Control": ASK_AGAIN}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or headers["ETag"] in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=media_type, headers=headers)


def _as_json(active: list[Decision], now: datetime, replay: bool) -> str:
    """Without the time, which the Date header says: the same bans are the same text."""
    bans = bans_of(active, now)
    expires = min((ban.ends for ban in bans), default=None)
    targets = [{"target": ban.target, "until": ban.ends, "decision": ban.decision} for ban in bans]
    return json.dumps({"replay": replay, "count": len(bans), "expires": expires, "targets": targets})


def _row(decision: Decision, state: State) -> dict[str, Any]:
    return asdict(decision) | {"state": state}
