"""Tokens by which programs read the blocklist: shown once, kept as SHA-256, removed by name."""

import hmac
import re
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

from plugins.backups.target import Target
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.backups import RemovedToken
from schemas.receipts import Record
from schemas.refusals import RefusedError

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
FOLDER: Final = "tokens/"
BYTES: Final = 32
MARK: Final = "lethe_"  # by which a token is known for what it is, wherever it turns up


class Token(Record):
    """Who may read, why, and since when; of the token itself only the hash."""

    name: str
    purpose: str
    digest: str
    added_at: datetime


def add_token(store: Store, name: str, purpose: str, actor: str) -> str:
    """A new token, to be shown once."""
    if not NAME.fullmatch(name):
        raise RefusedError("the name of a token is a word of a-z, 0-9, _ and -, such as firewall")
    if not purpose.strip():
        raise RefusedError("a token needs a purpose, such as: --purpose 'block attacks'")
    with store.locks.held("tokens"):
        if any(token.name == name for token in all_tokens(store)):
            raise RefusedError(f"there is a token {name} already; remove it first, or take another name")
        token = MARK + secrets.token_urlsafe(BYTES)
        now = store.clock()
        store.audit.append(now, actor, "add token", token=name, purpose=purpose)
        kept = Token(name=name, purpose=purpose, digest=_digest(token), added_at=now)
        write_record(store.place("state"), f"{FOLDER}{name}.json", kept)
    return token


def remove_token(store: Store, name: str, actor: str) -> None:
    """From now on nobody reads with it, also when an older backup is restored."""
    with store.locks.held("tokens"):
        if not any(token.name == name for token in all_tokens(store)):
            raise RefusedError("there is no token of that name; lethe token list names them")
        now = store.clock()
        store.audit.append(now, actor, "remove token", token=name)
        store.place("state").remove(f"{FOLDER}{name}.json")
        _record_removal(store, RemovedToken(name=name, at=now))


def all_tokens(store: Store) -> list[Token]:
    place = store.place("state")
    found = (read_record(place, name, Token) for name in place.names(FOLDER))
    return [token for token in found if token]


def find_token(store: Store, written: str) -> Token | None:
    """The token that somebody shows; how long the answer takes tells nothing about those that there are."""
    digest = _digest(written)
    fitting = [token for token in all_tokens(store) if hmac.compare_digest(token.digest, digest)]
    return fitting[0] if fitting else None


def _record_removal(store: Store, removed: RemovedToken) -> None:
    """Where the backups lie; that they are out of reach must not keep a token alive."""
    target = Target(store.place("backups"))
    try:
        target.record_removal(removed)
    except OSError:
        raise RefusedError(
            f"the token {removed.name} opens nothing any more, but {target.place.where} cannot be written: to restore "
            "a backup that is there now would bring it back. Take one when it can, with: lethe back-up"
        ) from None


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
