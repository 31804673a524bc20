"""Templates, and how text out of a log is shown: an attacker wrote it."""

import unicodedata
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from plugins.store.store import Store

if TYPE_CHECKING:  # the templates serve reports of the command too, which do without
    from fastapi import Request
    from fastapi.responses import HTMLResponse

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
LONGEST: Final = 1000  # characters of a text in a story; a visitor decides how long his are
CLIPPED: Final = 90  # characters of a cell; the whole stands in the decision's story
# Controls, bidi overrides, unassigned and private characters; line breaks other than the blank; marks that pile up.
STRANGE: Final = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Mn", "Me"}
BLANK: Final = set("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs without ink


def visible(text: object) -> Markup:
    """Text with every character that would hide, or turn round what stands beside it, replaced by its number.

    Of a run of one such character its length is shown, and of a very long text the beginning.
    """
    whole = str(text or "")
    parts = [_shown(char, sum(1 for _ in run)) for char, run in groupby(whole[:LONGEST])]
    if len(whole) > LONGEST:
        parts.append(Markup("… and {:,} characters more").format(len(whole) - LONGEST))
    return Markup("<bdi>{}</bdi>").format(Markup("").join(parts))


def _shown(char: str, times: int) -> Markup:
    kind = unicodedata.category(char)
    if kind in STRANGE or char in BLANK or (char != " " and kind == "Zs"):
        many = f" ×{times}" if times > 1 else ""
        return Markup('<span class="odd">U+{:04X}{}</span>').format(ord(char), many)
    return escape(char * times)


def clipped(text: object) -> Markup:
    """The beginning of a text for a table's cell."""
    whole = str(text or "")
    return visible(whole) if len(whole) <= CLIPPED else Markup("<span>{}…</span>").format(visible(whole[:CLIPPED]))


@pass_context
def moment(context: Context, instant: datetime | None, form: str = "%Y-%m-%d %H:%M") -> Markup:
    """An instant in the page's `zone`, which is the site's; for programs in UTC."""
    if instant is None:
        return Markup("–")
    exactly = f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    shown = f"{instant.astimezone(context.get('zone', UTC)):{form}}"
    return Markup('<time datetime="{}">{}</time>').format(exactly, shown)


def span(length: timedelta | None) -> str:
    """How long, in the largest unit that says enough."""
    if length is None:
        return "never"
    seconds = int(length.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size or (seconds >= size and unit != "day"):
            return f"{seconds // size} {unit}{'s' if seconds // size > 1 else ''}"
    return "less than a minute"


def sentence(words: str) -> str:
    """A refusal as people expect to read it on a page."""
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?')) else '.'}"


TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
TEMPLATES.filters |= {"visible": visible, "clipped": clipped, "sentence": sentence}
TEMPLATES.filters |= {"moment": moment, "span": span, "number": "{:,}".format}


def show(
    request: "Request", template: str, store: Store | None, status_code: int = 200, **facts: Any
) -> "HTMLResponse":
    """A page, with times of the site's zone; that a store is a replay stands on each."""
    from fastapi.responses import HTMLResponse  # noqa: PLC0415 - see above

    base = request.scope.get("root_path", "")
    replay = store.clock() if store and store.is_replay else None
    zone = store.calendar.zone if store else UTC
    page = TEMPLATES.get_template(template).render(base=base, replay=replay, zone=zone, **facts)
    return HTMLResponse(page, status_code)
