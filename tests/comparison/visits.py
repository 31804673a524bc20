"""Visits and visitors in plain Python, by anybody's definition: whose, with which gap, until midnight or beyond."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from tests.comparison.hits import Hit

Who = Callable[[Hit], Hashable]
HALF_AN_HOUR = timedelta(minutes=30)


def address_and_agent(hit: Hit) -> Hashable:
    """Matomo's visitor, and ours."""
    return hit.client, hit.agent


def count_visits(
    actions: Iterable[Hit], who: Who = address_and_agent, gap: timedelta = HALF_AN_HOUR, until_midnight: bool = True
) -> int:
    """Each silence of `gap` or more starts another visit, and so does a new day where `until_midnight`."""
    instants: dict[Hashable, list[datetime]] = defaultdict(list)
    for action in actions:
        day = action.at.date() if until_midnight else None
        instants[who(action), day].append(action.at)
    visits = 0
    for times in instants.values():
        times.sort(key=datetime.timestamp)
        visits += 1 + sum(
            later.timestamp() - earlier.timestamp() >= gap.total_seconds() for earlier, later in pairwise(times)
        )
    return visits


def count_visitors(actions: Iterable[Hit], who: Who = address_and_agent) -> int:
    """Distinct visitors of all days together."""
    return len({who(action) for action in actions})


def count_visitor_days(actions: Iterable[Hit], who: Who = address_and_agent) -> int:
    """Distinct visitors of each day, added up."""
    return len({(who(action), action.at.date()) for action in actions})
