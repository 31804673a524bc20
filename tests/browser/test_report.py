"""The report in a real browser: a page of the UI and a file, by mouse, keyboard and screen reader, and printed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from plugins.report.making import make_report
from plugins.report.rendering import render_report
from plugins.report.wording import wording
from plugins.steps.days import publish_day
from schemas.notice import Language
from schemas.report import Report
from tests.browser.conftest import HOST, Server
from tests.browser.test_pages import CONTRASTS, widths
from tests.plugins.report.reports import HOSTILE, busy, hostile
from tests.published import make_tables

Visit = Callable[..., Page]
PAGE = f"{HOST}/lethe/report"
WIDTHS = (390, 820, 1440)
SCHEMES = ("light", "dark")
DAYS = 60
FOCUSED = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  return [one.id || one.textContent.trim().slice(0, 60) || one.tagName, getComputedStyle(one).outlineStyle];
}"""
UNDRAWN = ".plot:not(:has(.main-svg))"  # a chart is drawn once it is near the window
CHARTS = "JSON.parse(document.getElementById('data').textContent).charts"
MARKS = {
    "bars": ("path", "chart.values.filter(value => value !== null).length"),
    "columns": (".bars path", "chart.values.length"),
    "stack": (".bars path", "chart.series.flatMap(one => one.values).filter(value => value).length"),
    "lines": (".trace.scatter", "chart.series.length + (chart.before ? 1 : 0)"),
    "spread": (".trace.scatter", "chart.series.length"),
    "flows": (".sankey-link", "chart.links.length"),
}


@pytest.fixture(scope="module")
def report(server: Server) -> Report:
    """Two months of a site, some of whose visitors wrote into its paths; what the page shows of it."""
    store = server.site.open()
    place, today = store.place("statistics"), datetime.now(UTC).astimezone(store.calendar.zone).date()
    for age in range(DAYS):
        day = today - timedelta(days=age)
        tables = make_tables(day, paths=40, views=2_000, state="provisional" if age < 2 else "final")
        publish_day(place, day, {name: _with_hostile_paths(table) for name, table in tables.items()})
    return make_report(place, today - timedelta(days=28), today - timedelta(days=1), site=store.policy.site)


def _with_hostile_paths(table: pa.Table) -> pa.Table:
    names = {f"/news/{n + 1}": text for n, text in enumerate(HOSTILE)}
    for place, name in enumerate(table.column_names):
        if name in {"path", "from_path", "to_path"}:
            texts = [names.get(text, text) for text in table[name].to_pylist()]
            table = table.set_column(place, table.schema.field(name), pa.chunked_array([texts], table[name].type))
    return table


def watch(page: Page) -> list[str]:
    """What the browser complains of, a broken policy among it."""
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return troubles


def draw_all(page: Page) -> None:
    """Scroll to every chart."""
    for plot in page.locator(".plot").all():
        plot.scroll_into_view_if_needed()
    expect(page.locator(UNDRAWN)).to_have_count(0)


def open_tables(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def serious(page: Page) -> list[str]:
    """The findings of axe-core that keep somebody out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def marks(page: Page) -> dict[str, tuple[int, int]]:
    """Of each chart, the marks that are drawn and those that there should be."""
    found: dict[str, tuple[int, int]] = {}
    for name, chart in page.evaluate(CHARTS).items():
        drawn, wanted = MARKS[chart["kind"]]
        selector = ".bars path" if drawn == "path" else drawn
        found[name] = (
            page.locator(f"[data-part={name}] {selector}").count(),
            page.evaluate(f"(chart => {wanted})({CHARTS}.{name})"),
        )
    return found


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_page_and_file_keep_nobody_out_and_never_scroll_sideways(
    language: str, scheme: str, visit: Visit, report: Report, tmp_path: Path
) -> None:
    page = visit("analyst", "desktop", scheme)
    page.goto(f"{PAGE}?language={language}")
    file = visit(None, "desktop", scheme)
    file.set_content(render_report(report, language, mode="file"))  # type: ignore[arg-type]
    for look in (page, file):
        troubles = watch(look)
        for width in WIDTHS:
            look.set_viewport_size({"width": width, "height": 900})
            draw_all(look)
            assert widths(look)[0] <= widths(look)[1]
            assert serious(look) == []
        open_tables(look)
        assert widths(look)[0] <= widths(look)[1]
        assert serious(look) == []
        assert look.evaluate(CONTRASTS) == []
        assert troubles == []


def test_every_chart_is_drawn_with_as_many_marks_as_there_are_figures(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    troubles = watch(page)
    page.goto(PAGE)
    draw_all(page)
    found = marks(page)
    assert len(found) >= 15
    assert {name: drawn for name, (drawn, _) in found.items()} == {name: wanted for name, (_, wanted) in found.items()}
    for plot in page.locator(".plot").all():
        assert plot.get_attribute("role") == "img"
        assert page.locator(f"#{plot.get_attribute('aria-describedby')}").inner_text()
    assert troubles == []


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_tables_say_what_the_report_says(language: Language, visit: Visit, report: Report) -> None:
    page, words = visit("analyst"), wording(language)
    page.goto(f"{PAGE}?language={language}")
    open_tables(page)
    assert page.locator("html").get_attribute("lang") == language
    for name, part in report.parts.items():
        cells = page.locator(f"article[aria-labelledby=h-{name}] tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        units = [(column.name, column.unit) for column in part.columns]
        assert cells == [
            [words.value(*unit, value) for unit, value in zip(units, row, strict=True)] for row in part.rows
        ], name
    shown = page.locator("dl.figures > div").evaluate_all(
        "all => all.map(one => one.querySelector('.value').textContent)"
    )
    assert set(shown) == {words.figure(one.unit, one.value) for one in report.figures if one.value is not None}


def test_everything_is_reached_and_seen_by_keyboard(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the report")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    reached = set()
    while (seen := (page.keyboard.press("Tab"), page.evaluate(FOCUSED))[1]) and len(reached) < 200:
        name, outline = seen
        assert outline != "none", name
        reached.add(name)
    assert {"from", "to", "vhost", "Show", "7 days", "Last month", "Bokmål", "Save as a file", "Flows"} <= reached
    assert sum(one.startswith("Show as a table") for one in reached) == page.locator("details > summary").count()
    table = page.locator("#visits details")
    table.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(table.get_by_role("table", name="Visits and visitors by day")).to_be_visible()


def test_the_skip_link_and_the_contents_lead_past_what_is_before(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Flows").click()
    expect(page.get_by_role("heading", name="From page to page")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Flows")).to_have_attribute("aria-current", "true")


def test_tables_are_sorted_by_their_headings(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    open_tables(page)
    table = page.locator("article[aria-labelledby=h-pages] table")
    first = [row.text_content() for row in table.locator("tbody th").all()]
    heading = table.get_by_role("button", name="Bounces")
    for way in ("descending", "ascending"):
        heading.press("Enter")
        expect(table.get_by_role("columnheader", name="Bounces")).to_have_attribute("aria-sort", way)
        found = [int(one.replace(",", "")) for one in table.locator("tbody td:nth-child(6)").all_inner_texts()]
        assert found == sorted(found, reverse=way == "descending")
    table.get_by_role("button", name="Path").click()
    assert sorted(str(row.text_content()) for row in table.locator("tbody th").all()) == sorted(map(str, first))


def test_no_cookie_and_nothing_stored(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    before = page.context.cookies()
    page.goto(PAGE)
    draw_all(page)
    assert page.context.cookies() == before
    stored = "async () => localStorage.length + sessionStorage.length + (await indexedDB.databases()).length"
    assert page.evaluate(stored) == 0


def test_the_form_and_the_presets_lead_to_other_periods(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    expect(page.locator("#from")).to_have_value(str(report.last - timedelta(days=6)))
    page.get_by_label("From", exact=True).fill(str(report.last - timedelta(days=3)))
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#visits tbody tr")).to_have_count(4)
    page.get_by_role("link", name="Bokmål").click()
    expect(page.locator("#visits tbody tr")).to_have_count(4)
    expect(page.get_by_role("heading", name="Veier")).to_be_visible()


def test_each_table_can_be_taken_as_csv(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    open_tables(page)
    links = page.locator("main a[download]")
    assert links.count() == page.locator("article table").count()
    for address in {link.get_attribute("href") for link in links.all()}:
        answer = page.request.get(f"{HOST}{address}")
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/csv")


def test_the_saved_file_works_from_a_disk_without_any_network(
    visit: Visit, chromium: Browser, report: Report, tmp_path: Path
) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Save as a file").click()
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    with chromium.new_context(offline=True, viewport={"width": 1440, "height": 900}) as context:
        alone = context.new_page()
        asked: list[str] = []
        alone.on("request", lambda request: asked.append(request.url))
        troubles = watch(alone)
        alone.goto(path.as_uri())
        draw_all(alone)
        assert all(drawn == wanted for drawn, wanted in marks(alone).values())
        assert asked == [path.as_uri()]
        assert troubles == []
        assert alone.locator("a:not([href^='#'])").count() == 0
        assert alone.evaluate("localStorage.length + document.cookie.length") == 0


def test_without_scripts_the_tables_stand_open(visit: Visit, report: Report) -> None:
    page = visit("analyst", scripts=False)
    page.goto(PAGE)
    assert "The charts need JavaScript." in str(page.locator("noscript").text_content())
    expect(page.locator(".plot").first).to_be_hidden()
    for name in ("days", "pages", "transitions"):
        expect(page.locator(f"article[aria-labelledby=h-{name}] table")).to_be_visible()


def test_where_the_charts_do_not_load_the_tables_stand_open(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.route("**/plotly*", lambda route: route.abort())
    page.goto(PAGE)
    expect(page.locator("article[aria-labelledby=h-days] table")).to_be_visible()
    expect(page.locator(".plot").first).to_be_hidden()


def test_the_page_is_read_before_the_charts_have_come(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    waiting: list[Any] = []
    page.route("**/plotly*", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    page.goto(PAGE, wait_until="commit")
    expect(page.locator("dd.value").first).to_be_visible()
    while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
        page.wait_for_timeout(20)
    waiting[0].continue_()
    expect(page.locator(".plot .main-svg").first).to_be_visible()


def test_charts_follow_the_colours_of_the_screen(visit: Visit, report: Report) -> None:
    page = visit("analyst")
    page.goto(PAGE)
    draw_all(page)
    bar = page.locator("[data-part=pages] .bars path").first
    by_day = bar.evaluate("one => getComputedStyle(one).fill")
    page.emulate_media(color_scheme="dark")
    expect(bar).not_to_have_css("fill", by_day)


def test_on_paper_every_chart_is_there_in_the_colours_of_the_day(visit: Visit, report: Report) -> None:
    page = visit("analyst", scheme="dark")
    page.goto(PAGE)
    expect(page.locator(".plot .main-svg").first).to_be_visible()
    assert page.locator(UNDRAWN).count() > 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(UNDRAWN).count() == 0
    expect(page.locator("[data-part=pages] .bars path").first).to_have_css("fill", "rgb(10, 110, 189)")
    assert page.pdf()[:5] == b"%PDF-"


def test_what_visitors_wrote_is_text_and_nothing_else(visit: Visit, report: Report) -> None:
    for content in (None, render_report(hostile(), "en", mode="file")):
        page = visit("analyst")
        troubles = watch(page)
        page.on("dialog", lambda _, told=troubles: told.append("a dialog"))
        page.goto(PAGE) if content is None else page.set_content(content)
        draw_all(page)
        open_tables(page)
        assert page.title().startswith("Report")
        assert page.locator(".plot a, main img, main script, main iframe").count() == 0
        expect(page.locator("[data-part=pages]")).to_contain_text("<script>document.title")
        expect(page.locator("article[aria-labelledby=h-pages] tbody")).to_contain_text("U+202E")
        assert "\u202e" not in page.locator("body").inner_text()
        assert troubles == []


def test_gaps_and_days_that_may_still_change_are_marked(visit: Visit) -> None:
    page = visit(None)
    page.set_content(render_report(busy(), "en", mode="file"))
    draw_all(page)
    assert page.locator("[data-part=days] .shapelayer path").count() == 2
    lines = page.locator("[data-part=days] .js-line").evaluate_all(
        "lines => lines.map(line => (line.getAttribute('d').match(/M/g) || []).length)"
    )
    assert lines == [1] * 5  # two series in two pieces each, and the period before in one
    rows = json.loads(page.locator("#data").inner_text())["charts"]["days"]
    assert rows["series"][0]["values"].count(None) == 2
