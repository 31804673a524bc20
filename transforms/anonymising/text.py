"""Text without persons: what identifies somebody is taken out, the rest stays letter for letter."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import unquote_plus

from transforms.anonymising.layers import LONGEST_ESCAPE, STACKED_ESCAPE, read_layers
from transforms.anonymising.personal import Found, find_personal

# Without one of these there is nothing to find (addresses, e-mail, eleven digits, escapes, wide characters).
SUSPICIOUS: Final = re.compile(r"@|%|[^\x00-\x7f]|[0-9]{11}|[0-9]\.[0-9]+\.[0-9]+\.[0-9]|:[0-9A-Fa-f]*:")
REFERRER_END: Final = re.compile(r"[?#].*", re.DOTALL)
USER_INFO: Final = re.compile(r"(?<=://)[^/]*@")


def scrub_text(text: str, field: str) -> str:
    """Take addresses, e-mail addresses and identity numbers out of a text; `field` as in the hits, or `error_message`.

    They are found as they stand, percent-encoded up to three times, and in characters that NFKC folds. A referrer also
    loses its query, fragment and user name.
    """
    if field == "referrer":
        text = USER_INFO.sub("", REFERRER_END.sub("", text))
    if not SUSPICIOUS.search(text):
        return text
    found = [
        (*layer.raw_span(_after_escape(layer.text, start, end), end), stand_in)
        for layer in read_layers(text)
        for start, end, stand_in in find_personal(layer.text, field == "user_agent")
    ]
    return _replace(text, found) if found else text


def scrub_query(query: str, allowed_keys: Collection[str]) -> str:
    """The pairs of a query whose key is allowed, their values scrubbed; every other key goes with its value."""
    pairs = [pair.partition("=") for pair in re.split("[&;]", query)]
    return "&".join(
        f"{key}{sign}{scrub_text(value, 'query')}" for key, sign, value in pairs if unquote_plus(key) in allowed_keys
    )


def _after_escape(text: str, start: int, end: int) -> int:
    """Where a find starts, were it not for the digits of an escape before it (%20kari@…): the escape stays whole."""
    for escape in STACKED_ESCAPE.finditer(text, max(0, start - LONGEST_ESCAPE), min(start + LONGEST_ESCAPE, end)):
        if escape.start() < start < escape.end():
            return escape.end()
    return start


def _replace(text: str, found: list[Found]) -> str:
    parts, done = [], 0
    for start, end, stand_in in sorted(found):
        if start >= done:
            parts += [text[done:start], stand_in]
        done = max(done, end)
    return "".join([*parts, text[done:]])
