"""How well people, robots and AI's robots are told apart, on public lists of user agents.

The figures are of lists that the patterns were read against: a new list will give a little less.
"""

import csv
import gzip
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.comparison.document import DOCUMENT
from tests.data import data_path
from transforms.enriching.agents import classify_agents

Row = dict[str, str]
LISTS = {
    "crawler-user-agents": ("monperrus/",),
    "isbot": ("omrilotan/",),
    "both": ("monperrus/", "omrilotan/"),
    "uap-core": ("ua-parser/",),
    "all": ("monperrus/", "omrilotan/", "ua-parser/"),
}


class Measured(NamedTuple):
    """Of all that were found, and of all that there are, the share that is right; None where there are none."""

    precision: float | None
    recall: float | None


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with gzip.open(data_path("agents", "user_agents.csv.gz"), "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = classify_agents([row["user_agent"] for row in rows])["agent_kind"].to_pylist()
    # uap-core's own labels call Lynx a robot, because of its "libwww"; people use it.
    both = zip(rows, found, strict=True)
    return [{**row, "found": kind} for row, kind in both if not row["user_agent"].startswith("Lynx/")]


def measure(rows: list[Row], is_one: Callable[[Row], bool], found: Callable[[Row], bool]) -> Measured:
    right, taken, true = sum(is_one(r) and found(r) for r in rows), sum(map(found, rows)), sum(map(is_one, rows))
    return Measured(right / taken if taken and true else None, right / true if true else None)


def robots(rows: list[Row]) -> Measured:
    return measure(rows, lambda row: row["kind"] != "browser", lambda row: row["found"] != "human")


def people(rows: list[Row]) -> Measured:
    return measure(rows, lambda row: row["kind"] == "browser", lambda row: row["found"] == "human")


def of_ai(rows: list[Row]) -> Measured:
    return measure(rows, lambda row: row["kind"] == "ai", lambda row: row["found"] == "ai")


def of_lists(rows: list[Row], name: str) -> list[Row]:
    return [row for row in rows if row["source"].startswith(LISTS[name])]


@pytest.mark.parametrize("name", ["both", "all"])
def test_people_and_robots_are_told_apart_in_99_of_100(rows: list[Row], name: str) -> None:
    found, humans = robots(of_lists(rows, name)), people(of_lists(rows, name))
    print(name, found, humans)
    assert min(found) >= 0.99
    assert found.precision >= 0.996
    assert humans.recall >= {"both": 0.985, "all": 0.997}[name]
    assert humans.precision >= {"both": 0.965, "all": 0.99}[name]  # isbot lists few browsers


def test_robots_of_ai_are_told_from_everything_else(rows: list[Row]) -> None:
    precision, recall = of_ai(of_lists(rows, "both"))
    assert precision >= 0.90
    assert recall >= 0.99


@pytest.mark.parametrize("name", LISTS)
def test_the_document_says_what_is_measured(rows: list[Row], name: str) -> None:
    some = of_lists(rows, name)
    figures = [*robots(some), *people(some), *of_ai(some)]
    cells = [name, f"{len(some):,}", *("–" if figure is None else f"{figure:.3f}" for figure in figures)]
    assert f"| {' | '.join(cells)} |" in DOCUMENT.read_text(encoding="utf-8").splitlines()
