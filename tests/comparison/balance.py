"""A peer's figure → ours, reason by reason: what each adds, until nothing is left unexplained."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.comparison.hits import Hit
from transforms.visits.kinds import path_kinds, plain_path

Holds = Callable[[Hit], bool]
Count = Callable[[Iterable[Hit]], int]


class Step(NamedTuple):
    """A reason, and what it adds; the first and last of a balance are the two figures."""

    reason: str
    figure: int


def explain(name: str, hits: Sequence[Hit], is_theirs: Holds, is_robot: Holds, count: Count) -> list[Step]:
    """From a count of the peer's actions to that of ours: hits change sides, those of one reason at a time."""
    theirs = {hit.line: is_theirs(hit) for hit in hits}
    reasons = {hit.line: reason_of(hit, is_robot) for hit in hits if theirs[hit.line] != hit.is_ours}
    done: set[str] = set()
    figures = [(name, count(hit for hit in hits if theirs[hit.line]))]
    for reason in REASONS:
        done.add(reason)
        taken = [hit for hit in hits if (hit.is_ours if reasons.get(hit.line) in done else theirs[hit.line])]
        figures.append((reason, count(taken)))
    return in_steps(figures)


def in_steps(figures: Sequence[tuple[str, int]]) -> list[Step]:
    """Figures under one rule after another → what each rule adds; rules that add nothing are left out."""
    (name, first), *_ = figures
    added = [Step(rule, after - before) for (_, before), (rule, after) in pairwise(figures)]
    return [Step(name, first), *(step for step in added if step.figure)]


def total(steps: Iterable[Step]) -> int:
    """What a peer's figure and all reasons come to."""
    return sum(step.figure for step in steps)


def reason_of(hit: Hit, is_robot: Holds) -> str:
    """Why a hit is an action for one side only: the first reason that holds."""
    return next(reason for reason, holds in REASONS.items() if holds(hit, is_robot))


def _kind_of_path(hit: Hit) -> str:
    return path_kinds().of(plain_path(hit.path))


def _served(hit: Hit) -> bool:
    return 200 <= hit.status < 300 or hit.status == 304


REASONS: dict[str, Callable[[Hit, Holds], bool]] = {
    "lines that Lethe does not trust": lambda hit, _: hit.kind == "quarantined",
    "left out by the policy": lambda hit, _: hit.kind == "ignored",
    "attackers": lambda hit, _: hit.kind == "attack",
    "robots that it takes for people": lambda hit, _: hit.kind in {"bot", "ai"},
    "people whom it takes for robots": lambda hit, is_robot: hit.is_ours and is_robot(hit),
    "errors and redirects": lambda hit, _: not _served(hit),
    "methods other than GET and POST": lambda hit, _: hit.method not in {"GET", "POST"},
    "background: feeds, favicon.ico and the like": lambda hit, _: _kind_of_path(hit) == "background",
    "pictures, styles, scripts and other files": lambda hit, _: _kind_of_path(hit) == "other",
    "downloads that it does not count": lambda hit, _: hit.is_download,
    "downloads that were not modified": lambda hit, _: _kind_of_path(hit) == "download",
    "answers other than 200 and 304": lambda hit, _: hit.is_pageview and hit.status not in {200, 304},
    "what it takes for no page by its extension": lambda hit, _: hit.is_pageview,
}
