"""The scenarios page and the backtest on it, as somebody's browser gets them."""

from collections.abc import Callable
from datetime import timedelta
from multiprocessing import active_children

import pytest
from fastapi.testclient import TestClient

from plugins.blocklist.by_hand import ban
from plugins.pages import scenarios
from plugins.scenarios import scenarios_of
from schemas.refusals import RefusedError
from tests.plugins.backtest.test_backtest import READERS
from tests.plugins.pages.conftest import NOW, token_in
from tests.plugins.pages.test_blocklist import entries
from tests.stores import Site, hit

Client = Callable[..., TestClient]
READER = "203.0.113.9"
PATH = "/lethe/scenarios/backtest"


@pytest.fixture
def read(site: Site) -> Site:
    site.write(
        "access.log",
        *(hit(NOW - timedelta(seconds=9 - n), READER, f"/library/{n}?q=<b>", "<i>Mozilla") for n in range(4)),
    )
    site.ingest()
    return site


def fill(browser: TestClient, **fields: str) -> dict[str, str]:
    return {"token": token_in(browser.get("/lethe/scenarios").text), "purpose": "block"} | fields


@pytest.mark.parametrize("role", ["security", "op", "admin"])
def test_all_scenarios_are_listed_with_what_they_count(role: str, client: Client, site: Site) -> None:
    page = client(role).get("/lethe/scenarios")
    assert page.status_code == 200
    for one in scenarios_of(site.open().policy):
        assert f'value="{one.name}"' in page.text
    assert "different paths by one address" in page.text


@pytest.mark.parametrize("role", [None, "viewer", "analyst", "dpo"])
def test_others_may_not_come_in(role: str | None, client: Client) -> None:
    browser = client(role)
    assert browser.get("/lethe/scenarios", follow_redirects=False).status_code in (302, 401, 403)
    assert browser.post(PATH, data={"purpose": "block", "try": "log4shell"}).status_code in (401, 403)


def test_a_pasted_rule_is_tried_and_nothing_of_it_is_kept(client: Client, read: Site) -> None:
    browser = client("security")
    before = {path: path.read_bytes() for path in read.folder.rglob("window/**/*") if path.is_file()}
    page = browser.post(PATH, data=fill(browser, rule=READERS))
    assert page.status_code == 200
    assert "readers would have banned 1 target" in page.text
    assert READER in page.text
    assert "/library/0" in page.text
    assert "<b>" not in page.text
    assert "<i>Mozilla" not in page.text
    assert before == {path: path.read_bytes() for path in read.folder.rglob("window/**/*") if path.is_file()}


def test_a_backtest_is_in_the_trail_with_its_purpose(client: Client, read: Site) -> None:
    browser = client("op")
    browser.post(PATH, data=fill(browser, **{"try": "log4shell", "note": "case 7"}))
    browser.post(PATH, data=fill(browser, rule=READERS))
    assert [(one["actor"], one["purpose"], one["note"], one["scenario"]) for one in entries(read, "backtest")] == [
        ("op", "block attacks", "case 7", "log4shell"),
        ("op", "block attacks", "", "a rule that is not in use"),
    ]


def test_without_a_purpose_or_with_a_wrong_rule_the_page_says_what_to_do_and_shows_nobody(
    client: Client, read: Site
) -> None:
    browser = client("security")
    for fields, said in (
        ({"purpose": "", "rule": READERS}, "Choose what you need"),
        ({"rule": READERS.replace('"low"', '"harmless"')}, "Your rule: severity is"),
        ({"rule": ""}, "Your rule: name is missing"),
        ({"try": "no-such"}, "those in use are"),
    ):
        page = browser.post(PATH, data=fill(browser, **fields))
        assert page.status_code == 400
        assert said in page.text.replace("&#34;", '"')
        assert READER not in page.text
    assert entries(read, "backtest") == []


def test_what_is_too_much_for_a_page_is_left_to_the_command(
    client: Client, read: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client("security")
    monkeypatch.setattr(scenarios, "MOST_HITS", 3)
    page = browser.post(PATH, data=fill(browser, **{"try": "log4shell"}))
    assert "lethe backtest log4shell" in page.text
    monkeypatch.undo()
    monkeypatch.setattr(scenarios, "MOST_ALERTS", 0)
    assert "much too wide" in browser.post(PATH, data=fill(browser, rule=READERS)).text


def test_a_rule_that_takes_too_long_is_ended_and_the_next_is_tried(
    client: Client, read: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = client("security")
    monkeypatch.setattr(scenarios, "PATIENCE", 0.0)
    page = browser.post(PATH, data=fill(browser, rule=READERS))
    assert page.status_code == 400
    assert "takes longer than 0 seconds, too much for a page" in page.text
    assert not active_children()
    monkeypatch.undo()
    assert "would have banned 1 target" in browser.post(PATH, data=fill(browser, rule=READERS)).text


def test_a_list_that_is_not_published_is_told_on_the_blocklist_and_status_pages(client: Client, site: Site) -> None:
    yesterday = NOW - timedelta(days=1)
    site.write("access.log", *(hit(yesterday, f"198.51.100.{n}") for n in range(30)))
    site.ingest()
    with pytest.raises(RefusedError, match="is not published"):
        ban(site.open(), ["198.51.100.0/24"], "seen at the desk", "security")
    browser = client("security")
    token = token_in(browser.get("/lethe/scenarios").text)
    for page in (
        browser.post("/lethe/blocklist", data={"token": token, "purpose": "block"}).text,
        browser.get("/lethe/status").text,
    ):
        assert "30 of 30 people" in page
