"""The people of a day, and how many of them bans would hit: what a list is judged by before it is published."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa

from schemas.window import TEXT
from transforms.detection.banned import Targets, number_of
from transforms.distinct import distinct_values

# Where fewer of those who see pages load what pages are made of, that is not in the log, and all of them count.
PARTS_ARE_LOGGED: Final = 0.1
HOUSEHOLD: Final = 48  # bits of IPv6: whoever rents one such network has 65,536 of those that a ban names


@dataclass(frozen=True)
class PeopleHit:
    """Of `people`, `hit` are hit by bans; `by_scenario` says by whose, and `targets` which of them do so."""

    people: int
    hit: int
    by_scenario: Mapping[str, int]
    targets: frozenset[str] = frozenset()

    @property
    def share(self) -> float:
        return self.hit / max(self.people, 1)

    @property
    def worst(self) -> tuple[str, int]:
        """The scenario whose bans hit most, and how many."""
        return max(self.by_scenario.items(), key=lambda one: (one[1], one[0]), default=("", 0))


def before_bans(browsed: Iterable[pa.Table], first_seen: Mapping[str, datetime]) -> Iterator[pa.Table]:
    """BROWSED of a day without what came after the first event of a ban on its address; `first_seen` is by target.

    On the day of an attack most that its address does is the attack.
    """
    targets = Targets(list(first_seen))
    begins = np.array([int(moment.timestamp() * 1_000_000) for moment in first_seen.values()], np.int64)
    for block in browsed:
        codes, addresses = distinct_values(block["client_ip"])
        ends = np.full(len(addresses), np.iinfo(np.int64).max)
        places, held = targets.pairs(addresses)
        np.minimum.at(ends, places, begins[held])
        yield block.filter(pa.array(block["instant"].to_numpy() < ends[codes]))


def people_of_day(browsed: Iterable[pa.Table], with_parts: bool = False) -> pa.DictionaryArray:
    """Blocks of BROWSED of one day → an address (TEXT) for each person.

    A person saw a page, and loaded parts of pages too: attack tools that pass for a browser seldom do. It is not asked
    for evidence of attacks: a scenario that takes people for attackers would hide them from the judgement of its bans.
    `with_parts`: also where hardly anybody does.
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
    if not with_parts and is_person.sum() < PARTS_ARE_LOGGED * saw_pages.sum():
        is_person = saw_pages
    return whole["client_ip"].filter(pa.array(is_person)).combine_chunks()


def count_hit(people: pa.DictionaryArray, bans: Iterable[tuple[str, str]], attackers: Targets) -> PeopleHit:
    """People of `people_of_day` and bans (target, scenario) → how many are hit; `attackers` are no people.

    All of one IPv6 network of HOUSEHOLD bits are one: there, as many addresses as somebody likes cost him nothing.
    """
    weights, codes = np.unique(people.indices.to_numpy(), return_counts=True)[::-1]
    addresses = people.dictionary.take(pa.array(codes)).to_pylist()
    weights[attackers.pairs(addresses)[0]] = 0
    scenarios: dict[str, set[str]] = {}
    for target, scenario in bans:
        scenarios.setdefault(target, set()).add(scenario)
    targets, homes = Targets(list(scenarios)), list(map(_household, addresses))
    sizes: Counter[tuple[int, int]] = Counter()
    for home, weight in zip(homes, weights.tolist(), strict=True):
        sizes[home] = min(sizes[home] + weight, 1) if home[0] == 6 else sizes[home] + weight
    hit_by: dict[tuple[int, int], set[str]] = {}
    hitting: set[str] = set()
    for place, number in zip(*(array.tolist() for array in targets.pairs(addresses)), strict=True):
        if weights[place]:
            hit_by.setdefault(homes[place], set()).update(scenarios[targets.names[number]])
            hitting.add(targets.names[number])
    counts: Counter[str] = Counter()
    for home, names in hit_by.items():
        counts.update(dict.fromkeys(names, sizes[home]))
    return PeopleHit(sizes.total(), sum(sizes[home] for home in hit_by), counts, frozenset(hitting))


def _household(address: str) -> tuple[int, int]:
    """What people are told apart by: of IPv4 each has an address."""
    number, version = number_of(address)
    return version, number >> (128 - HOUSEHOLD) if version == 6 else number
