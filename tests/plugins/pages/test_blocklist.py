"""The blocklist page, as somebody's browser gets it."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from plugins.access.tokens import add_token
from plugins.blocklist.decisions import Decisions
from plugins.pages import blocklist
from plugins.steps.detecting import detect
from plugins.store.replay import set_replay_clock
from tests.plugins.pages.conftest import NOW, decision, fill, keep
from tests.stores import Site, hit, silent

Client = Callable[..., TestClient]


def entries(site: Site, action: str) -> list[dict[str, object]]:
    """What the audit trail says of an action, without places in the chain."""
    lines = [json.loads(line) for name in site.open().place("audit").names() for line in _lines(site, name)]
    return [{"actor": line["actor"]} | line["facts"] for line in lines if line["action"] == action]


def _lines(site: Site, name: str) -> list[bytes]:
    return site.open().place("audit").get(name).splitlines()


def targets(page: str) -> list[str]:
    """Those of the table, in order."""
    return [
        unescape(found) for found in re.findall(r'formaction="[^"]*/decisions/[0-9a-f]{12}"><bdi>(.*?)</bdi>', page)
    ]


def read(browser: TestClient, **fields: str) -> str:
    answer = browser.post("/lethe/blocklist", data=fill(browser, **fields))
    assert answer.status_code == 200
    return answer.text


def test_nothing_is_shown_before_a_purpose_is_given(client: Client, site: Site) -> None:
    keep(site, decision(target="203.0.113.9"))
    browser = client("security")
    asked = browser.get("/lethe/blocklist")
    refused = [browser.post("/lethe/blocklist", data=fill(browser, purpose=word)) for word in ("", "curiosity")]
    refused += [browser.post(f"/lethe/{path}", data=fill(browser, purpose="")) for path in ("export/csv", "ban")]
    assert asked.status_code == 200
    assert [answer.status_code for answer in refused] == [400, 400, 400, 400]
    assert all("203.0.113.9" not in answer.text for answer in (asked, *refused))
    assert targets(read(browser)) == ["203.0.113.9"]


def test_reading_is_in_the_trail_once_an_hour_for_the_same_person_and_purpose(client: Client, site: Site) -> None:
    browser, other = client("security"), client("op")
    for _ in range(3):
        read(browser)
    read(browser, purpose="order", note="request of the police, case 7")
    read(other)
    site.now += timedelta(hours=1)
    read(browser)
    found = entries(site, "read blocklist")
    assert [(one["actor"], one["purpose"], one["note"]) for one in found] == [
        ("security", "block attacks", ""),
        ("security", "lawful order", "request of the police, case 7"),
        ("op", "block attacks", ""),
        ("security", "block attacks", ""),
    ]
    assert len({one["reader"] for one in found}) == 2
    assert site.open().audit.verify().entries == 4


@pytest.mark.parametrize(
    "note",
    [
        *("about 192.0.2.7", "https://example.org/x", "2001:db8::1", "a@example.org", "192 . 0 . 2 . 7", "192 0 2 7"),
        *("(192)(0)(2)(7)", "3405803781", "cb007105", "host.example.org/secret"),
    ],
)
def test_a_note_with_an_address_is_refused_and_nothing_is_shown(note: str, client: Client, site: Site) -> None:
    keep(site, decision(target="203.0.113.9"))
    browser = client("security")
    answer = browser.post("/lethe/blocklist", data=fill(browser, note=note))
    assert answer.status_code == 400
    assert "The note may hold no address" in answer.text
    assert "203.0.113.9" not in answer.text
    assert entries(site, "read blocklist") == []


def test_a_broken_trail_shows_nothing(client: Client, site: Site) -> None:
    keep(site, decision(target="203.0.113.9"))
    browser = client("security")
    read(browser)
    place = site.open().place("audit")
    name = next(iter(place.names()))
    place.put(name, place.get(name).replace(b"block attacks", b"block nothing"))
    answer = browser.post("/lethe/blocklist", data=fill(browser, purpose="order"))
    assert "203.0.113.9" not in answer.text
    assert "audit trail" in answer.text


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("198.51.100.7", {"198.51.100.7"}),
        ("51.100", {"198.51.100.7", "198.51.100.77"}),
        ("198.51.100.0/26", {"198.51.100.7"}),
        ("2001:db8:0:1::5", {"2001:db8:0:1::/64"}),
        ("2001:db8::/32", {"2001:db8:0:1::/64"}),
        ("MANY different", {"198.51.100.7", "2001:db8:0:1::/64"}),
        ("sql", {"198.51.100.77"}),
        ("0.0.0.0/0", {"198.51.100.7", "198.51.100.77"}),
        ("<script>", set()),
        ("%", set()),
    ],
)
def test_a_search_finds_addresses_networks_and_words(search: str, found: set[str], client: Client, site: Site) -> None:
    keep(
        site,
        decision(target="198.51.100.7"),
        decision(target="198.51.100.77", scenario="sql-injection", reason="SQL in the address"),
        decision(target="2001:db8:0:1::/64"),
    )
    assert set(targets(read(client("security"), search=search))) == found


def test_states_and_scenarios_are_filtered(client: Client, site: Site) -> None:
    keep(
        site,
        decision(target="198.51.100.1"),
        decision(target="198.51.100.2", until=NOW - timedelta(minutes=1)),
        decision(target="198.51.100.3", lifted_at=NOW, lifted_by="op", lift_reason="a mistake", scenario="log4shell"),
    )
    browser = client("security")
    by_state = {state: targets(read(browser, state=state)) for state in ("active", "over", "lifted")}
    assert by_state == {"active": ["198.51.100.1"], "over": ["198.51.100.2"], "lifted": ["198.51.100.3"]}
    assert len(targets(read(browser, state=""))) == 3
    assert targets(read(browser, scenario="log4shell")) == ["198.51.100.3"]
    assert targets(read(browser, state="nonsense")) == ["198.51.100.1"]


def test_addresses_sort_as_numbers_and_a_second_click_turns_the_order(client: Client, site: Site) -> None:
    given = ["198.51.100.9", "2001:db8::1", "198.51.100.10"]
    keep(site, *(decision(n, target=target) for n, target in enumerate(given)))
    up = ["198.51.100.9", "198.51.100.10", "2001:db8::1"]
    browser = client("security")
    assert targets(read(browser, sort="target")) == up
    page = read(browser, sort="target", resort="-target")
    assert targets(page) == up[::-1]
    assert 'aria-sort="descending"' in page
    assert targets(read(browser, sort="nonsense")) == given, "newest first"


def test_pages_are_cut_on_the_server(client: Client, site: Site) -> None:
    keep(site, *(decision(n, target=f"198.51.100.{n}") for n in range(120)))
    browser = client("security")
    pages = [targets(read(browser, page=page)) for page in ("1", "2", "3", "99", "-1", "x")]
    assert [len(page) for page in pages] == [50, 50, 20, 20, 50, 50]
    assert len(set(pages[0] + pages[1] + pages[2])) == 120


def test_decisions_on_one_target_are_one_row_with_the_worst_of_them(client: Client, site: Site) -> None:
    keep(
        site,
        decision(1, target="203.0.113.9", scenario="path-scan"),
        decision(2, target="203.0.113.9", scenario="sql-injection", outcome="success suspected"),
        decision(3, target="203.0.113.9", scenario="path-scan", until=NOW - timedelta(minutes=1)),
        decision(4, target="203.0.113.10"),
    )
    browser = client("security")
    page = read(browser)
    assert targets(page) == ["203.0.113.9", "203.0.113.10"]
    assert "4 decisions on 2 targets" in page
    row = page.split("203.0.113.9</bdi>")[1].split("</tr>")[0]
    assert "3 decisions</summary>" in page
    assert 'class="status5">success suspected' in row
    assert re.search(r"sql-injection</bdi> <span[^>]*>and 1 more", row), "the worst scenario first"
    assert "36</td>" in row
    assert "2 decisions on 1 target" in read(browser, search="203.0.113.9", state="active")
    assert targets(read(browser, sort="-worst")) == ["203.0.113.9", "203.0.113.10"]
    assert targets(read(browser, sort="worst")) == ["203.0.113.10", "203.0.113.9"]


def test_a_decision_shows_the_others_on_its_target_and_its_outcome_in_words(client: Client, site: Site) -> None:
    one, other, _ = keep(
        site,
        decision(1, target="203.0.113.9", scenario="sql-injection", outcome="success suspected"),
        decision(2, target="203.0.113.9", scenario="by-hand", outcome=""),
        decision(3, target="203.0.113.10"),
    )
    browser = client("security")
    page = browser.post(f"/lethe/decisions/{one.decision}", data=fill(browser)).text
    assert "Other decisions on this target, or on a network that holds it: 1" in page
    assert f"decisions/{other.decision}" in page
    assert "looks as if the attack had succeeded" in page
    assert re.search(r"Severity</dt><dd>(low|medium|high|critical)", page)


def test_thousands_of_decisions_on_one_target_are_one_short_row(client: Client, site: Site) -> None:
    kept = keep(site, *(decision(n % 600, target="203.0.113.9") for n in range(3000)))
    browser = client("security")
    page = read(browser)
    assert targets(page) == ["203.0.113.9"]
    assert "and 2,990 earlier" in page
    assert len(page) < 30_000
    story = browser.post(f"/lethe/decisions/{kept[0].decision}", data=fill(browser)).text
    assert "2,999, of which the newest 100 stand here" in story


def test_a_broken_scenario_keeps_nobody_from_lifting_a_ban(client: Client, site: Site) -> None:
    (kept,) = keep(site, decision())
    browser = client("security")
    form = fill(browser, reason="a mistake")
    text = site.policy.read_text("utf-8")
    site.policy.write_text(text + '\n[places]\nscenarios = "no such folder"\n', "utf-8")
    assert "The ban is lifted." in browser.post(f"/lethe/decisions/{kept.decision}/lift", data=form).text


def test_no_address_is_in_any_url_of_a_page(client: Client, site: Site) -> None:
    kept = keep(site, *(decision(n) for n in range(120)))
    browser = client("security")
    pages = [
        read(browser, search="198.51.100"),
        browser.post(f"/lethe/decisions/{kept[0].decision}", data=fill(browser)).text,
    ]
    for page in pages:
        urls = re.findall(r'(?:href|src|action|formaction)="([^"]*)"', page)
        assert urls
        assert all(re.fullmatch(r"(/lethe/[a-z0-9/.]+|#[a-z]+)", url) for url in urls)
        assert not re.search(r"<form(?![^>]*method=\"post\")", page)


def test_a_story_shows_the_hits_whole_and_harmless(client: Client, site: Site) -> None:
    agent = "<script>alert(1)</script>\u202egnp.exe\x7f' onload='x"
    path = "/x?q=union+select+1,2,3+from+users&long=" + "a" * 400
    attack = [hit(NOW - timedelta(seconds=60 - n), "203.0.113.9", f"{path}&n={n}", agent) for n in range(20)]
    site.write("access.log", *attack)
    site.ingest()
    detect(site.open(), "operations", silent)
    (found,) = Decisions(site.open()).all()
    browser = client("security")
    page = browser.post(f"/lethe/decisions/{found.decision}", data=fill(browser)).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page
    assert '<span class="odd">U+202E</span>' in page
    assert "a" * 400 in page, "nothing is cut in a story"
    assert page.count("<time") > found.events
    assert [one["decision"] for one in entries(site, "read story")] == [found.decision]
    assert browser.post("/lethe/decisions/0123456789ab", data=fill(browser)).status_code == 409


def test_a_ban_by_hand_is_in_the_list_the_trail_and_the_files_until_it_is_lifted(client: Client, site: Site) -> None:
    browser = client("security")
    answer = browser.post(
        "/lethe/ban", data=fill(browser, target=" 203.0.113.9 ", reason="told by the bank", hours="1")
    )
    assert "The ban is in force" in answer.text
    (kept,) = Decisions(site.open()).all()
    assert (kept.target, kept.reason, kept.decided_by) == ("203.0.113.9", "told by the bank", "security")
    assert kept.until == NOW + timedelta(hours=1)
    assert "deny 203.0.113.9;" in browser.post("/lethe/export/nginx", data=fill(browser)).text
    lift = f"/lethe/decisions/{kept.decision}/lift"
    assert browser.post(lift, data=fill(browser, reason="")).status_code == 400
    assert "The ban is lifted." in browser.post(lift, data=fill(browser, reason="the bank was wrong")).text
    assert browser.post(lift, data=fill(browser, reason="again")).status_code == 400
    assert Decisions(site.open()).active(NOW) == []
    assert "deny" not in browser.post("/lethe/export/nginx", data=fill(browser)).text
    assert [one["actor"] for action in ("ban", "lift") for one in entries(site, action)] == ["security", "security"]
    assert "203.0.113" not in str(entries(site, "ban") + entries(site, "lift"))


@pytest.mark.parametrize("target", ["", "no address", "192.0.2.3", "0.0.0.0/0", "203.0.113.9; deny all", "<b>"])
def test_a_ban_that_is_refused_says_why_and_keeps_what_was_typed(target: str, client: Client, site: Site) -> None:
    browser = client("op")
    answer = browser.post("/lethe/ban", data=fill(browser, target=target, reason="a <b>reason</b>"))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "a &lt;b&gt;reason&lt;/b&gt;" in answer.text
    assert Decisions(site.open()).all() == []


def test_downloads_are_the_files_of_the_exports_and_each_is_in_the_trail(client: Client, site: Site) -> None:
    keep(site, decision(target="203.0.113.9"), decision(target="203.0.113.10", until=NOW))
    browser = client("op")
    for name, start in (("nginx", "# Lethe blocklist: 1 "), ("csv", "# Lethe blocklist: 1 "), ("nginx", "# Lethe")):
        answer = browser.post(f"/lethe/export/{name}", data=fill(browser, purpose="block"))
        assert answer.text.startswith(start)
        assert "203.0.113.9" in answer.text
        assert "203.0.113.10" not in answer.text
        assert answer.headers["content-disposition"].startswith("attachment;")
    found = [(one["actor"], one["format"], one["decisions"]) for one in entries(site, "export blocklist")]
    assert found == [("op", "nginx", 1), ("op", "csv", 1), ("op", "nginx", 1)]
    assert browser.post("/lethe/export/exe", data=fill(browser)).status_code == 404


def test_ten_thousand_decisions_are_pages_of_fifty(client: Client, site: Site) -> None:
    keep(site, *(decision(n % 600, target=f"198.{18 + n // 62500}.{n // 250 % 250}.{n % 250}") for n in range(10_000)))
    browser = client("security")
    fields = fill(browser, search="198.18.0.0/16", sort="target", state="")
    page = browser.post("/lethe/blocklist", data=fields).text
    assert "page 1 of 200" in page
    assert len(page) < 100_000


def test_a_ban_that_would_hit_a_crowd_is_shown_as_held_back_and_can_be_lifted(client: Client, site: Site) -> None:
    for n in range(10):
        address, moment = f"198.51.100.{n}", NOW - timedelta(days=1)
        site.write("access.log", hit(moment, address, "/"), hit(moment, address, "/style.css"))
    site.ingest()
    browser = client("security")
    banned = browser.post("/lethe/ban", data=fill(browser, target="198.51.100.0/24", reason="a whole school"))
    assert "10 of 10 people" in banned.text
    for state in ("", "active", "held back"):
        assert '<span class="state held back">held back</span>' in read(browser, state=state)
    (held,) = [one for one in Decisions(site.open()).all() if one.target == "198.51.100.0/24"]
    story = browser.post(f"/lethe/decisions/{held.decision}", data=fill(browser))
    assert "held back" in story.text
    assert "0 active, 1 held back of 1 decisions" in read(browser)
    program = client()
    program.headers["Authorization"] = f"Bearer {add_token(site.open(), 'firewall', 'block attacks', 'operations')}"
    for state, found in (("active", []), ("held back", ["held back"]), ("all", ["held back"])):
        answer = program.get("/lethe/api/decisions", params={"state": state}).json()
        assert [one["state"] for one in answer["decisions"]] == found
    assert program.get(f"/lethe/api/decisions/{held.decision}").json()["state"] == "held back"
    browser.post(f"/lethe/decisions/{held.decision}/lift", data=fill(browser, reason="wrong"))
    assert "held back</span>" not in read(browser, state="")


def test_the_chart_counts_each_day_and_names_no_more_than_six_series(client: Client, site: Site) -> None:
    yesterday = NOW - timedelta(days=1)
    many = [decision(n, scenario=f"scenario-{n % 9}") for n in range(30)]
    keep(site, *many, *(decision(n, decided_at=yesterday, day=yesterday.date()) for n in range(4)))
    page = read(client("security"))
    assert page.count("<rect class=") > 6
    assert 'class="s7"' not in page
    assert re.search(r"2026-11-19</th>.*?<td class=\"figure\">4</td></tr>", page)
    assert re.search(r"2026-11-20</th>.*?<td class=\"figure\">30</td></tr>", page)


def test_an_empty_list_says_what_will_stand_there(client: Client, site: Site) -> None:
    browser = client("security")
    assert "No decisions yet" in read(browser)
    keep(site, decision())
    assert "Nothing fits" in read(browser, search="192.0.2.99")


def test_a_replay_says_so_on_every_page(client: Client, site: Site) -> None:
    (kept,) = keep(site, decision())
    browser = client("admin")
    form = fill(browser)
    assert "Replay" not in browser.get("/lethe/status").text
    set_replay_clock(site.open().place("state"), NOW, NOW)
    pages = [browser.get("/lethe/blocklist"), browser.get("/lethe/status"), browser.post("/lethe/blocklist", data=form)]
    pages += [browser.post(f"/lethe/decisions/{kept.decision}", data=form), browser.post("/lethe/ban", data=form)]
    assert all("This store replays old logs" in page.text for page in pages)


def test_a_ban_whose_form_is_refused_is_not_made(client: Client, site: Site) -> None:
    browser = client("op")
    answer = browser.post("/lethe/ban", data=fill(browser, target="203.0.113.9", reason="x", note="at 192 0 2 7"))
    assert answer.status_code == 400
    assert Decisions(site.open()).all() == []


def test_a_ban_that_the_trail_does_not_take_is_not_made(client: Client, site: Site) -> None:
    browser = client("op")
    read(browser)
    place = site.open().place("audit")
    name = next(iter(place.names()))
    place.put(name, place.get(name)[:-9] + b"\n")
    assert browser.post("/lethe/ban", data=fill(browser, target="203.0.113.9", reason="x")).status_code == 400
    assert Decisions(site.open()).all() == []


def test_lifting_a_ban_lifts_all_on_its_target(client: Client, site: Site) -> None:
    browser = client("op")
    for reason in ("one", "two"):
        browser.post("/lethe/ban", data=fill(browser, target="203.0.113.9", reason=reason))
    one, _ = Decisions(site.open()).active(NOW)
    answer = browser.post(f"/lethe/decisions/{one.decision}/lift", data=fill(browser, reason="it was us"))
    assert "All 2 bans on this target are lifted." in answer.text
    assert "deny" not in browser.post("/lethe/export/nginx", data=fill(browser)).text


def test_who_lifts_a_ban_is_told_that_a_network_around_it_stays_banned(client: Client, site: Site) -> None:
    browser = client("op")
    for target in ("203.0.113.9", "203.0.113.0/24"):
        browser.post("/lethe/ban", data=fill(browser, target=target, reason="x"))
    [one] = Decisions(site.open()).on(["203.0.113.9"])
    page = browser.post(f"/lethe/decisions/{one.decision}/lift", data=fill(browser, reason="it was us")).text
    assert "It is still blocked" in page
    [network] = Decisions(site.open()).on(["203.0.113.0/24"])
    page = browser.post(f"/lethe/decisions/{network.decision}/lift", data=fill(browser, reason="it was us")).text
    assert "It is still blocked" not in page


def test_a_handle_that_there_is_none_of_is_not_in_the_trail(client: Client, site: Site) -> None:
    browser = client("op")
    assert browser.post("/lethe/decisions/203000113066", data=fill(browser)).status_code == 409
    assert browser.post("/lethe/decisions/203000113066/lift", data=fill(browser, reason="x")).status_code == 409
    assert entries(site, "read story") == []


def test_whoever_meets_work_on_the_day_is_told_soon(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocklist, "PATIENCE", 0.1)
    browser = client("op")
    fields = fill(browser, target="203.0.113.9", reason="x")
    with site.open().writing(NOW.date()):
        answer = browser.post("/lethe/ban", data=fields)
    assert answer.status_code == 503
    assert "Try again" in answer.text
    assert Decisions(site.open()).all() == []
