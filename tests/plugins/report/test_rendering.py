"""A report as HTML: what is said, in which words and forms, and that texts of visitors stay texts."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugins.report.charts import DRAWN, draw
from plugins.report.figures import show_figures
from plugins.report.over_days import smooth
from plugins.report.periods import presets
from plugins.report.rendering import as_json, render_report
from plugins.report.sections import CSV, SECTIONS, WIDE, arrange
from plugins.report.summaries import summary
from plugins.report.wording import WORDS, inert, wording
from schemas.policy_model import Statistics
from schemas.report import FIGURES, PARTS, Figure
from schemas.statistics import OTHER, TABLES
from tests.plugins.report.reports import HOSTILE, LAST, busy, empty, hostile, part
from tests.transforms.report.tables import report

EN, NB = wording("en"), wording("nb")


class Outline(HTMLParser):
    """Tags and attributes of a page, and the text of its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def names_of(words: Any, before: str = "") -> set[str]:
    """Dotted names of all that a language says."""
    if not isinstance(words, dict):
        return {before}
    return {name for key, value in words.items() for name in names_of(value, f"{before}.{key}")}


def test_both_languages_say_the_same_things() -> None:
    words = tomllib.loads(WORDS.read_text("utf-8"))
    assert names_of(words["nb"]) == names_of(words["en"])


def test_a_page_uses_all_of_its_words() -> None:
    """Those of parts, columns and values are looked up by name."""
    folder = WORDS.parent
    used = "".join(path.read_text("utf-8") for path in (*folder.glob("*.py"), *folder.glob("templates/*.html")))
    assert [name for name in EN.words["page"] if f"page.{name}" not in used] == []


@pytest.mark.parametrize("words", [NB, EN], ids=["nb", "en"])
def test_every_part_column_and_figure_has_words(words: Any) -> None:
    assert words.words["parts"].keys() == PARTS.keys()
    assert words.words["figures"].keys() == FIGURES.keys()
    columns = {one.split(":")[0] for names in PARTS.values() for one in names}
    assert columns - words.words["columns"].keys() == set()


def test_every_part_is_shown_once_and_has_a_published_table_behind_it() -> None:
    shown = [name for names in SECTIONS.values() for name in names]
    assert sorted(shown) == sorted(PARTS)
    assert CSV.keys() == PARTS.keys()
    assert set(CSV.values()) <= TABLES.keys()
    assert DRAWN.keys() <= PARTS.keys()


@pytest.mark.parametrize(
    ("said", "nb", "en"),
    [
        (lambda words: words.count(1_234_567), "1\xa0234\xa0567", "1,234,567"),
        (lambda words: words.decimal(1.25, 2), "1,25", "1.25"),
        (lambda words: words.share(0.0456), "4,6\xa0%", "4.6%"),
        (lambda words: words.share(0.456), "46\xa0%", "46%"),
        (lambda words: words.length(0.0214), "21\xa0ms", "21\xa0ms"),
        (lambda words: words.length(3.25), "3,2\xa0s", "3.2\xa0s"),
        (lambda words: words.length(59.6), "1\xa0min\xa00\xa0s", "1\xa0min\xa00\xa0s"),
        (lambda words: words.length(7_384), "2\xa0t\xa03\xa0min", "2\xa0h\xa03\xa0min"),
        (lambda words: words.length(float("inf")), "lenger enn målt", "longer than measured"),
        (lambda words: words.size(31_400_000_000), "31,4\xa0GB", "31.4\xa0GB"),
        (lambda words: words.day(date(2026, 11, 28)), "28. nov. 2026", "28 Nov 2026"),
        (lambda words: words.weekday(date(2026, 11, 28)), "lørdag 28. nov.", "Saturday 28 Nov"),
        (lambda words: words.hour(23), "23–00", "23–00"),
        (lambda words: words.text("country", "DE"), "Tyskland", "Germany"),
        (lambda words: words.text("country", "(other)"), "(andre)", "(other)"),
        (lambda words: words.text("path", "unknown"), "ukjent", "unknown"),
        (lambda words: words.period(date(2026, 11, 1), date(2026, 11, 28)), "1. – 28. nov. 2026", "1 – 28 Nov 2026"),
        (
            lambda words: words.period(date(2025, 12, 30), date(2026, 1, 2)),
            "30. des. 2025 – 2. jan. 2026",
            "30 Dec 2025 – 2 Jan 2026",
        ),
        (
            lambda words: words.days((date(2026, 11, 3), date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 9))),
            "1. – 3. nov. 2026, 9. nov. 2026",
            "1 – 3 Nov 2026, 9 Nov 2026",
        ),
    ],
)
def test_numbers_and_days_are_written_as_people_there_write_them(said: Any, nb: str, en: str) -> None:
    assert (said(NB), said(EN)) == (nb, en)


@pytest.mark.parametrize(
    ("figure", "arrow", "change"),
    [
        (Figure("visits", "count", 112, 100), "▲", "up 12% from 100"),
        (Figure("visits", "count", 88, 100), "▼", "down 12% from 100"),
        (Figure("visits", "count", 100, 100), "=", "unchanged at 100"),
        (Figure("visits", "count", 5, 0), "▲", "from 0 before"),
        (Figure("visits", "count", 5, None), "", "no comparison"),
        (Figure("bounce_rate", "share", None, 0.4), "", "no comparison"),
        (Figure("bounce_rate", "share", 0.41, 0.44), "▼", "down 3.0 points from 44%"),
        (Figure("bounce_rate", "share", 0.0876, 0.0874), "=", "nearly as before, 8.7%"),
    ],
)
def test_a_change_is_said_in_words_and_not_by_an_arrow_alone(figure: Figure, arrow: str, change: str) -> None:
    (shown,) = show_figures(replace(busy(), figures=(figure,), missing=()), EN)
    assert (shown.arrow, shown.change) == (arrow, change)


def test_visitors_of_several_sites_are_said_to_be_counted_once_for_each() -> None:
    several = busy()
    one, alone = replace(several, vhost="shop.example.org"), replace(several, vhosts=("www.example.org",))
    titles = [{fig.name: fig.title for fig in show_figures(found, EN)} for found in (several, one, alone)]
    assert [found["unique_visitors"] for found in titles] == [
        "Visitor-days, once for each site",
        "Visitor-days",
        "Visitor-days",
    ]
    assert {found["visits"] for found in titles} == {"Visits"}
    for words, said in ((EN, "counts once for each site."), (NB, "telles en besøkende én gang per nettsted.")):
        assert words.words["definitions"]["visitor"][1].endswith(said)


@pytest.mark.parametrize(
    ("day", "facts"),
    [(LAST, {"missing": ()}), (None, {}), (None, {"missing": (), "missing_before": 1})],
    ids=["not over", "missing", "missing before"],
)
def test_a_period_with_a_day_that_is_missing_or_not_over_is_not_compared(day: date | None, facts: Any) -> None:
    report = replace(busy(), **facts)
    assert {one.change for one in show_figures(report, EN, today=day)} == {"no comparison"}
    page = render_report(report, "en", mode="page", today=day)
    assert "Figures are not compared with those of the period before" in page
    assert "compared with 1 –" not in page
    whole = render_report(replace(report, missing=(), missing_before=0), "en", mode="page", today=date(2026, 11, 26))
    assert "compared with 1 – 28 Oct 2026" in whole
    assert "Figures are not compared" not in whole


def test_on_the_first_of_a_month_nothing_of_it_is_offered_yet() -> None:
    offered = {one.name: one.query for one in presets(busy(), date(2026, 10, 31), EN)}
    assert "This month" not in offered
    assert offered["Last month"].startswith("from=2026-10-01&to=2026-10-31")
    assert "This month" in {one.name for one in presets(busy(), date(2026, 11, 1), EN)}


def test_a_page_stands_on_both_sides_of_the_flows_so_that_nothing_goes_in_a_circle() -> None:
    rows = [("/a", "/b", 5), ("/b", "/a", 4), ("/a", "/a", 3), ("(other)", "/a", 9)]
    chart: Any = draw(busy(), part("transitions", *rows), EN)
    assert chart["nodes"] == ["/a", "/b", "(other)", "/a", "/b"]
    assert chart["left"] == 3
    assert all(one["from"] < chart["left"] <= one["to"] for one in chart["links"])
    assert sum(one["value"] for one in chart["links"]) == 21


@pytest.mark.parametrize(("words", "other"), [(EN, "other pages"), (NB, "andre sider")])
def test_rare_ways_become_one_at_the_end_of_the_flows_and_none_is_lost(words: Any, other: str) -> None:
    rows = [{"from_path": f"/{n}", "to_path": f"/{n % 7}", "transitions": 100 - n} for n in range(80)]
    folded = {"from_path": OTHER, "to_path": OTHER, "transitions": 9}
    found = report(transitions_daily=[*rows, folded])
    chart: Any = draw(found, found.parts["transitions"], words)
    named, rest, hidden = chart["nodes"][: chart["left"]][:-2], *chart["nodes"][: chart["left"]][-2:]
    assert named == [f"/{n}" for n in range(9)]
    assert (rest, hidden) == (other, words.text("path", OTHER))
    assert sum(one["value"] for one in chart["links"]) == sum(row["transitions"] for row in [*rows, folded])  # type: ignore[misc]


def test_bars_and_their_sentence_are_of_all_rows_also_of_those_that_the_table_leaves_out() -> None:
    campaigns = [
        {"source_kind": "campaign", "source": "newsletter", "campaign": f"week {n}", "visits": 10} for n in range(80)
    ]
    google = {"source_kind": "search", "source": "Google", "campaign": "unknown", "visits": 500}
    found = report(sources_daily=[*campaigns, google])
    sources = found.parts["sources"]
    chart: Any = draw(found, sources, EN)
    assert list(zip(chart["names"], chart["values"], strict=True)) == [("newsletter", 800), ("Google", 500)]
    assert summary(sources, EN) == "newsletter comes first with 800 visits. Then Google (500)."
    assert sources.more == 31


def test_sources_of_one_name_and_two_kinds_are_two() -> None:
    rows = [
        {"source_kind": kind, "source": "Google", "campaign": "unknown", "visits": n}
        for kind, n in (("search", 5), ("ai", 3))
    ]
    found = report(sources_daily=rows)
    chart: Any = draw(found, found.parts["sources"], EN)
    assert list(zip(chart["names"], chart["values"], strict=True)) == [
        ("Google (Search)", 5),
        ("Google (AI assistant)", 3),
    ]
    assert summary(found.parts["sources"], EN).startswith("Google (Search) comes first with 5 visits, 62% of all.")


def test_attacks_and_crawlers_of_ai_are_drawn_by_what_is_behind_them() -> None:
    found = report(
        attacks_daily=[
            {"scenario": "path-scan", "outcome": outcome, "hits": 4} for outcome in ("attempted", "blocked")
        ],
        agents_daily=[{"agent_kind": "ai", "agent": name, "hits": 3} for name in ("GPTBot", "ChatGPT-User", OTHER)],
    )
    attacks, crawlers = (draw(found, found.parts[name], EN) for name in ("attacks", "ai_crawlers"))
    assert (attacks["names"], attacks["values"]) == (["path-scan"], [8])  # type: ignore[index]
    assert (crawlers["names"], crawlers["values"]) == (["OpenAI", "(other)"], [6, 3])  # type: ignore[index]


def test_a_missing_day_is_a_gap_and_the_period_before_lies_under_its_days() -> None:
    report = busy()
    chart: Any = draw(report, report.parts["days"], EN)
    gaps = [day for day, value in zip(chart["days"], chart["series"][0]["values"], strict=True) if value is None]
    assert gaps == [str(day) for day in report.missing]
    assert chart["before"]["values"] == [row[2] for row in report.parts["days"].before]


def test_a_long_period_is_drawn_as_means_of_a_week_and_a_gap_stays_one() -> None:
    assert smooth([7, None, 7, 0, 0, 0, 4, None, 7]) == [*[None] * 6, 3, None, 3]
    assert smooth([7]) == [None]


def test_a_time_longer_than_was_measured_is_said_and_not_drawn() -> None:
    times = part("response_times", ("/", 9, 0.1, float("inf"), float("inf")))
    chart: Any = draw(busy(), times, EN)
    assert (chart["values"], chart["texts"]) == ([None], ["longer than measured"])
    json.dumps(chart, allow_nan=False)


def test_a_source_without_a_name_is_shown_as_its_kind() -> None:
    sources = part("sources", ("direct", "unknown", "unknown", 9, 9, 9), ("search", "Google", "unknown", 5, 5, 5))
    chart: Any = draw(busy(), sources, EN)
    assert chart["names"] == ["Direct or unknown", "Google"]


def test_each_chart_is_said_in_a_sentence_too() -> None:
    report = busy()
    said = {name: summary(report.parts[name], EN) for name in DRAWN}
    assert said["source_kinds"].startswith("Search comes first with 4,646 visits, 40% of all.")
    assert said["transitions"] == "The most used way is from / to /products, 1,902 times."
    assert said["traffic"].startswith("People made ")
    assert "{" not in "".join(said.values())


def test_what_was_folded_is_not_called_the_first() -> None:
    pages = part("downloads", ("/a.pdf", 3, 3), ("(other)", 9, 9))
    assert summary(pages, EN).startswith("/a.pdf comes first with 3 downloads, 25% of all.")


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("mode", ["file", "page"])
@pytest.mark.parametrize("make", [busy, empty, hostile])
def test_a_page_has_no_handler_no_style_of_its_own_and_nothing_from_elsewhere(
    make: Any, mode: Any, language: Any
) -> None:
    tags = Outline(render_report(make(), language, mode=mode, base="/lethe")).tags
    assert ("html", {"lang": language}) in tags
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert tag not in {"iframe", "img", "object", "embed"}
        for address in (attributes[name] for name in ("href", "src", "action") if name in attributes):
            assert str(address).startswith(("/lethe/", "#") if mode == "page" else "#")
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("mode", ["file", "page"])
def test_what_visitors_wrote_is_in_no_tag_and_cannot_end_the_data(mode: Any) -> None:
    page = render_report(hostile(), "en", mode=mode, base="/lethe")
    assert not any(text in page for text in HOSTILE)
    found = re.search(r'<script type="application/json" id="data">([^<>&]*)</script>', page)
    assert found
    names = json.loads(found[1])["charts"]["pages"]["names"]
    assert names[0] == "/<script>document.title='owned'</script>"
    assert names[2] == "/U+202Egnp.exeU+2066"


@given(st.text())
@example("\u202e\u2066\x00\u2028</script><!--")
def test_no_text_ends_its_script_element_or_hides(text: str) -> None:
    written = str(as_json({"text": text}))
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"text": text}
    assert not set("\u202e\u2066\u200b\x00") & set(inert(text))


def test_the_file_lets_its_own_scripts_run_and_nothing_else() -> None:
    page = render_report(busy(), "en", mode="file")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy[1]
    assert "/lethe" not in page.split("<body", 1)[1].split("<script", 1)[0]


def test_a_page_names_what_it_was_asked_for_and_why_it_is_not_shown() -> None:
    report = replace(busy(), vhost="shop.example.org")
    page = render_report(
        report, "nb", mode="page", base="/lethe", newest=report.last, problem="<No day>", rules=Statistics()
    )
    assert "&lt;No day&gt;" in page
    assert '<option value="shop.example.org" selected>' in page
    assert "færre enn 5 besøkende" in page
    assert page.count('aria-current="true"') == 2  # the language, and the preset of 28 days
    links = re.findall(r'href="(/lethe/report/csv/[^"]*)"', page)
    assert links
    assert all(one.endswith("&amp;vhost=shop.example.org") for one in links)


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ("PT30M", "under 30\xa0min. Midnight"),
        ("PT90S", "under 1\xa0min\xa030\xa0s. M"),
        ("PT1H", "under 1\xa0h\xa00\xa0min. M"),
    ],
)
def test_the_words_are_explained_by_the_rules_of_the_site(gap: str, said: str) -> None:
    rules = Statistics.model_validate({"visit_gap": gap, "smallest_group": 12})
    page = render_report(busy(), "en", mode="page", rules=rules)
    assert said in page
    assert "fewer than 12 visitors" in page
    assert "Larger values may be hidden beside small ones" in page
    assert "under a certain length" in render_report(busy(), "en", mode="page")


def test_a_period_without_anything_says_so_kindly() -> None:
    page = render_report(empty(), "en", mode="page", base="/lethe")
    assert "Nothing to show yet" in page
    assert 'class="plot' not in page
    assert "What the words mean" in page


@pytest.mark.parametrize(
    ("words", "said"), [(EN, "By the address, which is not kept;"), (NB, "Etter adressen, som ikke")]
)
def test_a_country_is_said_to_be_found_by_an_address_that_is_not_kept(words: Any, said: str) -> None:
    assert words.say("parts.countries.lead").startswith(said)


@pytest.mark.parametrize(
    ("timezone", "said"),
    [
        ("Asia/Kolkata", "each begins 30 minutes after"),
        ("Asia/Kathmandu", "each begins 45 minutes after"),
        ("America/St_Johns", "each begins 30 minutes after"),
        ("Europe/Oslo", ""),
    ],
)
def test_where_hours_of_the_clock_are_none_of_utc_the_page_says_so(timezone: str, said: str) -> None:
    page = render_report(replace(busy(), timezone=timezone), "en", mode="page")
    assert said in page
    assert page.count("hours of UTC") == bool(said)


def test_goals_are_shown_where_there_are_some() -> None:
    whole = busy()
    without = replace(whole, parts=whole.parts | {"goals": part("goals")})
    assert 'id="h-goals"' in render_report(whole, "en", mode="page")
    assert 'id="h-goals"' not in render_report(without, "en", mode="page")


def test_a_part_has_the_whole_width_where_none_stands_beside_it() -> None:
    assert dict(arrange({"pages", "downloads"})["pages"]) == {"pages": True, "downloads": True}
    assert dict(arrange({"pages", "downloads", "goals"})["pages"]) == {
        "pages": True,
        "downloads": False,
        "goals": False,
    }
    assert set(PARTS) >= WIDE
