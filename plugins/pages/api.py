"""The blocklist for programs: JSON and files, for whoever shows a token of `lethe token add`."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from plugins.access.tokens import Token, find_token
from plugins.blocklist.decisions import Decision, Decisions
from plugins.blocklist.exporting import FORMATS
from plugins.pages.asking import record_reading
from plugins.pages.gate import OpenStore
from plugins.pages.listing import state_of
from schemas.refusals import RefusedError

MOST: Final = 10_000  # decisions in an answer
PROGRAM: Final = "program"

router = APIRouter(prefix="/api")


def shown_token(request: Request, store: OpenStore) -> Token:
    """401 for whoever shows no token that is in the store; who does is in the audit trail, once an hour."""
    kind, _, written = request.headers.get("authorization", "").partition(" ")
    token = find_token(store, written.strip()) if kind.lower() == "bearer" else None
    if token is None:
        raise HTTPException(401, "Send Authorization: Bearer and a token.", {"WWW-Authenticate": "Bearer"})
    record_reading(store, PROGRAM, "read blocklist", token.name, purpose=token.purpose)
    return token


Shown = Annotated[Token, Depends(shown_token)]


@router.get("/decisions")
def decisions(
    store: OpenStore,
    _: Shown,
    state: Literal["active", "lifted", "over", "all"] = "active",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 1000,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Decisions of open days, newest first, and how many there are."""
    now = store.clock()
    found = [one for one in Decisions(store).all() if state in ("all", state_of(one, now))]
    rows = [_row(one, state_of(one, now)) for one in found[offset : offset + limit]]
    return {"now": now, "replay": store.is_replay, "total": len(found), "decisions": rows}


@router.get("/decisions/{handle}")
def decision(store: OpenStore, _: Shown, handle: str) -> dict[str, Any]:
    """One decision."""
    try:
        found = Decisions(store).get(handle)
    except RefusedError as error:
        raise HTTPException(404, str(error)) from None
    return _row(found, state_of(found, store.clock()))


@router.get("/blocklist")
def blocklist(
    store: OpenStore, _: Shown, form: Annotated[Literal["nginx", "csv", "json"], Query(alias="format")] = "json"
) -> Any:
    """What to block now, as the exported files say it, or as a list of targets."""
    now = store.clock()
    active = Decisions(store).active(now)
    if form == "json":
        targets = [{"target": one.target, "until": one.until} for one in active]
        return {"now": now, "replay": store.is_replay, "targets": targets}
    _file, media_type, write = FORMATS[form]
    return Response(write(active, now), media_type=media_type)


def _row(decision: Decision, state: str) -> dict[str, Any]:
    return asdict(decision) | {"state": state}
