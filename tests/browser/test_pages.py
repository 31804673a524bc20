"""The pages in a real browser, on a real API server: as people use them, and as attackers would like them used."""

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Download, Page, expect

from plugins.access.roles import BLOCKLIST, FORGETTING, ROLES, STATUS, TROUBLESHOOTING, is_allowed
from plugins.blocklist.decisions import Decisions
from tests.browser.conftest import HOST
from tests.browser.seeding import ATTACKER, MANY
from tests.browser.serving import PASSWORD, Server

Visit = Callable[..., Page]


def open_blocklist(page: Page) -> None:
    page.goto(f"{HOST}/lethe/blocklist")
    page.get_by_label("Block attacks").check()
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Blocklist", exact=True)).to_be_visible()


def search(page: Page, text: str, state: str = "All") -> None:
    page.get_by_label("Address, network or words").fill(text)
    page.get_by_label("State").select_option(state)
    page.get_by_role("button", name="Search").click()


def widths(page: Page) -> tuple[int, int]:
    """Of the page and of the window."""
    found: list[int] = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return found[0], found[1]


@pytest.mark.parametrize("role", list(ROLES))
def test_each_role_sees_its_pages_and_no_other(role: str, visit: Visit) -> None:
    page = visit(role)
    for name, resource, heading in (
        ("blocklist", BLOCKLIST, "Blocklist"),
        ("troubleshooting", TROUBLESHOOTING, "Troubleshooting"),
        ("status", STATUS, "Status"),
        ("forgetting", FORGETTING, "Forgetting"),
    ):
        answer = page.goto(f"{HOST}/lethe/{name}")
        assert answer
        may = is_allowed(role, "GET", resource)
        assert answer.status == (200 if may else 403)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading if may else "Not possible")


def test_nobody_is_sent_to_the_login_and_comes_back(visit: Visit) -> None:
    page = visit(None)
    page.goto(f"{HOST}/lethe/status")
    page.wait_for_url("**/auth/login**")
    page.get_by_label("Username").fill("dpo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Status", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("role", "entries"),
    [("security", ["Blocklist", "Troubleshooting", "Status"]), ("dpo", ["Status", "Forgetting"]), ("viewer", [])],
)
def test_airflows_menu_leads_to_what_a_role_may_see(role: str, entries: list[str], visit: Visit) -> None:
    page = visit(role)
    page.goto(HOST)
    expect(page.get_by_text("Home", exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    for name in ("Blocklist", "Troubleshooting", "Status", "Forgetting"):
        expect(page.locator("nav, aside, body").first.get_by_text(name, exact=True)).to_have_count(int(name in entries))
    if "Blocklist" in entries:
        page.get_by_text("Blocklist", exact=True).click()
        frame = page.frame_locator("iframe")
        frame.get_by_label("Troubleshoot").check()
        frame.get_by_role("button", name="Open").click()
        expect(frame.get_by_role("table").first).to_be_visible()
        assert ATTACKER not in page.url


@pytest.mark.parametrize("scripts", [True, False])
def test_hostile_text_stays_text(scripts: bool, visit: Visit) -> None:
    page = visit("security", scripts=scripts)
    troubles: list[str] = []
    page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    open_blocklist(page)
    search(page, ATTACKER)
    seen = set()
    page.locator("tr.more summary").click()
    for number in range(page.locator("tr.more button").count()):
        if not page.locator("tr.more button").nth(number).is_visible():
            page.locator("tr.more summary").click()
        page.locator("tr.more button").nth(number).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(ATTACKER)
        assert page.title().startswith("Decision ")
        assert page.locator("script, iframe, img, main a[href]").count() == 0
        cells = page.locator("table.hits tbody td").all_inner_texts()
        seen.update(cells)
        assert "\u202e" not in "".join(cells)
        assert ATTACKER not in page.url
        page.get_by_role("button", name="Back to the list").click()
    text = "".join(seen)
    assert "<script>document.title='owned'</script>" in text
    assert "U+202E" in text
    assert "onmouseover=alert(1)" in text
    assert "{{7*7}}" in text or "union+select" in text
    assert troubles == [], "no dialog, no error, nothing blocked by the policy"


def test_ten_thousand_decisions_are_searched_sorted_and_paged(visit: Visit) -> None:
    page = visit("op")
    open_blocklist(page)
    search(page, "")
    caption = page.locator("table.cards caption")
    expect(caption).to_contain_text("page 1 of 2")
    assert int(caption.inner_text().split()[0].replace(",", "")) >= MANY
    page.get_by_role("button", name="Last").first.click()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Target").click()
    page.get_by_role("button", name="Target").click()
    expect(page.locator('th[aria-sort="ascending"]')).to_have_text("Target ↑")
    assert page.locator("tbody th.target").first.inner_text().startswith("198.18.")
    search(page, "198.19.7.0/24")
    assert all(target.startswith("198.19.7.") for target in page.locator("tbody th.target").all_inner_texts())
    page.reload()
    assert page.locator("tbody th.target").count(), "to load the page again sends our form again"
    search(page, "no such thing")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    assert page.url == f"{HOST}/lethe/blocklist"


def test_a_ban_and_its_lift_by_hand_and_the_download(visit: Visit, server: Server) -> None:
    page = visit("security")
    open_blocklist(page)
    page.get_by_label("Address or network").fill("203.0.113.200")
    page.locator("#ban").get_by_label("Reason").fill("called <b>us</b> names")
    page.get_by_role("button", name="Ban", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The ban is in force")
    assert "\ndeny 203.0.113.200; # until " in _download(page, "nginx deny")
    assert "called <b>us</b> names" in _download(page, "CSV")
    search(page, "203.0.113.200", "In force")
    page.get_by_role("button", name="203.0.113.200").click()
    expect(page.locator("p.said")).to_have_text("called <b>us</b> names")
    page.get_by_label("Reason").fill("it was a misunderstanding")
    page.get_by_role("button", name="Lift").click()
    expect(page.get_by_role("status")).to_contain_text("The ban is lifted.")
    (kept,) = [one for one in Decisions(server.site.open()).all() if one.target == "203.0.113.200"]
    assert (kept.lifted_by, kept.lift_reason) == ("security", "it was a misunderstanding")


def _download(page: Page, button: str) -> str:
    with page.expect_download() as coming:
        page.get_by_role("button", name=button).click()
    download: Download = coming.value
    return download.path().read_text(encoding="utf-8")


def test_a_form_on_another_site_bans_nobody(visit: Visit, server: Server) -> None:
    page = visit("security")
    page.set_content(
        f'<form method="post" action="{HOST}/lethe/ban"><input name="target" value="203.0.113.201">'
        '<input name="reason" value="x"><input name="purpose" value="block"><button>Go</button></form>'
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Go").click()
    assert not page.get_by_text("in force").count()
    assert not [one for one in Decisions(server.site.open()).all() if one.target == "203.0.113.201"]


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_and_text_is_well_readable(size: str, scheme: str, visit: Visit) -> None:
    page = visit("security", size, scheme)
    pages: list[Callable[[], object]] = [
        lambda: page.goto(f"{HOST}/lethe/blocklist"),
        partial(open_blocklist, page),
        partial(search, page, ATTACKER),
        page.get_by_role("button", name=ATTACKER).first.click,
        lambda: page.goto(f"{HOST}/lethe/status"),
    ]
    for step in pages:
        step()
        page.wait_for_load_state()
        assert widths(page)[0] <= widths(page)[1]
        assert page.evaluate(CONTRASTS) == []


# Elements with text of their own whose contrast is below 4.5 (WCAG AA), each with its ratio.
CONTRASTS = """() => {
  const parse = c => c.match(/[0-9.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('body *')]
    .filter(e => e.checkVisibility() && !e.disabled && !(e instanceof SVGElement)
      && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => { const [a, b] = [lum(parse(getComputedStyle(e).color)), lum(ground(e))].sort((x, y) => y - x);
      return [e.tagName + '.' + e.className, (a + 0.05) / (b + 0.05)]; }).filter(([, ratio]) => ratio < 4.5);
}"""


def test_the_keyboard_alone_is_enough_and_its_place_is_seen(visit: Visit) -> None:
    page = visit("security")
    page.goto(f"{HOST}/lethe/blocklist")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").first).to_be_visible()
    page.wait_for_load_state()  # a table may be there before the style is
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_no_address_is_in_the_servers_log(server: Server, visit: Visit) -> None:
    page = visit("op")
    open_blocklist(page)
    search(page, ATTACKER)
    log = server.log.read_text(errors="replace")
    assert "/lethe/blocklist" in log
    assert ATTACKER not in log
    assert "198.18." not in log
