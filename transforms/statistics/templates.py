"""Error messages → templates: the server's own words, and nothing that a visitor may have written."""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Final

from schemas.statistics import OTHER, UNKNOWN
from transforms.anonymising.text import scrub_text

LONGEST: Final = 200
LONGEST_READ: Final = 1000
# Apache's "user ola nordmann not found: /x": whatever stands where a client's own words do
NAMES: Final = re.compile(r"\b(user) (?!\{\}).{1,100}?(?=:| not found| in realm| authenticat| to access| fail|\Z)")
CLIENTS_WORDS: Final = re.compile(
    r"(?<=in request )(?!\{\}).*|(?<=\bHostname )\S+|(?<=: limit: ).*|(?<=[\w-]=)[^\s,;&]+", re.DOTALL
)
QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|`[^'`]*['`]")
CUT_QUOTE: Final = re.compile(r"(?<!\w)[\"'`].*\Z", re.DOTALL)  # a quoted part that goes on in the next line
URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s,;\"']*", re.IGNORECASE)
LAST_PATH: Final = re.compile(r"(?<=: )/.*\Z", re.DOTALL)  # a file name may hold blanks, and ends the message
PATH: Final = re.compile(r"(?<![\w/.])(?:[A-Za-z]:\\|\.{0,2}/|[\w.-]+/(?=[A-Za-z_][\w-]*[/.]))[^\s,;:()\"']*")
NUMBER: Final = re.compile(r"(?<![\w.])-?(?:0x[0-9A-Fa-f]+|\d+(?:[.:]\d+)*)(?!\w)")
SCRUBBED: Final = re.compile(r"\{(?:address|email|identity)\}(?::\d+)?")
WORD: Final = re.compile(r"\w(?:[\w.'-]*\w)?")
PARTS: Final = re.compile(r"[.-]+|'s\Z")
CODE: Final = re.compile(r"AH\d{5}")  # Apache's number of a message
FOREIGN: Final = re.compile(r"[^\s{}]*[^\x20-\x7e][^\s{}]*")  # a word in other letters than the servers'
REPEATED: Final = re.compile(r"\{\}(?:[ /]*\{\})+")


def message_template(message: str) -> str:
    """The words that servers have for it, in their order, and `{}` for each part that is not made of them.

    A word survives if it is in `words.toml`; one that is not is a name, a file, or a client's own.
    """
    text = QUOTED.sub("{}", message[:LONGEST_READ])
    text = CUT_QUOTE.sub("{}", text)
    text = SCRUBBED.sub("{}", scrub_text(URL.sub("{}", text), "error_message"))
    text = NAMES.sub(r"\1 {}", text)
    for part in (CLIENTS_WORDS, LAST_PATH, PATH, NUMBER, FOREIGN):
        text = part.sub("{}", text)
    text = WORD.sub(lambda word: word[0] if _is_servers(word[0]) else "{}", text)
    text = REPEATED.sub("{}", text)
    text = text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0]  # no half of a word
    return text or UNKNOWN


def published_level(level: str) -> str:
    """The level, or `(other)`: in a log that escapes nothing, a client can forge whole lines."""
    return level if level in servers_words()["levels"] else OTHER


def published_module(module: str) -> str:
    """The module, or `(other)` where it is none of those we know."""
    return module if module in servers_words()["modules"] else OTHER


def _is_servers(word: str) -> bool:
    known = _known()
    if word in known or CODE.fullmatch(word):
        return True
    parts = PARTS.split(word)
    return len(parts) > 1 and all(part in known or not part for part in parts)


@cache
def _known() -> frozenset[str]:
    words = servers_words()
    return words["words"] | words["sources"] | words["modules"]


@cache
def servers_words() -> dict[str, frozenset[str]]:
    """The lists of `words.toml`: levels, modules, sources and words."""
    text = resources.files("transforms.statistics").joinpath("words.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}
