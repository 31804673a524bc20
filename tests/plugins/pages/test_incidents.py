"""The page of incidents: what staff see of an attack that may have worked, and what they conclude."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import publish_exports
from plugins.incidents.kept import all_incidents
from plugins.incidents.notices import all_notices
from plugins.steps.closing import close_day
from plugins.steps.detecting import detect
from tests.plugins.pages.conftest import NOW, fill
from tests.plugins.pages.test_blocklist import entries
from tests.stores import Site, hit, silent

Client = Callable[..., TestClient]
MALLORY = "203.0.113.66"
FILES = ("/.env", "/backup.sql", "/wp-config.php.bak")
HOSTILE = "<script>alert(1)</script>"


def leak(site: Site, simulate: bool = False) -> str:
    """An attacker tries three secret files, and one is there; the handle of the incident."""
    if simulate:
        site.policy.write_text('[blocklist]\nsimulate = ["secret-files"]\n' + site.policy.read_text())
    for number, path in enumerate(FILES):
        line = hit(NOW - timedelta(minutes=5) + timedelta(seconds=number), MALLORY, path, HOSTILE)
        site.write("access.log", line if path == "/.env" else line.replace('" 200 512 ', '" 404 153 '))
    site.write("access.log", hit(NOW - timedelta(minutes=4), MALLORY, "/about-us"))
    assert site.ingest().problems == []
    assert detect(site.open(), "operations", silent).incidents == 1
    return all_incidents(site.open())[0].incident


def read(browser: TestClient, path: str, **fields: str) -> str:
    answer = browser.post(f"/lethe/{path}", data=fill(browser, **fields))
    assert answer.status_code == 200
    return answer.text


def test_an_attack_on_a_site_that_answers_it_opens_an_incident_once(site: Site) -> None:
    leak(site)
    site.write("access.log", hit(NOW - timedelta(minutes=4), MALLORY, "/.env"))
    site.ingest()
    assert detect(site.open(), "operations", silent).incidents == 0
    (one,) = all_incidents(site.open())
    assert (one.target, one.scenario, one.last_seen) == (MALLORY, "secret-files", NOW - timedelta(minutes=4))


def test_a_scenario_that_only_simulates_opens_an_incident_and_bans_nobody(site: Site) -> None:
    leak(site, simulate=True)
    assert [one.scenario for one in Decisions(site.open()).all()] == []
    assert [one.scenario for one in all_notices(site.open())] == ["secret-files"]


def test_nothing_is_shown_before_a_purpose_is_given(client: Client, site: Site) -> None:
    handle = leak(site)
    browser = client("security")
    for path in ("incidents", f"incidents/{handle}"):
        asked = browser.get(f"/lethe/{path}")
        refused = browser.post(f"/lethe/{path}", data=fill(browser, purpose=""))
        assert (asked.status_code, refused.status_code) == (200, 400)
        assert MALLORY not in asked.text + refused.text
        assert MALLORY in read(browser, path)
    assert [one["purpose"] for one in entries(site, "read incidents")] == ["block attacks"]
    assert [one["incident"] for one in entries(site, "read incident")] == [handle]


def test_it_shows_what_was_reached_whether_it_is_blocked_and_what_else_was_done(client: Client, site: Site) -> None:
    handle = leak(site)
    assert "Not yet: its ban is newer than the last list." in read(client("op"), f"incidents/{handle}")
    publish_exports(site.open())
    page = read(client("op"), f"incidents/{handle}")
    reached, _, rest = page.partition("Is it blocked?")
    assert re.findall(r"</bdi><bdi>(/[^<]*)</bdi></div>", reached.partition("<details>")[0]) == ["/.env"]
    assert all(path in reached for path in FILES)
    assert "Yes, it is banned now." in rest
    assert "Ban it" not in rest
    assert "2 × 2xx, 2 × 4xx" in rest
    assert "/about-us" in rest
    assert HOSTILE not in page
    assert 'by <time datetime="2026-11-23T12:00:00Z">2026-11-23 13:00</time> Europe/Oslo' in page


def test_who_is_not_banned_can_be_banned_from_there(client: Client, site: Site) -> None:
    page = read(client("security"), f"incidents/{leak(site, simulate=True)}")
    assert "No, and it never was." in page
    assert f'name="target" value="{MALLORY}"' in page


def test_a_ban_that_is_held_back_blocks_nobody_and_the_incident_says_so(client: Client, site: Site) -> None:
    yesterday = NOW - timedelta(days=1)
    people = (f"203.0.113.{n}" for n in range(10))
    site.write("access.log", *(hit(yesterday, who, path) for who in people for path in ("/", "/style.css")))
    handle, browser = leak(site, simulate=True), client("security")
    browser.post("/lethe/ban", data=fill(browser, target="203.0.113.0/24", reason="a whole school"))
    page = read(browser, f"incidents/{handle}")
    assert "No, its ban is held back" in page
    assert '<span class="state held back">held back</span>' in page


def test_a_conclusion_is_kept_once_and_an_unfit_one_can_be_written_anew(client: Client, site: Site) -> None:
    handle, browser = leak(site), client("security")
    path = f"/lethe/incidents/{handle}/assess"
    unfit = browser.post(path, data=fill(browser, conclusion="breach", reason=f"{MALLORY} has it"))
    assert unfit.status_code == 400
    assert "may hold no address" in unfit.text
    assert all_notices(site.open())[0].assessed_at is None
    done = browser.post(path, data=fill(browser, conclusion="breach", reason="the file held a password"))
    assert "Assessed: breach." in done.text
    assert 'name="conclusion"' not in done.text
    again = browser.post(path, data=fill(browser, conclusion="no-breach", reason="or not"))
    assert "assessed already" in again.text
    assert [one["conclusion"] for one in entries(site, "assess incident")] == ["breach"]


def test_one_whose_day_has_closed_is_listed_without_its_hits_and_can_be_concluded(client: Client, site: Site) -> None:
    handle, browser = leak(site), client("security")
    close_day(site.open(), NOW.date(), "operations", silent)
    listed, page = read(browser, "incidents"), read(browser, f"incidents/{handle}")
    assert MALLORY not in listed + page
    assert "its hits are gone" in listed
    assert "can be read no more" in page
    done = browser.post(
        f"/lethe/incidents/{handle}/assess", data=fill(browser, conclusion="no-breach", reason="a test of ours")
    )
    assert "Assessed: no breach." in done.text
    assert browser.post(f"/lethe/incidents/{handle}", data=fill(browser)).status_code == 409
    assert "No incidents." in read(browser, "incidents")


def test_the_blocklist_leads_to_them_as_long_as_one_waits(client: Client, site: Site) -> None:
    browser = client("op")
    assert "may have worked" not in read(browser, "blocklist")
    handle = leak(site)
    assert "1 attack that may have worked waits for an assessment." in read(browser, "blocklist")
    browser.post(
        f"/lethe/incidents/{handle}/assess", data=fill(browser, conclusion="no-breach", reason="the file is public")
    )
    assert "may have worked" not in read(browser, "blocklist")


def test_the_status_page_tells_them_without_an_address(client: Client, site: Site) -> None:
    leak(site)
    page = client("dpo").get("/lethe/status").text
    assert "1 incident: an attack may have worked" in page
    assert MALLORY not in page
    assert client("dpo").get("/lethe/incidents").status_code == 403


@pytest.mark.parametrize("handle", ["0123456789ab", "nothing"])
def test_an_incident_that_there_is_none_of_is_refused_and_not_recorded(handle: str, client: Client, site: Site) -> None:
    browser = client("security")
    assert browser.post(f"/lethe/incidents/{handle}", data=fill(browser)).status_code in (409, 422)
    assert entries(site, "read incident") == []
