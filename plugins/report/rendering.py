"""A report → one page, in a language: as a page of the UI, or as a file that needs nobody."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from plugins.pages.showing import STATIC as STATIC_OF_PAGES
from plugins.pages.showing import TEMPLATES as TEMPLATES_OF_PAGES
from plugins.report.charts import DRAWN, draw
from plugins.report.figures import is_comparable, show_figures
from plugins.report.periods import presets, query
from plugins.report.plotly import plotly_name, plotly_script, style_of_maps
from plugins.report.rows import Chart
from plugins.report.sections import CSV, OF_THE_CALENDAR, OPTIONAL, SECTIONS, arrange
from plugins.report.summaries import summary
from plugins.report.tables import Table, show_table
from plugins.report.wording import HARD, LOCALES, Wording, wording
from schemas.notice import Language
from schemas.policy_model import Statistics
from schemas.report import Report

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
TEMPLATES.filters["moment"] = TEMPLATES_OF_PAGES.filters["moment"]


@dataclass(frozen=True)
class Block:
    """One part as the page shows it; `says` is the chart in words."""

    name: str
    table: Table
    chart: Chart | None
    says: str


def render_report(
    report: Report,
    language: Language,
    *,
    mode: Literal["file", "page"],
    base: str = "",
    newest: date | None = None,
    today: date | None = None,
    replay: datetime | None = None,
    problem: str = "",
    rules: Statistics | None = None,
) -> str:
    """The page as HTML.

    As a file it holds style, scripts and data, links nowhere, and forbids itself to ask anybody. As a page it takes
    them from `base`, the app's path, and has the form that asks for another period; `newest` is where its periods
    end, and `problem` why it is not the period that was asked for. `today` is not over, so that it is compared with
    nothing, and `rules` are those by which the tables were made, where somebody knows them.
    """
    words = wording(language)
    around: dict[str, Any] = {"base": base, "replay": replay, "problem": problem, "plotly": plotly_name()}
    if mode == "page":
        around |= _links(report, newest or report.last, words)
    else:
        around |= _inside()
    page = TEMPLATES.get_template("report.html")
    return page.render(
        mode=mode, terms=_terms(rules, words), style_of_maps=style_of_maps(), **around, **_content(report, words, today)
    )


def _terms(rules: Statistics | None, words: Wording) -> list[tuple[str, str]]:
    """What the words of the page mean, by the rules of the site."""
    smallest, gap = words.say("units.smallest"), words.say("units.gap")
    if rules:
        smallest = words.count(rules.smallest_group) if rules.smallest_group > 1 else smallest
        gap = words.length(rules.visit_gap.total_seconds()).removesuffix(f"{HARD}0{HARD}s")
    return [
        (title, text.replace("{smallest}", smallest).replace("{gap}", gap))
        for title, text in words.words["definitions"].values()
    ]


def _content(report: Report, words: Wording, today: date | None) -> dict[str, Any]:
    """What both forms hold."""
    blocks = {name: _block(report, name, words) for names in SECTIONS.values() for name in names}
    return {
        "blocks": blocks,
        "charted": DRAWN,
        "data": as_json(
            {"charts": {name: one.chart for name, one in blocks.items() if one.chart}, "forms": _forms(words)}
        ),
        "figures": show_figures(report, words, today=today),
        "is_compared": is_comparable(report, today),
        "is_empty": not any(part.rows for name, part in report.parts.items() if name not in OF_THE_CALENDAR),
        "late": _minutes_late(report),
        "length": (report.last - report.first).days + 1,
        "report": report,
        "say": words.say,
        "sections": arrange({name for name, one in blocks.items() if one.table.rows or name not in OPTIONAL}),
        "words": words,
    }


def _minutes_late(report: Report) -> int:
    """By how much hours of UTC, of which the tables are, begin after those of the site's clock."""
    moment = datetime(report.last.year, report.last.month, report.last.day, 12, tzinfo=ZoneInfo(report.timezone))
    return ((moment.utcoffset() or timedelta()) % timedelta(hours=1)).seconds // 60


def _links(report: Report, newest: date, words: Wording) -> dict[str, Any]:
    """Where a page leads to: other periods, the other language, tables."""
    return {
        "presets": presets(report, newest, words),
        "query_in": {tongue: query(report, tongue) for tongue in LOCALES},
        "query_of_rows": urlencode(
            {"from": report.first, "to": report.last} | ({"vhost": report.vhost} if report.vhost else {})
        ),
        "csv": CSV,
    }


def _block(report: Report, name: str, words: Wording) -> Block:
    part = report.parts[name]
    chart = draw(report, part, words)
    return Block(name, show_table(part, words), chart, summary(part, words) if chart else "")


def _forms(words: Wording) -> dict[str, Any]:
    """How numbers and days are written on axes."""
    months = words.locale.months["format"]["abbreviated"]
    weekdays = words.locale.days["format"]
    return {
        "tongue": words.tongue,
        "separators": words.separators,
        "months": [months[n] for n in range(1, 13)],
        "days": [weekdays["wide"][n % 7] for n in range(6, 13)],
        "shortDays": [weekdays["abbreviated"][n % 7] for n in range(6, 13)],
        "day": "%-d. %b" if words.tongue == "nb" else "%-d %b",
    }


def as_json(data: object) -> Markup:
    """Data for a script element, in which no text can end it or begin another."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - no sign of HTML is left in it


@cache
def _inside() -> dict[str, Any]:
    """What the file holds instead of links: style and scripts, and the policy that lets these run and nothing else."""
    style = "\n".join((folder / name).read_text("utf-8") for folder, name in STYLES)
    scripts = [plotly_script(), (STATIC / "report.js").read_text("utf-8")]
    policy = (
        f"default-src 'none'; script-src {' '.join(_hash(one) for one in scripts)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"style": Markup(style), "scripts": [Markup(one) for one in scripts], "policy": policy}  # noqa: S704 - ours


STYLES: Final = ((STATIC_OF_PAGES, "lethe.css"), (STATIC, "report.css"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
