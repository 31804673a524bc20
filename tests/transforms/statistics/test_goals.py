"""Conversions: visits in which a goal's page or download was reached."""

from typing import Any

import pytest

from tests.transforms.statistics.day import folding, hit, only, policy, tables

GOALS = """
[[goals]]
name = "sent"
path = ["/contact/sent", "/kontakt/sendt"]
[[goals]]
name = "guides"
path = "/files/*"
"""
GOOGLE = "https://www.google.com/"


def goals(*hits: dict[str, Any], under: str = GOALS) -> list[dict[str, Any]]:
    return tables(*hits, under=policy(under))["goals_daily"]


def test_a_visit_converts_once_however_often_it_is_there() -> None:
    found = goals(
        hit("/", referrer=GOOGLE), hit("/contact/sent", 9), hit("/contact/sent", 19), hit("/kontakt/sendt", 29)
    )
    assert found == [
        {
            "vhost": "www.example.org",
            "goal": "sent",
            "source_kind": "search",
            "source": "Google",
            "entry_path": "/",
            "device_class": "desktop",
            "conversions": 1,
            "unique_visitors": 1,
        }
    ]


def test_two_visits_of_one_visitor_are_two_conversions() -> None:
    assert only(goals(hit("/contact/sent"), hit("/contact/sent", 1800)), conversions=2, unique_visitors=1)


def test_a_visit_that_reaches_two_goals_is_in_the_rows_of_both() -> None:
    found = goals(hit("/"), hit("/contact/sent", 9), hit("/files/guide.pdf", 19))
    assert [(row["goal"], row["entry_path"], row["conversions"]) for row in found] == [
        ("guides", "/", 1),
        ("sent", "/", 1),
    ]


def test_a_visit_of_downloads_only_has_no_first_page() -> None:
    assert only(goals(hit("/files/guide.pdf")), goal="guides", entry_path="unknown", conversions=1)


def test_a_visit_counts_where_it_began() -> None:
    hosts = ("shop.example.org", "www.example.org")
    found = goals(*(hit(path, at * 9, vhost=hosts[at]) for at, path in enumerate(("/", "/contact/sent"))))
    assert only(found, vhost="shop.example.org", goal="sent")


@pytest.mark.parametrize(
    ("path", "is_reached"),
    [
        ("/contact/sent", True),
        ("/contact/sent/", False),
        ("/contact", False),
        ("/files/guide.pdf", True),
        ("/files/old/guide.pdf", True),
        ("/filesystem", False),
    ],
)
def test_a_path_is_exact_or_begins_so(path: str, is_reached: bool) -> None:
    assert bool(goals(hit(path))) is is_reached


@pytest.mark.parametrize(("wanted", "found"), [("/blog", 2), ("/blog?p=1", 1), ("/blog*", 2), ("/blog?p=*", 1)])
def test_a_page_key_parts_a_goal_only_where_the_goal_has_it(wanted: str, found: int) -> None:
    under = f'page_query_keys = ["p"]\n[[goals]]\nname = "read"\npath = "{wanted}"\n'
    hits = (hit("/blog"), hit("/blog", 7200, query="p=1"))
    assert sum(row["conversions"] for row in goals(*hits, under=under)) == found


@pytest.mark.parametrize(
    "reached", [{"status": 404}, {"status": 302}, {"method": "HEAD"}, {"user_agent": "Googlebot/2.1"}]
)
def test_only_actions_of_people_reach_a_goal(reached: dict[str, Any]) -> None:
    assert goals(hit("/"), hit("/contact/sent", 9, **reached)) == []


def test_a_goal_in_letters_of_its_language_is_what_browsers_send_for_it() -> None:
    under = '[[goals]]\nname = "done"\npath = "/fullført/*"\n'
    (row,) = goals(hit("/fullf%C3%B8rt/takk"), under=under)
    assert row["conversions"] == 1


def test_without_goals_the_table_is_there_and_empty() -> None:
    assert goals(hit("/contact/sent"), under="") == []


def test_rare_sources_and_first_pages_of_a_goal_are_folded_and_no_conversion_is_lost() -> None:
    hits = [hit("/", client_ip=f"198.51.100.{n}", referrer=GOOGLE) for n in range(6)]
    hits += [hit("/rare", client_ip=f"198.51.100.{n}", referrer=f"https://s{n}.example/") for n in range(6, 11)]
    hits += [hit("/contact/sent", 9, client_ip=f"198.51.100.{n}") for n in range(11)]
    found = tables(*hits, under=folding(5, GOALS))["goals_daily"]
    assert {(row["source_kind"], row["source"], row["entry_path"]): row["conversions"] for row in found} == {
        ("search", "Google", "/"): 6,
        ("external", "(other)", "/rare"): 5,
    }
    assert {row["goal"] for row in found} == {"sent"}
