"""From a server's own format string to a layout, out of the tables in `transforms.parsing.directives`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from schemas.refusals import FormatError
from transforms.parsing.directives import (
    APACHE,
    APACHE_ARGUMENT,
    APACHE_DIRECTIVE,
    APACHE_NAMED,
    APACHE_OPEN,
    NGINX,
    NGINX_DECODED,
    NGINX_LISTS,
    NGINX_OTHERS,
    NGINX_VARIABLE,
    ONLY_CLIENTS,
    QUOTED,
    QUOTED_RAW,
)
from transforms.parsing.layout import Layout, Piece, join_pieces
from transforms.parsing.patterns import touching_pattern, value_pattern
from transforms.parsing.stamps import split_stamp, stamp_meaning

PASTED = re.compile(r"\s*(LogFormat|CustomLog|TransferLog|ErrorLogFormat|log_format|access_log)\s", re.IGNORECASE)
ESCAPES = re.compile(r"\Aescape=(\w*) ")


@dataclass(frozen=True)
class Directive:
    """A directive or variable, as it is written, and its place in the format string; some fill no column."""

    written: str
    meaning: str
    begin: int
    end: int
    counts: bool = True


def compile_layout(name: str, text: str) -> Layout:
    """The layout of an Apache `LogFormat` or nginx `log_format` string (nginx's `escape=…` may stand in front).

    Raises FormatError naming a directive that is not known, or what every access line must say.
    """
    if pasted := PASTED.match(text):
        raise FormatError(f"the format is a whole {pasted[1]} directive; write only the string in its quotes")
    escape, text = _split_escape(text)
    text = text.replace('\\"', '"').replace("\\t", "\t")  # as configuration files write them
    if "\n" in text or "\\n" in text:
        raise FormatError("the format string has a line end, and every request must be one line")
    nginx = NGINX_VARIABLE.search(text) is not None
    found = [_variable(match) for match in NGINX_VARIABLE.finditer(text)] if nginx else _apache_directives(text)
    if not nginx and "%" in APACHE_DIRECTIVE.sub("", text):
        raise FormatError("the format string has a % that begins no directive; a plain one is written %%")
    if escape == "none":
        _refuse_forgeable(found)
    directives = _name_client(found)
    require_meanings([one.meaning for one in directives if one.counts])
    pieces, after = _cut_pieces(text, directives, escape)
    return join_pieces(name, pieces, after, json_escapes=escape == "json")


def _split_escape(text: str) -> tuple[str, str]:
    found = ESCAPES.match(text)
    if not found:
        return "default", text
    if found[1] not in ("default", "json", "none"):
        raise FormatError(f"escape={found[1]} is none of nginx's; allowed are escape=default, json and none")
    return found[1], text[found.end() :]


def _variable(match: re.Match[str]) -> Directive:
    name = match[1] or match[2]
    meaning = NGINX.get(name) or ("skip_list" if NGINX_LISTS.fullmatch(name) else None)
    if meaning is None and not NGINX_OTHERS.fullmatch(name):
        raise FormatError(
            f"the format string has ${name}, which is not a known variable of nginx's access log; "
            f"write $own_{name} if it is one of your own (map, set)"
        )
    return Directive(match[0], meaning or "skip", match.start(), match.end())


def _apache_directives(text: str) -> list[Directive]:
    """All directives; times that stand next to each other become one, and only one of all times counts."""
    found: list[Directive] = []
    ends: set[Directive] = set()
    matches = list(APACHE_DIRECTIVE.finditer(text))
    while matches:
        run = next((n for n, match in enumerate(matches) if match[2] != "t"), len(matches))
        if run:
            one, used, is_end = _read_times(text, matches[:run])
            ends |= {one} if is_end else set()
        else:
            one, used = _apache_directive(matches[0]), 1
        found.append(one)
        matches = matches[used:]
    times = [one for one in found if one.meaning.startswith(("time", "epoch"))]
    counting = [one for one in times if one.counts]
    if times and not counting:
        raise FormatError(f"the format string has {times[0].written}, from which no day can be read")
    chosen = next((one for one in counting if one not in ends), counting[0] if counting else None)
    return [replace(one, counts=False) if one in times and one is not chosen else one for one in found]


def _apache_directive(match: re.Match[str]) -> Directive:
    modifiers, letter = match.groups()
    arguments = APACHE_ARGUMENT.findall(modifiers)
    if arguments:
        meaning = APACHE_NAMED.get((letter, arguments[-1].lower())) or ("skip" if letter in APACHE_OPEN else None)
    else:
        meaning = APACHE.get(letter)
    if meaning is None:
        raise FormatError(f"the format string has {match[0]}, which is not a directive of Apache's LogFormat")
    return Directive(match[0], meaning, match.start(), match.end())


def _read_times(text: str, run: Sequence[re.Match[str]]) -> tuple[Directive, int, bool]:
    """The longest row of times from the first on that names an instant, how many they are, and if of the end.

    A first one that names none counts nowhere.
    """
    stamps = [split_stamp("".join(APACHE_ARGUMENT.findall(match[1])[-1:])) for match in run]
    for length in range(len(run), 0, -1):
        part = run[:length]
        between = [text[one.end() : other.start()] for one, other in pairwise(part)]
        meaning = stamp_meaning([stamp for _, stamp in stamps[:length]], between)
        if meaning and len({is_end for is_end, _ in stamps[:length]}) == 1:
            break
    written = text[run[0].start() : run[length - 1].end()]
    if meaning and any(re.search(r"\d", APACHE_ARGUMENT.sub("", match[1])) for match in run[:length]):
        raise FormatError(f"the format string has {written}, so some lines would have no time; write it without status")
    found = Directive(
        written, meaning or f"time {stamps[0][1]}", run[0].start(), run[length - 1].end(), meaning is not None
    )
    return found, length, stamps[0][0]


def _name_client(found: Sequence[Directive]) -> list[Directive]:
    """Who connected is the client where the line names nobody else; `X-Forwarded-For` counts before `Forwarded`."""
    directives = list(found)
    if not {"client", "peer", "forwarded"} & {one.meaning for one in directives}:
        names = [one.written.lower().strip("%$" if one.written.startswith("%") else "${}") for one in directives]
        if told := next((name for name in ONLY_CLIENTS if name in names), None):
            place = names.index(told)
            directives[place] = replace(directives[place], meaning=ONLY_CLIENTS[told])
    headers = [one for one in directives if one.meaning == "forwarded"]
    for one in sorted(headers, key=lambda one: "x" not in one.written.lower())[1:]:
        directives[directives.index(one)] = replace(one, counts=False)
    meanings = [one.meaning for one in directives]
    if "peer" in meanings and not {"client", "forwarded"} & set(meanings):
        directives[meanings.index("peer")] = replace(directives[meanings.index("peer")], meaning="client")
    return directives


def _refuse_forgeable(found: Sequence[Directive]) -> None:
    for one in found:
        if NGINX_DECODED.fullmatch(one.written.strip("${}")):
            raise FormatError(
                f"the format string has {one.written} with escape=none, so that a client can write whole lines of its "
                "own (nginx decodes %0a in it); use escape=json or escape=default"
            )


def _cut_pieces(text: str, directives: Sequence[Directive], escape: str) -> tuple[list[Piece], bytes]:
    pieces: list[Piece] = []
    before, done = b"", 0
    for index, one in enumerate(directives):
        before += text[done : one.begin].encode(errors="surrogateescape")
        done = one.end
        if one.meaning == "literal":
            before += b"%"
            continue
        if one.meaning == "time":  # Apache writes the brackets itself
            pieces.append(Piece(before + b"[", rb"[^\[\]]*", "time" if one.counts else "skip", b" "))
            before = b"]"
            continue
        pattern = _pattern(text, directives[index:], before, pieces, escape)
        meaning = "time" if one.meaning == "time_local" else one.meaning
        pieces.append(Piece(before, pattern, meaning if one.counts else "skip", inner_blanks(meaning)))
        before = b""
    return pieces, before + text[done:].rstrip().encode(errors="surrogateescape")


def _pattern(text: str, ahead: Sequence[Directive], before: bytes, pieces: Sequence[Piece], escape: str) -> bytes:
    one, following = ahead[0], ahead[1] if ahead[1:] else None
    if following is None or following.begin != one.end:
        behind = text[one.end : one.end + 1]
    elif following.meaning in ("literal", "time"):
        behind = "%" if following.meaning == "literal" else "["
    else:
        return touching_pattern(one.written, following.written, one.meaning, following.meaning)
    around = before[-1:].decode("latin-1"), behind
    earlier = ["" if piece.pattern in (QUOTED, QUOTED_RAW) else piece.meaning for piece in pieces]
    return value_pattern(one.written, one.meaning, around, earlier, escape)


def inner_blanks(meaning: str) -> bytes:
    """The blanks in every value of a meaning."""
    if meaning == "time":
        return b" "
    return b" " * meaning.removeprefix("time ").count(" ") if meaning.startswith("time ") else b""


def require_meanings(meanings: Sequence[str]) -> None:
    """Raise FormatError where lines of these would have no time, no client or no request."""
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
