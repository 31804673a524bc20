"""A layout: a pattern over one line's bytes, and what each of its groups means.

Access layouts are compiled from the server's own format string, out of the tables in `transforms.parsing.directives`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.refusals import FormatError
from transforms.parsing.directives import (
    ADJACENT,
    APACHE,
    APACHE_DIRECTIVE,
    APACHE_NAMED,
    APACHE_OPEN,
    BARE,
    NGINX,
    NGINX_LISTS,
    NGINX_OTHERS,
    NGINX_VARIABLE,
    NUMBERS,
    QUOTED,
    STRFTIME,
    WITH_BLANKS,
)

Groups = tuple[bytes | None, ...]


@dataclass(frozen=True)
class Piece:
    """A field of a line: the fixed bytes `before` it, and the pattern of its value (without a group)."""

    before: bytes
    pattern: bytes
    meaning: str


@dataclass(frozen=True)
class Layout:
    """One way a line can look; `meanings` names the groups of `pattern`, in order (see `transforms.parsing.meanings`).

    `pieces` and the fixed bytes `after` them say the same as `pattern`, where that was compiled from a format string.
    """

    name: str
    pattern: re.Pattern[bytes]
    meanings: tuple[str, ...]
    kind: str = "access"
    json_escapes: bool = False
    pieces: tuple[Piece, ...] = ()
    after: bytes = b""

    def read(self, line: bytes) -> Groups | None:
        """The values of a line without its end, one for each meaning; None where it does not fit."""
        match = self.pattern.fullmatch(line)
        return match.groups() if match else None


def compile_layout(name: str, text: str) -> Layout:
    """The layout of an Apache `LogFormat` or nginx `log_format` string (nginx's `escape=json` may stand in front).

    Raises FormatError naming a directive that is not known, or what every access line must say.
    """
    escaped = text.startswith("escape=json ")
    text = re.sub(r"\Aescape=(?:json|default) ", "", text)
    if text.startswith("escape="):
        raise FormatError("escape=none lets clients write quotes, so that fields cannot be told apart; use escape=json")
    text = text.replace('\\"', '"').replace("\\t", "\t")  # as configuration files write them
    nginx = NGINX_VARIABLE.search(text) is not None
    directives = list((NGINX_VARIABLE if nginx else APACHE_DIRECTIVE).finditer(text))
    found = [_nginx_meaning(directive) if nginx else _apache_meaning(directive) for directive in directives]
    pieces: list[Piece] = []
    before, done = b"", 0
    for index, (directive, meaning) in enumerate(zip(directives, found, strict=True)):
        literal, done = text[done : directive.start()], directive.end()
        before += literal.encode(errors="surrogateescape")
        following = directives[index + 1] if directives[index + 1 :] else None
        touching = following is not None and following.start() == done
        if meaning == "literal":
            before += b"%"
            continue
        if following and touching and not {meaning, found[index + 1]} & {"literal", "time"}:
            pattern = _touching_pattern(directive[0], following[0], meaning, found[index + 1])
        elif meaning == "time":  # Apache writes the brackets itself
            before, pattern = before + b"[", rb"[^\[\]]*"
        else:
            pattern = _value_pattern(directive[0], meaning, literal[-1:], text[done : done + 1])
        pieces.append(Piece(before, pattern, "time" if meaning == "time_local" else meaning))
        before = b"]" if meaning == "time" else b""
    after = before + text[done:].rstrip().encode(errors="surrogateescape")
    meanings = tuple(piece.meaning for piece in pieces)
    _require(text, meanings, nginx)
    whole = b"".join(re.escape(piece.before) + b"(" + piece.pattern + b")" for piece in pieces) + re.escape(after)
    return Layout(name, re.compile(whole, re.DOTALL), meanings, json_escapes=escaped, pieces=tuple(pieces), after=after)


def _apache_meaning(directive: re.Match[str]) -> str:
    argument, letter = directive.groups()
    if argument is None:
        meaning = APACHE.get(letter)
    elif letter == "t":
        stamp = re.sub(r"\A(?:begin|end)(?::|\Z)", "", argument)
        meaning = APACHE_NAMED.get((letter, stamp)) or f"time {_strftime(directive[0], stamp)}"
    else:
        meaning = APACHE_NAMED.get((letter, argument.lower())) or ("skip" if letter in APACHE_OPEN else None)
    if meaning is None:
        raise FormatError(f"the format string has {directive[0]}, which is not a directive of Apache's mod_log_config")
    return meaning


def _strftime(directive: str, stamp: str) -> str:
    """A time format in the words that Python's strptime knows; FormatError where it names no day."""
    stamp = re.sub(r"%([TFDRehnt])", lambda match: STRFTIME[match[1]], stamp)
    probe = datetime(2001, 2, 3, 14, 5, 6, tzinfo=UTC)
    try:
        day = datetime.strptime(probe.strftime(stamp), stamp).date()  # noqa: DTZ007 - only the day is looked at
    except (ValueError, re.error):
        day = None
    if day != probe.date():
        raise FormatError(f"the format string has {directive}, from which no day can be read")
    return stamp


def _nginx_meaning(variable: re.Match[str]) -> str:
    name = variable[1] or variable[2]
    meaning = NGINX.get(name) or ("skip_list" if NGINX_LISTS.fullmatch(name) else None)
    if meaning is None and not NGINX_OTHERS.fullmatch(name):
        raise FormatError(f"the format string has ${name}, which is not a known variable of nginx's access log")
    return meaning or "skip"


def _touching_pattern(first: str, second: str, meaning: str, following: str) -> bytes:
    pattern = ADJACENT.get((meaning, following))
    if pattern is None:
        raise FormatError(f"the format string has {first}{second} with nothing between, so their values run together")
    return pattern


def _value_pattern(directive: str, meaning: str, before: str, following: str) -> bytes:
    """How far a value reaches: to the closing quote or bracket, or to the blank behind it."""
    around = before + following
    if meaning in NUMBERS and around in ('""', "[]"):
        return BARE[meaning] + (b"" if meaning == "status" else b"|")
    if around == '""' and not meaning.startswith("epoch"):
        return QUOTED
    if around == "[]":
        return rb"[^\[\]]*" if meaning.startswith("time") else rb"[^\]]*"
    if meaning.startswith("time"):
        words = 2 if meaning == "time_local" else meaning.count(" ")  # "time %F %T" are two
        return rb" +".join([rb"[^\s\[\]\"]+"] * words)
    return BARE.get(meaning) or _bare_pattern(directive, meaning, before, following)


def _bare_pattern(directive: str, meaning: str, before: str, following: str) -> bytes:
    separator = following or before
    if separator in ("\t", "|", ";"):
        return rb'[^"' + re.escape(separator.encode()) + rb"]*"
    if meaning in WITH_BLANKS and following:
        raise FormatError(f'the format string has {directive}, whose value may hold blanks; write it as "{directive}"')
    if meaning in WITH_BLANKS:
        return rb'[^"]*'
    stop = "" if following.isalnum() else re.escape(following.strip())
    return rb'[^\s"' + stop.encode() + rb"]+"


def _require(text: str, meanings: Sequence[str], nginx: bool) -> None:
    if "%" in APACHE_DIRECTIVE.sub("", text) and not nginx:
        raise FormatError("the format string has a % that begins no directive; a plain one is written %%")
    if not meanings:
        raise FormatError("the format string has neither Apache directives (%h) nor nginx variables ($remote_addr)")
    if not any(meaning.startswith(("time", "epoch")) for meaning in meanings):
        raise FormatError("the format string has no time (%t or $time_local), so no line could be given a day")
    if meanings.count("user") > 1:
        raise FormatError("the format string has the user's name (%u or $remote_user) twice; once is enough")
    if not {"client", "forwarded"} & set(meanings):
        raise FormatError("the format string has no client address (%h, %a or $remote_addr)")
    if not {"request", "target", "path"} & set(meanings):
        raise FormatError("the format string has no request (%r, %U or $request)")
