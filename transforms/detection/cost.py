"""What bans cost: the pageviews of people that they would have hit."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa

from transforms.detection.banned import Mask, Targets, Terms
from transforms.distinct import Codes, distinct_values, pair_codes


@dataclass(frozen=True)
class Hit:
    """Pageviews, and the visitors who made them: addresses with their user agents, each day anew."""

    pageviews: int = 0
    visitors: int = 0

    def __add__(self, other: "Hit") -> "Hit":
        return Hit(self.pageviews + other.pageviews, self.visitors + other.visitors)


@dataclass(frozen=True)
class TargetCost:
    """Of one target: while it would have been banned, and in all; `most` visitors were seen on one day."""

    banned: Hit = Hit()
    whole: Hit = Hit()
    most: int = 0

    def __add__(self, other: "TargetCost") -> "TargetCost":
        return TargetCost(self.banned + other.banned, self.whole + other.whole, max(self.most, other.most))


@dataclass
class Cost:
    """`people` is what there was to hit; then what was hit while bans would have held, and by their targets in all."""

    people: Hit = Hit()
    banned: Hit = Hit()
    whole: Hit = Hit()
    by_target: dict[str, TargetCost] = field(default_factory=dict)

    def add(self, other: Self) -> None:
        """What another day adds."""
        self.people, self.banned = self.people + other.people, self.banned + other.banned
        self.whole += other.whole
        for target, cost in other.by_target.items():
            self.by_target[target] = self.by_target.get(target, TargetCost()) + cost


def bans_of(decisions: pa.Table) -> tuple[Targets, Terms]:
    """DECISIONS → whom they ban, and when."""
    coded = decisions["target"].combine_chunks().dictionary_encode()
    begins, ends = (decisions[name].cast(pa.int64()).to_numpy() for name in ("decided_at", "until"))
    return Targets(coded.dictionary.to_pylist()), Terms(coded.indices.to_numpy().astype(np.int64), begins, ends)


def cost_of_day(views: pa.Table, targets: Targets, terms: Terms) -> Cost:
    """Pageviews of people (`client_ip`, `visitor`, `instant`) of one day → what the bans cost on it."""
    visitors, instants = views["visitor"].to_numpy(), views["instant"].to_numpy()
    codes, addresses = distinct_values(views["client_ip"])
    rows, hit = _spread(codes, *targets.pairs(addresses))
    is_banned = terms.hold(hit, instants[rows])
    return Cost(
        people=_count(np.arange(len(views)), visitors),
        banned=_count(rows[is_banned], visitors),
        whole=_count(rows, visitors),
        by_target=_by_target(hit, visitors[rows], is_banned, targets),
    )


def without(views: pa.Table, targets: Targets) -> pa.Table:
    """The pageviews of others than these targets."""
    codes, addresses = distinct_values(views["client_ip"])
    held = np.zeros(len(addresses), np.bool_)
    held[targets.pairs(addresses)[0]] = True
    return views.filter(pa.array(~held[codes]))


def _spread(codes: Codes, places: Codes, targets: Codes) -> tuple[Codes, Codes]:
    """The codes of rows, and pairs of code and target → a row's number and a target for each that holds it."""
    counts = np.bincount(places, minlength=int(codes.max(initial=-1)) + 1)
    begins = np.cumsum(counts) - counts
    of_row = counts[codes]
    rows = np.repeat(np.arange(len(codes)), of_row)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(of_row) - of_row, of_row)
    return rows, targets[begins[codes[rows]] + nth]


def _count(rows: Codes, visitors: Codes) -> Hit:
    """A row that several targets hit counts once."""
    return Hit(len(np.unique(rows)), len(np.unique(visitors[rows])))


def _by_target(hit: Codes, visitors: Codes, is_banned: Mask, targets: Targets) -> dict[str, TargetCost]:
    banned, whole = (_of_targets(hit[rows], visitors[rows]) for rows in (is_banned, np.ones(len(hit), np.bool_)))
    return {targets.names[one]: TargetCost(banned.get(one, Hit()), of, of.visitors) for one, of in whole.items()}


def _of_targets(hit: Codes, visitors: Codes) -> dict[int, Hit]:
    views = Counter(hit.tolist())
    people = Counter(hit[pair_codes(hit, visitors)[1]].tolist())
    return {target: Hit(views[target], people[target]) for target in views}
