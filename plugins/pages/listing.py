"""Which decisions a page shows, in which order; and how many there were, by day and scenario."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from plugins.blocklist.decisions import Decision
from plugins.pages.asking import Asked
from plugins.store.calendar import Calendar

PAGE: Final = 50  # rows
SERIES: Final = 5  # scenarios with a colour of their own; the rest is one


@dataclass(frozen=True)
class Page:
    """The rows of one page, of how many decisions and pages in all."""

    rows: list[Decision]
    found: int
    number: int
    pages: int


@dataclass(frozen=True)
class Bar:
    """A day of the chart: how many decisions, by series."""

    day: date
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def state_of(decision: Decision, now: datetime) -> str:
    if decision.lifted_at:
        return "lifted"
    return "active" if decision.is_active(now) else "over"


def page_of(decisions: Sequence[Decision], asked: Asked, now: datetime) -> Page:
    """The page that was asked for, or the last one there is."""
    found = select(decisions, asked, now)
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(asked.page, 1), pages)
    return Page(found[(number - 1) * PAGE : number * PAGE], len(found), number, pages)


def select(decisions: Sequence[Decision], asked: Asked, now: datetime) -> list[Decision]:
    """All decisions that fit, in the order asked for."""
    fits = _searching(asked.search)
    found = [
        one
        for one in decisions
        if asked.state in ("", state_of(one, now)) and asked.scenario in ("", one.scenario) and fits(one)
    ]
    return sorted(found, key=_ORDERS[asked.sort.removeprefix("-")], reverse=asked.sort.startswith("-"))


def count_by_day(decisions: Sequence[Decision], calendar: Calendar) -> tuple[list[str], list[Bar]]:
    """The names of the series, the most frequent first, and a bar for each day of the window until today.

    A decision counts on the day of its newest evidence: what is read late is decided on later.
    """
    often = Counter(one.scenario for one in decisions).most_common()
    named = {name for name, _ in often[: SERIES if len(often) > SERIES + 1 else SERIES + 1]}
    days: dict[date, Counter[str]] = {}
    for one in decisions:
        series = one.scenario if one.scenario in named else "others"
        days.setdefault(one.day, Counter())[series] += 1
    names = [name for name, _ in often if name in named] + (["others"] if len(often) > len(named) else [])
    today = calendar.today()
    length = calendar.keep.security_window.days
    window = [today - timedelta(days=back) for back in reversed(range(length))]
    return names, [Bar(day, {name: days.get(day, Counter())[name] for name in names}) for day in window]


def _searching(text: str) -> Callable[[Decision], bool]:
    """A network finds what lies in it or holds it; any other text what it is a part of."""
    try:
        wanted = ip_network(text, strict=False)
    except ValueError:
        lower = text.lower()
        return lambda one: any(lower in part.lower() for part in (one.target, one.scenario, one.reason, one.decision))
    return lambda one: _network(one).version == wanted.version and _network(one).overlaps(wanted)


def _network(decision: Decision) -> IPv4Network | IPv6Network:
    return ip_network(decision.target, strict=False)


def _by_target(decision: Decision) -> tuple[int, int, int]:
    network = _network(decision)
    return network.version, int(network.network_address), network.prefixlen


_ORDERS: Final[dict[str, Callable[[Decision], Any]]] = {
    "target": _by_target,
    "scenario": lambda one: (one.scenario, one.decided_at),
    "decided_at": lambda one: one.decided_at,
    "until": lambda one: one.until,
    "events": lambda one: (one.events, one.decided_at),
}
