"""The blocklist as CrowdSec's bouncers ask for it: the two calls of its local API that read decisions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from plugins.access.tokens import Token
from plugins.blocklist.bouncers import Told, longest, tell
from plugins.blocklist.exporting import published
from plugins.blocklist.formats.bans import iso
from plugins.pages.gate import OpenStore
from plugins.pages.programs import known_token, like_a_token, record_program

ORIGIN: Final = "lethe"
UNKNOWN: Final = HTTPException(403, "Send X-Api-Key and a token of: lethe token add")
SINGLE: Final = (
    "Questions about single addresses are off: each would tell Lethe who visits you. Let the bouncer stream, or set "
    "blocklist.single_queries in the policy."
)
REPLAY: Final = "This store replays old logs; nobody is to be blocked for them now."

router = APIRouter(prefix="/v1")


@dataclass(frozen=True)
class Wanted:
    """Which decisions a bouncer takes, by words with commas between; none means all."""

    scopes: str = ""
    origins: str = ""
    scenarios_containing: str = ""
    scenarios_not_containing: str = ""

    def fits(self, told: Told) -> bool:
        scopes, origins = _words(self.scopes), _words(self.origins)
        some, none = _words(self.scenarios_containing), _words(self.scenarios_not_containing)
        return (
            (not scopes or _scope(told).lower() in scopes)
            and (not origins or ORIGIN in origins)
            and (not some or any(word in told.scenario for word in some))
            and not any(word in told.scenario for word in none)
        )


@dataclass(frozen=True)
class Single:
    """A question about one address or network."""

    ip: str = ""
    range: str = ""
    value: str = ""
    contains: bool = True

    @property
    def text(self) -> str:
        return self.ip or self.range or self.value

    def fits(self, told: Told) -> bool:
        """A ban that contains it, or that it contains."""
        try:
            asked: Any = ip_network(self.text, strict=False)
        except ValueError:
            raise HTTPException(400, "This is neither an address nor a network.") from None
        banned: Any = ip_network(told.target)
        wide, narrow = (banned, asked) if self.contains else (asked, banned)
        return wide.version == narrow.version and bool(narrow.subnet_of(wide))


def written_key(request: Request) -> str:
    return like_a_token(request.headers.get("x-api-key", ""), UNKNOWN)


def shown_key(written: Annotated[str, Depends(written_key)], store: OpenStore) -> Token:
    token = known_token(store, written, UNKNOWN)
    if store.is_replay:
        raise HTTPException(409, REPLAY)
    record_program(store, token)
    return token


Written = Annotated[str, Depends(written_key)]
Shown = Annotated[Token, Depends(shown_key)]


@router.get("/decisions/stream")
def stream(
    shown: Shown,
    written: Written,
    store: OpenStore,
    wanted: Annotated[Wanted, Depends()],
    startup: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """What changed since the bouncer asked last, or all: `new` to block, `deleted` to let in again."""
    changes, now = tell(store, shown.name, written, startup), store.clock()
    return {
        "new": [_row(one, now) for one in changes.new if wanted.fits(one)],
        "deleted": [_row(one, now) for one in changes.gone if wanted.fits(one)],
    }


@router.get("/decisions")
def decisions(
    _: Shown, store: OpenStore, wanted: Annotated[Wanted, Depends()], single: Annotated[Single, Depends()]
) -> list[dict[str, Any]] | None:
    """All that is banned, or what bans one address; null where nothing does."""
    if single.text and not store.policy.blocklist.single_queries:
        raise HTTPException(403, SINGLE)
    now = store.clock()
    bans = longest(published(store, now), now).values()
    found = [one for one in bans if wanted.fits(one) and (not single.text or single.fits(one))]
    return [_row(one, now) for one in found] or None


@router.head("/decisions/stream")
@router.head("/decisions")
def is_there(_: Shown) -> Response:
    """For whoever only tries the key; nothing counts as told."""
    return Response()


def _row(told: Told, now: datetime) -> dict[str, Any]:
    return {
        "id": int(told.decision, 16),
        "origin": ORIGIN,
        "type": "ban",
        "scope": _scope(told),
        "value": told.target,
        "scenario": told.scenario,
        "duration": _duration(min(told.until - now, timedelta(seconds=-1)) if told.is_gone else told.until - now),
        "until": iso(told.until),
        "simulated": False,
    }


def _scope(told: Told) -> str:
    return "Range" if "/" in told.target else "Ip"


def _duration(length: timedelta) -> str:
    """As Go writes it, with all three parts and a fraction: some bouncers read no other form."""
    milliseconds = abs(length) // timedelta(milliseconds=1)
    minutes, rest = divmod(milliseconds, 60_000)
    sign = "-" if length < timedelta() else ""
    return f"{sign}{minutes // 60}h{minutes % 60}m{rest // 1000}.{rest % 1000:03}s"


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]
