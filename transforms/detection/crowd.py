"""The people of a day, and how many of them bans would hit: what a list is judged by before it is published."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from schemas.window import TEXT
from transforms.detection.reach import Targets
from transforms.distinct import distinct_values

# Where fewer of those who see pages load what pages are made of, that is not in the log, and all of them count.
PARTS_ARE_LOGGED: Final = 0.1


@dataclass(frozen=True)
class Crowd:
    """Of `people`, `hit` are hit by bans; `by_scenario` says by whose."""

    people: int
    hit: int
    by_scenario: Mapping[str, int]

    @property
    def worst(self) -> tuple[str, int]:
        """The scenario whose bans hit most, and how many."""
        return max(self.by_scenario.items(), key=lambda one: (one[1], one[0]), default=("", 0))


def people_of_day(browsed: Iterable[pa.Table]) -> pa.DictionaryArray:
    """Blocks of BROWSED of one day → an address (TEXT) for each person.

    A person saw a page, and loaded parts of pages too: attack tools that pass for a browser seldom do. It is not asked
    for evidence of attacks: a scenario that takes people for attackers would hide them from the judgement of its bans.
    """
    seen = [
        block.group_by(["visitor", "client_ip"]).aggregate([("is_pageview", "max"), ("is_pageview", "min")])
        for block in browsed
    ]
    columns = {"visitor": pa.int32(), "client_ip": TEXT, "is_pageview_max": pa.bool_(), "is_pageview_min": pa.bool_()}
    rows = pa.concat_tables([pa.schema(columns.items()).empty_table(), *seen]).unify_dictionaries()
    whole = rows.group_by(["visitor", "client_ip"]).aggregate([("is_pageview_max", "max"), ("is_pageview_min", "min")])
    saw_pages = whole["is_pageview_max_max"].to_numpy()
    is_person = saw_pages & ~whole["is_pageview_min_min"].to_numpy()
    if is_person.sum() < PARTS_ARE_LOGGED * saw_pages.sum():
        is_person = saw_pages
    return whole["client_ip"].filter(pa.array(is_person)).combine_chunks()


def count_hit(people: pa.DictionaryArray, bans: Iterable[tuple[str, str]], attackers: Targets) -> Crowd:
    """People of `people_of_day` and bans (target, scenario) → how many are hit; `attackers` are no people."""
    codes, addresses = distinct_values(people)
    weights = np.bincount(codes, minlength=len(addresses))
    weights[attackers.pairs(addresses)[0]] = 0
    scenarios: dict[str, set[str]] = {}
    for target, scenario in bans:
        scenarios.setdefault(target, set()).add(scenario)
    targets = Targets(list(scenarios))
    hit_by: dict[int, set[str]] = {}
    for place, target in zip(*(array.tolist() for array in targets.pairs(addresses)), strict=True):
        hit_by.setdefault(place, set()).update(scenarios[targets.names[target]])
    counts: Counter[str] = Counter()
    for place, names in hit_by.items():
        counts.update(dict.fromkeys(names, int(weights[place])))
    return Crowd(int(weights.sum()), int(sum(weights[place] for place in hit_by)), counts)
