"""Error messages → templates: what tells one message from another of its kind is taken out."""

import re
from typing import Final

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


def message_template(message: str) -> str:
    """The message with each address, number, path, URL and quoted part replaced by `{}`; codes (AH00128) stay."""
    text = QUOTED.sub("{}", message[:LONGEST_READ])
    text = CUT_QUOTE.sub("{}", text)
    text = SCRUBBED.sub("{}", scrub_text(URL.sub("{}", text), "error_message"))
    text = NAMES.sub(r"\1 {}", text)
    for part in (CLIENTS_WORDS, LAST_PATH, PATH, NUMBER):
        text = part.sub("{}", text)
    return text[:LONGEST]
