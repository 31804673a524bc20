"""A handle that somebody quotes from the page for the banned opens its decision, whatever became of it since."""

from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient

from plugins.steps.closing import close_day
from tests.plugins.pages.conftest import NOW, decision, fill, keep
from tests.stores import Site, silent

Client = Callable[..., TestClient]
MALLORY = "203.0.113.66"


def test_it_is_found_by_the_search_and_at_its_own_page(client: Client, site: Site) -> None:
    lifted = {"lifted_at": NOW, "lifted_by": "op", "lift_reason": "a mistake"}
    states = {"not yet published": {}, "over": {"until": NOW - timedelta(minutes=1)}, "lifted": lifted}
    browser = client("security")
    for number, (state, other) in enumerate(states.items()):
        (one,) = keep(site, decision(number, target=f"203.0.113.{66 + number}", **other))
        listed = browser.post("/lethe/blocklist", data=fill(browser, search=one.decision)).text
        assert f"/decisions/{one.decision}" in listed
        assert one.target in listed
        page = browser.post(f"/lethe/decisions/{one.decision}", data=fill(browser)).text
        assert one.target in page
        assert f'<span class="state {state}">' in page


def test_when_its_day_has_ended_a_sentence_says_so(client: Client, site: Site) -> None:
    (one,) = keep(site, decision(target=MALLORY))
    close_day(site.open(), NOW.date(), "operations", silent)
    browser = client("security")
    answer = browser.post(f"/lethe/decisions/{one.decision}", data=fill(browser))
    assert answer.status_code == 409
    assert "There is no such decision any more; it ended with its day, or was erased." in answer.text
    assert MALLORY not in answer.text
