"""The blocklist for programs: JSON and files, for whoever shows a token of `lethe token add`."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from plugins.access.tokens import MARK, Token, find_token
from plugins.blocklist.decisions import Decision, Decisions
from plugins.blocklist.exporting import FORMATS
from plugins.pages.asking import record_reading
from plugins.pages.gate import OpenStore
from plugins.pages.listing import state_of
from schemas.refusals import RefusedError

MOST: Final = 10_000  # decisions in an answer
PROGRAM: Final = "program"
UNKNOWN: Final = HTTPException(401, "Send Authorization: Bearer and a token.", {"WWW-Authenticate": "Bearer"})

router = APIRouter(prefix="/api")


def written_token(request: Request) -> str:
    """What looks like a token; for anything else the store is not even opened."""
    kind, _, written = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not written.strip().startswith(MARK):
        raise UNKNOWN
    return written.strip()


def shown_token(written: Annotated[str, Depends(written_token)], store: OpenStore) -> Token:
    """401 for whoever shows no token that is in the store; who does is in the audit trail, once an hour."""
    token = find_token(store, written)
    if token is None:
        raise UNKNOWN
    record_reading(store, PROGRAM, "read blocklist", token.name, purpose=token.purpose)
    return token


Shown = Annotated[Token, Depends(shown_token)]


@router.get("/decisions")
def decisions(
    _: Shown,
    store: OpenStore,
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
def decision(_: Shown, store: OpenStore, handle: str) -> dict[str, Any]:
    """One decision."""
    try:
        found = Decisions(store).get(handle)
    except RefusedError as error:
        raise HTTPException(404, str(error)) from None
    return _row(found, state_of(found, store.clock()))


@router.get("/blocklist")
def blocklist(
    _: Shown, store: OpenStore, form: Annotated[Literal["nginx", "csv", "json"], Query(alias="format")] = "json"
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
