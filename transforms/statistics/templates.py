"""Error messages → templates: what tells one message from another of its kind is taken out."""

import re
from typing import Final

from transforms.anonymising.text import scrub_text

LONGEST: Final = 200
NAMES: Final = re.compile(r"\b(user) (?!\{\})[^\s:]+(?=:| not found| in realm)")  # Apache's "user ola not found: /x"
QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|`[^'`]*['`]")
CUT_QUOTE: Final = re.compile(r"(?<!\w)[\"'`].*\Z", re.DOTALL)  # a quoted part that goes on in the next line
URL: Final = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s,;\"']*", re.IGNORECASE)
LAST_PATH: Final = re.compile(r"(?<=: )/.*\Z", re.DOTALL)  # a file name may hold blanks, and ends the message
PATH: Final = re.compile(r"(?<![\w/.])(?:[A-Za-z]:\\|\.{0,2}/|[\w.-]+/(?=[A-Za-z_][\w-]*[/.]))[^\s,;:()\"']*")
NUMBER: Final = re.compile(r"(?<![\w.])-?(?:0x[0-9A-Fa-f]+|\d+(?:[.:]\d+)*)(?!\w)")
SCRUBBED: Final = re.compile(r"\{(?:address|email|identity)\}(?::\d+)?")


def message_template(message: str) -> str:
    """The message with each address, number, path, URL and quoted part replaced by `{}`; codes (AH00128) stay."""
    text = QUOTED.sub("{}", message)
    text = CUT_QUOTE.sub("{}", text)
    text = SCRUBBED.sub("{}", scrub_text(URL.sub("{}", text), "error_message"))
    for part in (NAMES, LAST_PATH, PATH, NUMBER):
        text = part.sub(r"\1 {}" if part is NAMES else "{}", text)
    return text[:LONGEST]
