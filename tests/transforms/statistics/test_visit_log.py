"""The visit log keeps what happened, and neither who it was nor what only a few did."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.statistics import OTHER
from schemas.visit_log import VISIT_LOG
from tests.transforms.statistics.day import FIREFOX, NOON, folding, hit, only, policy, visit_log

Rows = list[dict[str, Any]]


def crowd(path: str, people: int = 5, **differences: Any) -> Rows:
    """One hit of each of some people."""
    return [hit(path, client_ip=f"198.51.100.{n + 1}", **differences) for n in range(people)]


def test_a_hit_keeps_its_minute_its_network_and_what_it_asked_for() -> None:
    found = visit_log(
        hit("/a", 61.5, vhost="example.org", method="POST", referrer="https://www.google.com/", query="x")
    )
    assert found["hits"] == [
        {
            "minute": NOON + timedelta(minutes=1),
            "vhost": "example.org",
            "client_network": "192.0.2.0/24",
            "method": "POST",
            "path": "/a",
            "status": 200,
            "bytes_sent": 100,
            "source_kind": "search",
            "source": "Google",
            "agent_kind": "human",
            "browser": "Firefox",
            "os": "Linux",
            "device_class": "desktop",
            "country": "unknown",
        }
    ]


def test_a_hit_without_anything_is_unknown_in_everything_and_null_in_nothing() -> None:
    bare = {"client_ip": None, "client_host": "ola.example", "method": None, "status": None, "user_agent": None}
    (row,) = visit_log(hit(None, **bare))["hits"]
    assert [name for name, value in row.items() if value == "unknown"] == [
        *("client_network", "method", "path", "source", "browser", "os", "country"),
    ]
    assert (row["vhost"], row["status"], row["agent_kind"]) == ("www.example.org", 0, "bot")


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::77", "2001:db8:1::/48"),
        (None, "unknown"),
    ],
)
def test_a_client_is_known_by_its_network_only(client: str | None, network: str) -> None:
    assert only(visit_log(hit(client_ip=client))["hits"], client_network=network)


def test_the_policy_says_how_many_bits_are_kept() -> None:
    under = policy("[truncation]\nipv4_prefix = 16\nipv6_prefix = 32")
    found = visit_log(hit(), hit(client_ip="2001:db8:1::1"), under=under)["hits"]
    assert {row["client_network"] for row in found} == {"192.0.0.0/16", "2001:db8::/32"}


def test_a_method_of_the_clients_own_making_is_not_kept() -> None:
    found = visit_log(hit(method="192.0.2.77"), hit(method="PROPFIND"))["hits"]
    assert {row["method"] for row in found} == {OTHER, "PROPFIND"}


def test_a_visit_is_a_row_with_its_first_and_last_page() -> None:
    hits = [hit("/x.zip", 0.5), hit("/a", 5, vhost="example.org"), hit("/b", 65), hit("/y.zip", 70.9)]
    (visit,) = visit_log(*hits, hit("/style.css", 80), hit("/gone", 90, status=404))["visits"]
    assert visit == {
        "minute": NOON,
        "vhost": "www.example.org",
        "visit_seconds": 70.0,
        "actions": 4,
        "entry_path": "/a",
        "exit_path": "/b",
        "source_kind": "direct",
        "source": "unknown",
        "device_class": "desktop",
        "country": "unknown",
    }


def test_thirty_silent_minutes_make_two_rows() -> None:
    found = visit_log(hit("/a"), hit("/b", 1799), hit("/c", 1799 + 1800))["visits"]
    assert [(row["entry_path"], row["exit_path"], row["actions"], row["visit_seconds"]) for row in found] == [
        ("/a", "/b", 2, 1799),
        ("/c", "/c", 1, 0),
    ]


def test_a_visit_of_downloads_has_no_page() -> None:
    assert only(visit_log(hit("/x.zip"))["visits"], entry_path="unknown", exit_path="unknown", actions=1)


def test_a_visit_came_by_its_first_action() -> None:
    hits = [hit("/a", referrer="https://www.google.com/"), hit("/b", 9, query="utm_source=letter")]
    assert only(visit_log(*hits)["visits"], source_kind="search", source="Google")


def test_only_people_visit_and_ignored_hits_are_in_neither_table() -> None:
    under = policy('ignore_paths = ["/health"]\nexclude_networks = ["198.51.100.0/24"]')
    ignored = [hit("/health"), hit("/", client_ip="::ffff:198.51.100.9")]
    found = visit_log(*ignored, hit(user_agent="Googlebot/2.1"), hit("/a"), under=under)
    assert [row["path"] for row in found["hits"]] == ["/", "/a"]
    assert only(found["visits"], entry_path="/a")


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first = datetime(2026, 10, 25, 0, 30, 20, tzinfo=UTC)  # 02:30 in Oslo, and an hour later again
    hits = [hit("/a", requested_at=first + timedelta(hours=hours)) for hours in (0, 1)]
    found = visit_log(*hits)
    for name in VISIT_LOG:
        assert [row["minute"].replace(tzinfo=UTC).hour for row in found[name]] == [0, 1]
        assert {row["minute"].second for row in found[name]} == {0}


def test_values_of_few_people_are_folded_as_in_the_tables() -> None:
    rare = hit("/rare", user_agent=FIREFOX.replace("Linux", "FreeBSD"), referrer="https://rare.example/")
    more = crowd("/b", vhost="a.example", user_agent=FIREFOX.replace("Linux", "Haiku"))
    found = visit_log(*crowd("/a"), *more, rare, under=folding(5))["hits"]
    (row,) = [row for row in found if row["client_network"] == "192.0.2.0/24"]
    assert [row[name] for name in ("path", "source", "os")] == [OTHER] * 3
    assert (row["vhost"], row["source_kind"]) == ("www.example.org", "external")
    assert {row["vhost"] for row in found} == {"www.example.org", "a.example"}


def test_a_path_is_shown_if_a_table_of_the_day_shows_it() -> None:
    many = [*crowd("/a"), *crowd("/c"), *crowd("/style.css"), *crowd("/gone", status=404), *crowd("/moved", status=301)]
    found = visit_log(*many, under=folding(5))["hits"]
    assert {row["path"] for row in found} == {"/a", "/c", "/gone", OTHER}


def test_the_pages_of_a_visit_are_folded_as_in_the_table_of_pages() -> None:
    robots = crowd("/b", user_agent="Googlebot/2.1")
    few = [hit("/b", client_ip=f"192.0.2.{n}") for n in range(1, 5)]
    found = visit_log(*crowd("/a"), *crowd("/c"), *robots, hit("/a", -9), *few, hit("/d", 9), under=folding(4))
    assert {row["path"] for row in found["hits"]} == {"/a", "/c", OTHER}, "/b is hidden beside the one person of /d"
    assert [(row["entry_path"], row["exit_path"]) for row in found["visits"]].count(("/a", OTHER)) == 1


PEOPLE = st.integers(1, 6).map(lambda n: f"203.0.113.{n}") | st.integers(1, 6).map(lambda n: f"2001:db8:7::{n}77")
PLACES = st.sampled_from(["/a", "/b", "/x.zip", "/c/{}", "/d?{}", "/style.css"])
HITS = st.lists(
    st.builds(
        lambda client, path, seconds, field, status: hit(
            path.format(client), seconds, client_ip=client, status=status, **{field: client}
        ),
        PEOPLE,
        PLACES,
        st.integers(0, 7200) | st.floats(0, 7200),
        st.sampled_from(["client_host", "remote_user", "vhost", "query", "method", "referrer", "request_line"]),
        st.sampled_from([200, 304, 404]),
    ),
    max_size=30,
)


@settings(max_examples=30, deadline=None)
@given(HITS)
def test_no_address_is_in_any_column(hits: Rows) -> None:
    text = repr(visit_log(*hits))
    assert [row["client_ip"] for row in hits if f"{row['client_ip']}'" in text or f"{row['client_ip']}/" in text] == []


@settings(max_examples=30, deadline=None)
@given(HITS, st.integers(2, 5))
def test_what_stays_was_done_by_enough_people(hits: Rows, smallest: int) -> None:
    for row in visit_log(*hits, under=folding(smallest))["hits"]:
        if row["path"] in ("/a", "/b", "/x.zip", "/style.css"):
            visitors = {
                (asked["client_ip"], asked.get("client_host")) for asked in hits if asked["path"] == row["path"]
            }
            assert len(visitors) >= smallest


@settings(max_examples=30, deadline=None)
@given(HITS, st.randoms(use_true_random=False))
def test_the_order_of_rows_tells_nothing_about_the_order_in_the_log(hits: Rows, shuffling: random.Random) -> None:
    apart = [row | {"requested_at": row["requested_at"].replace(microsecond=n)} for n, row in enumerate(hits)]
    shuffled = apart.copy()
    shuffling.shuffle(shuffled)
    found = visit_log(*apart)
    assert found == visit_log(*shuffled)
    for name, rows in found.items():
        texts = [tuple(row.values()) for row in rows]
        assert texts == sorted(texts), name
