"""The forgetting page in a real browser: read on a desk and on a telephone, printed, saved, and opened from a disk."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOST
from tests.browser.test_pages import CONTRASTS, widths

Visit = Callable[..., Page]
PAGE = f"{HOST}/lethe/forgetting"


def save(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("link", name=link).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_and_saved_file_do_not_scroll_sideways_and_are_well_readable(
    size: str, scheme: str, visit: Visit, tmp_path: Path
) -> None:
    page = visit("dpo", size, scheme)
    page.goto(PAGE)
    file = save(page, "Save as HTML", tmp_path)
    for look in (page, visit(None, size, scheme)):
        if look is not page:
            look.set_content(file.read_text("utf-8"))
        assert widths(look)[0] <= widths(look)[1]
        assert look.evaluate(CONTRASTS) == []


def test_what_is_broken_is_told_first_and_in_red(visit: Visit) -> None:
    page = visit("dpo")
    page.goto(PAGE)
    expect(page.get_by_role("alert").first).to_contain_text("1 of 11 checks is broken")
    expect(page.get_by_text("past the window", exact=True)).to_have_count(1)
    red = "rgb(163, 38, 27)"
    expect(page.get_by_text("past the window", exact=True)).to_have_css("color", red)
    expect(page.get_by_role("table", name="The promise").locator("tbody tr")).to_have_count(11)


def test_the_saved_file_stands_alone_and_prints(visit: Visit, tmp_path: Path) -> None:
    page = visit("dpo")
    page.goto(PAGE)
    file = save(page, "Save as HTML", tmp_path)
    data = json.loads(save(page, "Save as JSON", tmp_path).read_text("utf-8"))
    assert len(data["promise"]) == 11
    alone = visit(None, scripts=False)
    troubles: list[str] = []
    alone.on("console", lambda message: troubles.append(message.text))
    alone.set_content(file.read_text("utf-8"))
    assert alone.evaluate("getComputedStyle(document.querySelector('.state')).borderRadius") == "99px"
    assert alone.pdf()[:5] == b"%PDF-"
    assert troubles == []
