"""The blocklist as CrowdSec's bouncers ask for it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from plugins.access.tokens import add_token, remove_token
from plugins.blocklist.by_hand import lift
from plugins.blocklist.decisions import Decision, Decisions
from plugins.blocklist.exporting import expired_exports, remove_expired
from plugins.store.door import Folder
from plugins.store.replay import set_replay_clock
from schemas.receipts import Mark
from tests.plugins.pages.conftest import NOW, decision, keep
from tests.stores import POLICY, Site

Client = Callable[..., TestClient]
STREAM = "/lethe/v1/decisions/stream"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MALLORY, TRUDY, BERIT = "203.0.113.66", "203.0.113.67", "198.51.100.5"
# What the oldest clients take for a duration: an optional sign, three parts, a fraction.
DURATION = re.compile(r"-?(\d+)h(\d+)m(\d+)\.\d+s")


class Bouncer:
    """It keeps whom it blocks, as told."""

    def __init__(self, browser: TestClient, key: str) -> None:
        self.browser, self.key = browser, key
        self.blocked: set[str] = set()

    def get(self, url: str, **headers: str) -> Any:
        return self.browser.get(url, headers={"X-Api-Key": self.key} | headers)

    def pull(self, startup: bool = False, loses: bool = False) -> tuple[list[str], list[str]]:
        """The new and the deleted, in order; an answer may be lost on the way."""
        answer = self.get(f"{STREAM}?startup={str(startup).lower()}")
        assert answer.status_code == 200, answer.text
        new, deleted = ([one["value"] for one in answer.json()[part]] for part in ("new", "deleted"))
        if not loses:
            self.blocked = (set() if startup else self.blocked) - set(deleted) | set(new)
        return sorted(new), sorted(deleted)


@pytest.fixture
def bouncer(client: Client, site: Site) -> Bouncer:
    return Bouncer(client(), add_token(site.open(), "firewall", "block attacks", "operations"))


def remove(site: Site, *decisions: Decision) -> None:
    """As an erasure does: they are not there any more."""
    store = site.open()
    day = decisions[0].day
    with store.writing(day):
        Decisions(store).put_day(day, [one for one in Decisions(store).of_day(day) if one not in decisions])


@pytest.mark.parametrize("key", ["", "lethe_x", "crowdsec", "é"])
@pytest.mark.parametrize("call", [STREAM, "/lethe/v1/decisions", f"/lethe/v1/decisions?ip={MALLORY}"])
def test_without_a_good_key_there_is_nothing(key: str, call: str, client: Client, site: Site) -> None:
    add_token(site.open(), "firewall", "block attacks", "operations")
    keep(site, decision(target=MALLORY))
    for role in (None, "admin"):
        answer = client(role).get(call, headers={"X-Api-Key": key.encode()})
        assert answer.status_code == 403
        assert answer.json() == {"message": "Send X-Api-Key and a token of: lethe token add"}


def test_a_removed_token_streams_no_more(bouncer: Bouncer, site: Site) -> None:
    bouncer.pull(startup=True)
    remove_token(site.open(), "firewall", "operations")
    assert bouncer.get(STREAM).status_code == 403


def test_a_decision_has_the_fields_of_the_protocol(bouncer: Bouncer, site: Site) -> None:
    kept = keep(site, decision(1, target=MALLORY, scenario="path-scan"), decision(2, target="2001:db8::/64"))
    found = {one["value"]: one for one in bouncer.get(f"{STREAM}?startup=true").json()["new"]}
    assert found[MALLORY] == {
        "id": int(kept[0].decision, 16),
        "origin": "lethe",
        "type": "ban",
        "scope": "Ip",
        "value": MALLORY,
        "scenario": "path-scan",
        "duration": "4h0m0.000s",
        "until": "2026-11-20T16:00:00Z",
        "simulated": False,
    }
    assert found["2001:db8::/64"]["scope"] == "Range"
    site.now += timedelta(minutes=1, milliseconds=250)
    later = bouncer.get(f"{STREAM}?startup=true").json()["new"]
    assert {one["duration"] for one in later} == {"3h58m59.750s"}
    assert {one["id"] for one in later} == {one["id"] for one in found.values()}


def test_the_stream_says_what_changed(bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY, until=NOW + HOUR), decision(2, target=TRUDY))
    assert bouncer.pull(startup=True) == ([MALLORY, TRUDY], [])
    site.now += 11 * MINUTE
    assert bouncer.pull() == ([MALLORY, TRUDY], []), "the last answer may have been lost"
    site.now += MINUTE
    assert bouncer.pull() == ([], [])
    keep(site, decision(3, target=BERIT))
    site.now += MINUTE
    assert bouncer.pull() == ([BERIT], [])
    site.now += HOUR
    assert bouncer.pull() == ([BERIT], [MALLORY]), "whose ban has ended"
    assert bouncer.blocked == {TRUDY, BERIT}


def test_whoever_is_banned_no_more_is_deleted_whatever_the_reason(bouncer: Bouncer, site: Site) -> None:
    earlier = NOW - timedelta(days=1)
    lifted, erased, closed, allowed, _ = keep(
        site,
        decision(1, target="203.0.113.1"),
        decision(2, target="203.0.113.2"),
        decision(3, target="203.0.113.3", day=earlier.date()),
        decision(4, target="198.51.100.77"),
        decision(5, target=BERIT),
    )
    bouncer.pull(startup=True)
    site.now += MINUTE
    lift(site.open(), [lifted.decision], "it was us", "security")
    remove(site, erased)
    site.open().marks.put(Mark(day=closed.day, state="closing", how="given up", lines=0, since=site.now))
    site.policy.write_text(POLICY + '\n[blocklist]\nallowlist = ["198.51.100.64/26"]\n', encoding="utf-8")
    _, deleted = bouncer.pull()
    assert deleted == sorted(one.target for one in (lifted, erased, closed, allowed))
    assert bouncer.blocked == {BERIT}
    rows = bouncer.get(STREAM).json()["deleted"]
    assert all(DURATION.fullmatch(row["duration"]) and row["duration"].startswith("-") for row in rows)


@pytest.mark.parametrize("pause", [10 * SECOND, MINUTE, HOUR])
def test_nothing_is_lost_where_an_answer_was(pause: timedelta, bouncer: Bouncer, site: Site) -> None:
    lifted, erased = keep(site, decision(1, target=MALLORY), decision(2, target=TRUDY))
    bouncer.pull(startup=True)
    site.now += pause
    lift(site.open(), [lifted.decision], "it was us", "security")
    remove(site, erased)
    keep(site, decision(3, target=BERIT, until=NOW + 9 * HOUR))
    bouncer.pull(loses=True)
    site.now += pause
    bouncer.pull()
    assert bouncer.blocked == {BERIT}


def test_a_target_stays_blocked_while_one_of_its_bans_is_in_force(bouncer: Bouncer, site: Site) -> None:
    short, long = keep(
        site, decision(1, target=MALLORY, until=NOW + HOUR), decision(2, target=MALLORY, until=NOW + 2 * HOUR)
    )
    (row,) = bouncer.get(f"{STREAM}?startup=true").json()["new"]
    assert row["id"] == int(long.decision, 16), "it counts until the last ends"
    site.now += HOUR
    assert bouncer.pull()[1] == []
    remove(site, short)
    third = keep(site, decision(3, target=MALLORY, until=NOW + 3 * HOUR))[0]
    assert [row["id"] for row in bouncer.get(STREAM).json()["new"]] == [int(third.decision, 16)], "longer is news"
    remove(site, third)
    answer = bouncer.get(STREAM).json()
    assert [row["id"] for row in answer["deleted"]] == [int(third.decision, 16)]
    assert [row["id"] for row in answer["new"]] == [int(long.decision, 16)], "and shorter is too"


def test_a_bouncer_that_starts_again_hears_all(bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY))
    bouncer.pull(startup=True)
    site.now += HOUR
    bouncer.pull()
    assert bouncer.pull(startup=True) == ([MALLORY], [])


def test_each_bouncer_hears_what_is_news_to_it(bouncer: Bouncer, client: Client, site: Site) -> None:
    (kept,) = keep(site, decision(1, target=MALLORY))
    bouncer.pull(startup=True)
    other = Bouncer(client(), add_token(site.open(), "proxy", "block attacks", "operations"))
    assert other.pull() == ([MALLORY], []), "whoever is not known is told all"
    lift(site.open(), [kept.decision], "it was us", "security")
    assert bouncer.pull() == ([], [MALLORY])
    assert other.pull() == ([], [MALLORY])


def test_what_a_bouncer_was_told_is_sealed_with_its_token_and_goes_with_the_day(bouncer: Bouncer, site: Site) -> None:
    (kept,) = keep(site, decision(1, target=MALLORY))
    bouncer.pull(startup=True)
    store = site.open()
    (name,) = store.place("exports").names("bouncers/")
    content = store.place("exports").get(name)
    assert MALLORY.encode() not in content
    heading = content.partition(b"\n")[0].decode()
    assert heading == f"# Lethe bouncer: 1 sealed bans, expires {store.calendar.deadline(kept.day):%Y-%m-%d}T23:00:00Z"
    remove_token(store, "firewall", "operations")
    again = Bouncer(bouncer.browser, add_token(store, "firewall", "block attacks", "operations"))
    lift(store, [kept.decision], "it was us", "security")
    assert again.pull() == ([], []), "another token opens nothing"
    site.now = store.calendar.deadline(kept.day)
    assert name in expired_exports(site.open())
    remove_expired(site.open())
    assert list(store.place("exports").names("bouncers/")) == []


@pytest.mark.parametrize("content", [b"", b"x", b"# Lethe bouncer: 1 sealed bans, expires never\nPAR1"])
def test_a_damaged_memory_tells_all_again(content: bytes, bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY))
    bouncer.pull(startup=True)
    site.now += HOUR
    bouncer.pull()
    site.open().place("exports").put("bouncers/firewall.sealed", content)
    assert bouncer.pull() == ([MALLORY], [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("scopes=ip", {MALLORY}),
        ("scopes=Range,Country", {"2001:db8::/64"}),
        ("origins=crowdsec,cscli", set()),
        ("origins=lethe,cscli", {MALLORY, "2001:db8::/64"}),
        ("scenarios_containing=ssh,scan", {MALLORY}),
        ("scenarios_not_containing=scan", {"2001:db8::/64"}),
    ],
)
def test_a_bouncer_takes_what_it_wants(query: str, found: set[str], bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY, scenario="path-scan"), decision(2, target="2001:db8::/64", scenario="flood"))
    answer = bouncer.get(f"{STREAM}?startup=true&{query}").json()
    assert {one["value"] for one in answer["new"]} == found
    assert {one["value"] for one in bouncer.get(f"/lethe/v1/decisions?{query}").json() or []} == found


def test_single_questions_are_refused_unless_the_policy_allows_them(bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY), decision(2, target="2001:db8::/64"), decision(3, target="198.51.100.0/24"))
    for query in (f"ip={MALLORY}", f"range={MALLORY}/32", f"scope=ip&value={MALLORY}", "ip=x"):
        answer = bouncer.get(f"/lethe/v1/decisions?{query}")
        assert answer.status_code == 403
        assert "blocklist.single_queries" in answer.json()["message"]
    assert len(bouncer.get("/lethe/v1/decisions").json()) == 3
    site.policy.write_text(POLICY + "\n[blocklist]\nsingle_queries = true\n", encoding="utf-8")
    for query, target in {
        f"ip={MALLORY}": [MALLORY],
        "ip=203.0.113.99": None,
        "ip=2001:db8::7": ["2001:db8::/64"],
        "ip=198.51.100.9": ["198.51.100.0/24"],
        "scope=Ip&value=198.51.100.9": ["198.51.100.0/24"],
        "range=198.51.0.0/16": None,
        "range=198.51.0.0/16&contains=false": ["198.51.100.0/24"],
    }.items():
        found = bouncer.get(f"/lethe/v1/decisions?{query}").json()
        assert (found and [one["value"] for one in found]) == target, query
    assert bouncer.get("/lethe/v1/decisions?ip=nobody").status_code == 400


@pytest.mark.parametrize(
    "call",
    [
        "/lethe/v1/decisions",
        "/v1/decisions",
        "/lethe/v1/decisions/x",
        "/lethev1/decisions",
        "/lethe/v1//decisions",
        STREAM,
    ],
)
@pytest.mark.parametrize("key", ["", "x"])
def test_an_address_that_a_bouncer_asks_for_is_never_logged(
    call: str, key: str, bouncer: Bouncer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Airflow's access log has a line for each request, with its query."""
    bouncer.key = key or bouncer.key
    bouncer.get("/lethe/api/decisions?limit=77")
    bouncer.get(f"{call}?ip={MALLORY}&range={MALLORY}&startup={MALLORY}")
    bouncer.browser.head(f"{call}?ip={MALLORY}")
    said = "".join(capsys.readouterr())
    assert "limit=77" in said, "else this test sees nothing"
    assert call in said
    assert MALLORY not in said


def test_whoever_only_tries_the_key_was_told_nothing(bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY))
    answer = bouncer.browser.head(f"{STREAM}?startup=true", headers={"X-Api-Key": bouncer.key})
    assert (answer.status_code, answer.content) == (200, b"")
    assert list(site.open().place("exports").names("bouncers/")) == []
    assert bouncer.pull() == ([MALLORY], [])


def test_a_full_disk_keeps_no_bouncer_from_its_answer(
    bouncer: Bouncer, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = keep(site, decision(1, target=MALLORY))
    bouncer.pull(startup=True)
    put = Folder.put

    def refuse(place: Folder, name: str, content: bytes) -> None:
        if name.startswith("bouncers/"):
            raise OSError(28, "No space left on device", name)
        put(place, name, content)

    lift(site.open(), [kept.decision], "it was us", "security")
    keep(site, decision(2, target=BERIT))
    monkeypatch.setattr(Folder, "put", refuse)
    for _ in range(2):
        site.now += HOUR
        assert bouncer.pull() == ([BERIT], [MALLORY])


def test_a_replay_of_old_logs_blocks_nobody(bouncer: Bouncer, site: Site) -> None:
    keep(site, decision(1, target=MALLORY))
    set_replay_clock(site.open().place("state"), NOW, NOW)
    answer = bouncer.get(f"{STREAM}?startup=true")
    assert answer.status_code == 409
    assert "replays old logs" in answer.json()["message"]
