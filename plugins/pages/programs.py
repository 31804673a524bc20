"""Programs that read: whoever shows a token of `lethe token add`, whichever way it is sent."""

from typing import Final

from fastapi import HTTPException

from plugins.access.tokens import MARK, Token, find_token
from plugins.pages.asking import record_reading
from plugins.store.store import Store

PROGRAM: Final = "program"


def like_a_token(written: str, unknown: HTTPException) -> str:
    """What may be a token; for anything else, which is `unknown`, the store is not even opened."""
    if not written.strip().startswith(MARK):
        raise unknown
    return written.strip()


def known_token(store: Store, written: str, unknown: HTTPException) -> Token:
    """The token of the store that was shown, or `unknown`."""
    token = find_token(store, written)
    if token is None:
        raise unknown
    return token


def record_program(store: Store, token: Token) -> None:
    """Who reads is in the audit trail, once an hour."""
    record_reading(store, PROGRAM, "read blocklist", token.name, purpose=token.purpose)
