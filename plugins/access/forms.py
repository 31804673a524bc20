"""Whether a form was sent by one of our own pages, for the person that it was shown to."""

import hmac
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final

from airflow.configuration import conf

LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")  # a word of the audit trail is no number


def form_token(user: str, day: date | None = None) -> str:
    """What the forms of a user carry; nobody else can make it, and after the next day it is worthless."""
    day = day or datetime.now(UTC).date()
    return _keyed(f"form {user} {day}")


def tag_of(words: str) -> str:
    """Ten letters that stand for a user or a note where neither may be written down."""
    return _keyed(f"tag {words}")[:10].translate(LETTERS)


def is_our_form(headers: Mapping[str, str], token: str, user: str) -> bool:
    """Three locks against a form on somebody else's page (CSRF), since a browser sends Airflow's cookie by itself.

    The cookie is SameSite=Lax, which neighbours on the same domain pass. The browser says where a form was sent from:
    Sec-Fetch-Site, which no page can set, or, where it is not sent (plain http), Origin. And the form carries a token
    that another page cannot read, bound to the user so that nobody can lend his own.
    """
    site = headers.get("sec-fetch-site")
    from_here = site == "same-origin" if site else _is_same_host(headers.get("origin", ""), headers.get("host", ""))
    today = datetime.now(UTC).date()
    known = [form_token(user, day) for day in (today, today - timedelta(days=1))]
    return from_here and any(hmac.compare_digest(one.encode(), token.encode()) for one in known)


def _is_same_host(origin: str, host: str) -> bool:
    return bool(host) and origin in (f"http://{host}", f"https://{host}")


def _keyed(words: str) -> str:
    return hmac.new(conf.get_mandatory_value("api", "secret_key").encode(), words.encode(), sha256).hexdigest()
