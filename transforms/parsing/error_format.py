"""From Apache's `ErrorLogFormat` to a layout: fields between blanks, of which those without a value are not written.

Source: the directive's documentation in Apache's core, and `server/log.c` for how each value is written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.refusals import FormatError
from transforms.parsing.layout import Layout
from transforms.parsing.stamps import stamp_meaning

TOKEN: Final = re.compile(
    r"(?P<zero>% )|%(?P<modifiers>(?:[-+\d]|\{[^}]*\})*)(?P<item>[A-Za-z%])|(?P<blank> +)|\\?(?P<literal>.)", re.DOTALL
)
ARGUMENT: Final = re.compile(r"\{([^}]*)\}")
DAY: Final = rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d"
WORD: Final = rb"[^\s\[\]]+"
# item → meaning and pattern; of these only the always written ones keep a field in its place
ITEMS: Final = {
    "a": ("error_client", rb"\[?[0-9A-Fa-f.:%\w-]+\]?(?::\d{1,5})?"),
    "A": ("skip", WORD),
    "E": ("apr_status", rb"\([^()\[\]]{1,20}\)[^:\[\]]*"),
    "F": ("skip", rb"[^\s()\[\]]+\(\d{1,9}\)"),
    "k": ("skip", rb"\d{1,9}"),
    "l": ("level", rb"\w{1,20}"),
    "L": ("request_id", WORD),
    "m": ("module", rb"[\w.-]{1,64}"),
    "M": ("message", rb".*?"),
    "P": ("pid", rb"\d{1,18}"),
    "T": ("skip", rb"[0-9A-Fa-fx]{1,20}"),
    "v": ("vhost", WORD),
    "V": ("vhost", WORD),
}
ALWAYS: Final = frozenset("tlPM%")
OPEN: Final = frozenset("ien")  # any header, environment variable or note, which a client may fill


@dataclass
class Field:
    """A part of the line that is written whole or not at all."""

    pattern: bytes = b""
    meanings: list[str] = field(default_factory=list)
    optional: bool = False


def is_error_format(text: str) -> bool:
    """Whether it is a format of an error log: no access log has a message."""
    return any(token["item"] == "M" for token in TOKEN.finditer(text))


def compile_error_format(text: str) -> Layout:
    """The layout of an `ErrorLogFormat` string.

    Raises FormatError naming an item that is not known, or one by which a client could name another one.
    """
    fields = [Field()]
    items: list[str] = []
    for token in TOKEN.finditer(text.replace('\\"', '"')):
        if token["item"] and token["item"] != "%":
            items.append(token[0])
            _add_item(fields[-1], token, text[token.end() : token.end() + 1])
        elif token["zero"] or token["blank"]:
            fields.append(Field(b" +" if token["blank"] else b""))
        else:
            fields[-1].pattern += re.escape((token["literal"] or "%").encode())
    meanings = [meaning for one in fields for meaning in one.meanings]
    _require(items, meanings)
    pattern = b"".join(b"(?:" + one.pattern + b")?" if one.optional else one.pattern for one in fields)
    return Layout(text, re.compile(pattern, re.DOTALL), tuple(meanings), kind="error")


def _add_item(into: Field, token: re.Match[str], behind: str) -> None:
    letter = token["item"]
    arguments = ARGUMENT.findall(token["modifiers"])
    argument = arguments[-1] if arguments else ""
    modifiers = ARGUMENT.sub("", token["modifiers"])
    if letter == "t":
        meaning, pattern = _time(token[0], argument)
    elif letter in OPEN and argument:
        meaning = "referrer" if (letter, argument.lower()) == ("i", "referer") else "skip"
        pattern = rb".*" if not behind else rb'[^"]*' if behind == '"' else rb"[^\[\]]*" if behind == "]" else rb"\S+"
    elif letter in ITEMS:
        meaning, pattern = ITEMS[letter]
        meaning = "skip" if (letter, argument) in (("a", "c"), ("L", "c"), ("L", "C")) else meaning
    else:
        raise FormatError(f"error_format has {token[0]}, which is no item of Apache's ErrorLogFormat")
    into.pattern += b"(" + pattern + (b"|-" if "-" in modifiers else b"") + b")"
    into.meanings.append(meaning)
    into.optional |= "-" not in modifiers and (letter not in ALWAYS or any(map(str.isdigit, modifiers)))


def _time(written: str, argument: str) -> tuple[str, bytes]:
    if "%" in argument:
        meaning = stamp_meaning([argument], [])
        if meaning is None or not meaning.startswith("time "):
            raise FormatError(f"error_format has {written}, from which no day can be read")
        return f"error_{meaning}", rb" +".join([rb"[^\s\[\]]+"] * (meaning.count(" ")))
    zone = rb" [+-]\d{4}" if "z" in argument else b""
    fraction = rb"\.\d{6}" if "u" in argument else b""
    if "c" in argument:
        return "error_time", rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d" + fraction + zone
    return "error_time", DAY + fraction + rb" \d{4}" + zone


def _require(items: Sequence[str], meanings: Sequence[str]) -> None:
    letters = [item[-1] for item in items]
    if not any(meaning.startswith("error_time") for meaning in meanings):
        raise FormatError("error_format has no time (%t or %{u}t), so no line could be given a day")
    if letters.count("M") != 1:
        raise FormatError("error_format has the message (%M) not just once; it must, once")
    if "error_client" in meanings:
        client = meanings.index("error_client")
        if before := [item for item, letter in zip(items[:client], letters, strict=False) if letter in OPEN | {"M"}]:
            raise FormatError(
                f"error_format has {before[0]} in front of %a, so that clients could name another address; "
                "write it behind %M"
            )
