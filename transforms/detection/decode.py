"""What a client meant by the letters it sent: escapes undone, as often as attackers stack them, in lower case."""

import re
import unicodedata
from html import unescape
from typing import Final
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.compute as pc

ROUNDS: Final = 3  # what a proxy, a server and an application undo one after another
# Other spellings of a byte: \x22 (servers' own escape), \u0022 and \u{22} (JavaScript), %u0022 (IIS), &#34; (browsers).
ESCAPED: Final = r"(?i)[%+\\\x00\x0b\x0c]|&(#|[a-z]{2,8};)|[^\x00-\x7f]"
BYTE: Final = re.compile(rb"\\x([0-9a-f]{2})|[\\%]u00([0-9a-f]{2})", re.IGNORECASE)
LETTER: Final = re.compile(rb"[\\%]u\{?([0-9a-f]{4})\}?", re.IGNORECASE)
ENTITY: Final = re.compile(rb"&(?:#x?[0-9a-f]{1,7};?|[a-z]{2,8};)", re.IGNORECASE)
# A byte written with more bytes than it needs (RFC 3629 §3 forbids it; old decoders read it all the same).
OVERLONG: Final = re.compile(
    rb"([\xc0\xc1])([\x80-\xbf])|(?:\xe0|\xf0\x80|\xf8\x80\x80|\xfc\x80\x80\x80)([\x80\x81])([\x80-\xbf])"
)
# Letters that servers, names of hosts and databases take for others: full-width and circled ones, slashes, quotes.
ALIKE: Final = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2460, 0x24FF), *range(0xFF01, 0xFF5F))},
    **dict.fromkeys(map(ord, "\u3002\uff61"), "."),
    **dict.fromkeys(map(ord, "\u2044\u2215\uf025"), "/"),
    **dict.fromkeys(map(ord, "\u2216\uefc8"), "\\"),
    **dict.fromkeys(map(ord, "\u00b4\u02b9\u02bc\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u00a0\udca0\x0b\x0c"), " "),  # MySQL takes a lone byte A0 for a blank
    **dict.fromkeys(map(ord, "\x00\u200b\ufeff"), ""),
}
PLAIN: Final = re.compile(rb"[\x01-\x0a\x0d-\x7f]*")
BETWEEN: Final = b"\x01"  # two readings of a text; no pattern takes it for a blank or the end of a line
# How SQL, and a shell, may be written so that its words do not show.
COMMENTED: Final = r"/\*|(--|#|//)[^\n]*\n"
SPLIT: Final = r"""[a-z/ ](''|""|``|\\|\^|\$[@!*?-]|[$<>]\(\)|["'][a-z]{1,8}["'])[a-z/]|[=;|&]["'][a-z]{1,8}["'][a-z]"""


def decode_text(raw: bytes) -> bytes:
    """One value, decoded up to three times (percent, `+`, `\\x22`, `%u0022`, `&#34;`), in lower case; stays bytes.

    Overlong UTF-8 and letters that programs take for ASCII become what they stand for; null bytes go.
    """
    text = raw.replace(b"+", b" ")
    for _ in range(ROUNDS):
        plain = _undo(text)
        if plain == text:
            break
        text = plain
    return _fold(text).lower()


def _undo(text: bytes) -> bytes:
    if b"%" in text or b"\\" in text:
        text = unquote_to_bytes(LETTER.sub(_letter, BYTE.sub(rb"%\1\2", text)))
    return ENTITY.sub(_entity, text) if b"&" in text else text


def _letter(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode(errors="replace")


def _entity(match: re.Match[bytes]) -> bytes:
    return unescape(match[0].decode()).encode(errors="replace")


def _fold(text: bytes) -> bytes:
    if PLAIN.fullmatch(text):
        return text
    plain = OVERLONG.sub(_shortest, text).decode(errors="surrogateescape").translate(ALIKE)
    return plain.encode(errors="surrogateescape")


def _shortest(match: re.Match[bytes]) -> bytes:
    *_, first, last = (part for part in match.groups() if part)
    return bytes([(first[0] & 1) << 6 | last[0] & 0x3F])


def decode_texts(values: pa.Array) -> pa.Array:
    """Distinct strings → binary, each decoded as by `decode_text`; null stays null."""
    raw = values.cast(pa.binary())
    escaped = pc.match_substring_regex(raw, pattern=ESCAPED).fill_null(False)
    decoded = [decode_text(one) for one in raw.filter(escaped).to_pylist()]
    plain = pc.ascii_lower(raw.view(pa.string())).view(pa.binary())
    return pc.replace_with_mask(plain, escaped, pa.array(decoded, pa.binary()))


def blank_comments(texts: pa.Array) -> pa.Array:
    """Decoded texts (binary), each with what it would be without comments and needless quotes behind it, if it has any.

    MySQL runs what stands in `/*!50000 … */`, so it stays. What hides in a comment from one language may be another's.
    """
    commented = pc.match_substring_regex(texts, pattern=COMMENTED)
    split = pc.match_substring_regex(texts, pattern=SPLIT)
    for found, read in ((commented, _without_comments), (split, _without_quotes)):
        if pc.any(found).as_py():
            some = texts.filter(found)
            both = pc.binary_join_element_wise(some, read(some), BETWEEN)
            texts = pc.replace_with_mask(texts, found, both)
    return texts


def _without_comments(texts: pa.Array) -> pa.Array:
    texts = pc.replace_substring_regex(texts, pattern=r"(?s)/\*!\d*(.*?)\*/", replacement=r" \1 ")
    texts = pc.replace_substring_regex(texts, pattern=r"(?s)/\*.*?\*/", replacement=" ")
    return pc.replace_substring_regex(texts, pattern=r"(--|#|//)[^\n]*\n", replacement=" ")


def _without_quotes(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, pattern=r"""["'`\\^]|\$[@!*?-]|[$<>]\(\)""", replacement="")
