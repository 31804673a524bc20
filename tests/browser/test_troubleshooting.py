"""The troubleshooting page in a real browser: an error is found beside its hit, also on a telephone and by keyboard."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOST
from tests.browser.seeding import ATTACKER
from tests.browser.serving import Server
from tests.browser.test_pages import CONTRASTS, widths

Visit = Callable[..., Page]


def open_lines(page: Page) -> None:
    page.goto(f"{HOST}/lethe/troubleshooting")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Hits by status")).to_be_visible()
    page.wait_for_load_state()


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_error_is_found_beside_its_hit_and_everything_is_well_readable(
    size: str, scheme: str, visit: Visit, server: Server
) -> None:
    page = visit("op", size, scheme)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    open_lines(page)
    assert widths(page)[0] <= widths(page)[1]
    page.get_by_label("Client").fill(ATTACKER)
    page.get_by_label("Error entries only").check()
    page.get_by_role("button", name="Search").click()
    rows = page.locator("table.line tbody tr")
    expect(rows).to_have_count(1)
    page.wait_for_load_state()
    page.get_by_text("2 further lines").click()
    expect(rows).to_contain_text("#0 <b>/srv/www/index.php</b>(3): main()")
    expect(rows).to_contain_text("<script>document.title='owned'</script>")
    expect(rows).to_contain_text("same client, at that time")
    for further in page.locator("summary").all():
        further.scroll_into_view_if_needed()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("critical", "serious")] == []
    assert widths(page)[0] <= widths(page)[1]
    assert page.evaluate(CONTRASTS) == []
    assert page.url == f"{HOST}/lethe/troubleshooting"
    assert troubles == []
    assert ATTACKER not in server.log.read_text(errors="replace")


def test_the_keyboard_is_enough_and_a_path_of_the_summary_narrows_the_search(visit: Visit) -> None:
    page = visit("security", scripts=False)
    page.goto(f"{HOST}/lethe/troubleshooting")
    page.get_by_label("Troubleshoot").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Path").focus()
    page.keyboard.type("/page/1?")
    page.keyboard.press("Enter")
    expect(page.locator("caption").last).to_contain_text("hits and 0 error entries fit")
    assert all("/page/1" in text for text in page.locator("table.line tbody td.said").all_inner_texts())
