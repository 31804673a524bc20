"""What a client meant by the letters it sent: escapes undone, as often as attackers stack them, in lower case."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.compute as pc

ROUNDS: Final = 3  # what a proxy, a server and an application undo one after another
# Other spellings of a byte: \x22 (servers' own escape), \u0022 (JavaScript), %u0022 (IIS).
ESCAPED: Final = r"[%+\\]"
BYTE: Final = re.compile(rb"\\x([0-9a-f]{2})|[\\%]u00([0-9a-f]{2})", re.IGNORECASE)


def decode_text(raw: bytes) -> bytes:
    """One value, decoded up to three times (percent, `+`, `\\x22`, `%u0022`), in lower case; stays bytes."""
    text = raw.replace(b"+", b" ")
    for _ in range(ROUNDS):
        if b"%" not in text and b"\\" not in text:
            break
        plain = unquote_to_bytes(BYTE.sub(rb"%\1\2", text))
        if plain == text:
            break
        text = plain
    return text.lower()


def decode_texts(values: pa.Array) -> pa.Array:
    """Distinct strings → binary, each decoded as by `decode_text`; null stays null."""
    raw = values.cast(pa.binary())
    escaped = pc.match_substring_regex(raw, pattern=ESCAPED).fill_null(False)
    decoded = [decode_text(one) for one in raw.filter(escaped).to_pylist()]
    plain = pc.ascii_lower(raw.view(pa.string())).view(pa.binary())
    return pc.replace_with_mask(plain, escaped, pa.array(decoded, pa.binary()))


def blank_comments(texts: pa.Array) -> pa.Array:
    """SQL's comments → a blank, as a database reads them; MySQL runs what stands in `/*!50000 … */`, so it stays."""
    texts = pc.replace_substring_regex(texts, pattern=r"/\*!\d*", replacement=" ")
    return pc.replace_substring_regex(texts, pattern=r"(?s)/\*.*?\*/", replacement=" ")
