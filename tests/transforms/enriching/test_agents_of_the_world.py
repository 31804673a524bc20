"""How well people and robots are told apart, on public lists of user agents.

The floors are what was reached, on lists that the patterns were read against: a new list will give a little less.
"""

import csv
import gzip
from collections.abc import Callable

import pytest

from tests.data import data_path
from transforms.enriching.agents import classify_agents

Row = dict[str, str]
STRICT = ("monperrus/crawler-user-agents", "omrilotan/isbot")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with gzip.open(data_path("agents", "user_agents.csv.gz"), "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = classify_agents([row["user_agent"] for row in rows])["agent_kind"].to_pylist()
    return [{**row, "found": kind} for row, kind in zip(rows, found, strict=True)]


def precision_and_recall(rows: list[Row], is_robot: Callable[[Row], bool], found: Callable[[Row], bool]):
    both = sum(is_robot(row) and found(row) for row in rows)
    precision, recall = both / sum(map(found, rows)), both / sum(map(is_robot, rows))
    print(f"{len(rows)} agents: precision {precision:.4f}, recall {recall:.4f}")
    return precision, recall


def robots(rows: list[Row]) -> tuple[float, float]:
    return precision_and_recall(rows, lambda row: row["kind"] != "browser", lambda row: row["found"] != "human")


def test_robots_of_the_strict_lists_are_told_from_browsers(rows):
    precision, recall = robots([row for row in rows if row["source"].startswith(STRICT)])
    assert precision >= 0.996
    assert recall >= 0.987


def test_robots_of_all_lists_are_told_from_browsers(rows):
    # uap-core's own labels call Lynx a robot, because of its "libwww"; people use it.
    precision, recall = robots([row for row in rows if not row["user_agent"].startswith("Lynx/")])
    assert precision >= 0.996
    assert recall >= 0.986


def test_robots_of_ai_are_told_from_everything_else(rows):
    strict = [row for row in rows if row["source"].startswith(STRICT)]
    precision, recall = precision_and_recall(strict, lambda row: row["kind"] == "ai", lambda row: row["found"] == "ai")
    assert precision >= 0.90
    assert recall >= 0.99
