"""Which targets a page shows with their decisions, in which order; and how many there were, by day and scenario."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, Literal

from plugins.blocklist.breaker import Unlisted, unlisted
from plugins.blocklist.decisions import Decision
from plugins.pages.asking import Asked
from plugins.store.calendar import Calendar
from plugins.store.store import Store
from transforms.detection.outcomes import WORST_LAST

State = Literal["active", Unlisted, "lifted", "over"]
StateOf = Callable[[Decision], State]
IN_FORCE: Final = ("active", "held back", "not yet published")
PAGE: Final = 50  # rows
SEVERITIES: Final = ("", "low", "medium", "high", "critical")
OUTCOMES: Final = ("", *WORST_LAST)  # a ban by hand has none
SERIES: Final = 5  # scenarios with a colour of their own; the rest is one


@dataclass(frozen=True)
class Target:
    """An address or network with those of its decisions that fit, newest first, and the worst of each."""

    name: str
    decisions: list[Decision]
    scenarios: list[str]  # the worst first
    severity: str
    outcome: str
    state: str

    @property
    def newest(self) -> Decision:
        return self.decisions[0]

    @property
    def until(self) -> datetime:
        return max(one.lifted_at or one.until for one in self.decisions)

    @property
    def events(self) -> int:
        return sum(one.events for one in self.decisions)


@dataclass(frozen=True)
class Page:
    """The rows of one page, and how many decisions, targets and pages there are in all."""

    rows: list[Target]
    decisions: int
    found: int
    number: int
    pages: int


def states_of(store: Store, decisions: Iterable[Decision]) -> StateOf:
    """What the state of each of these is now."""
    now, left_out = store.clock(), unlisted(store, decisions)

    def state_of(one: Decision) -> State:
        if one.lifted_at:
            return "lifted"
        return left_out.get(one.decision, "active") if one.is_active(now) else "over"

    return state_of


def page_of(decisions: Iterable[Decision], asked: Asked, severities: Mapping[str, str], state_of: StateOf) -> Page:
    """The page that was asked for, or the last there is; `severities` by scenario."""
    fits = _searching(asked.search)
    states = {"active": IN_FORCE, "": (*IN_FORCE, "lifted", "over")}.get(asked.state, (asked.state,))
    fitting = [
        one for one in decisions if state_of(one) in states and asked.scenario in ("", one.scenario) and fits(one)
    ]
    found = by_target(fitting, severities, state_of)
    found.sort(key=_ORDERS[asked.sort.removeprefix("-")], reverse=asked.sort.startswith("-"))
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(asked.page, 1), pages)
    return Page(found[(number - 1) * PAGE : number * PAGE], len(fitting), len(found), number, pages)


def by_target(decisions: Iterable[Decision], severities: Mapping[str, str], state_of: StateOf) -> list[Target]:
    """Decisions, newest first → what they are on."""
    found: dict[str, list[Decision]] = {}
    for one in decisions:
        found.setdefault(one.target, []).append(one)
    return [_target(name, of_target, severities, list(map(state_of, of_target))) for name, of_target in found.items()]


def _target(name: str, decisions: list[Decision], severities: Mapping[str, str], states: Sequence[State]) -> Target:
    scenarios = {one.scenario: severities.get(one.scenario, "") for one in decisions}
    worst_first = sorted(scenarios, key=lambda scenario: SEVERITIES.index(scenarios[scenario]), reverse=True)
    return Target(
        name=name,
        decisions=decisions,
        scenarios=worst_first,
        severity=scenarios[worst_first[0]],
        outcome=max((one.outcome for one in decisions), key=OUTCOMES.index),
        state=next((state for state in IN_FORCE if state in states), states[0]),
    )


def count_by_day(counted: Counter[tuple[date, str]], calendar: Calendar) -> tuple[list[str], dict[date, Counter[str]]]:
    """The names of the series, the most frequent first, and their counts on each day of the window until today.

    A decision counts on the day of its newest evidence: what is read late is decided on later.
    """
    often: Counter[str] = Counter()
    for (_, scenario), number in counted.items():
        often[scenario] += number
    named = [name for name, _ in often.most_common(SERIES if len(often) > SERIES + 1 else None)]
    length = calendar.keep.security_window.days
    days = {calendar.today() - timedelta(days=back): Counter[str]() for back in reversed(range(length))}
    for (day, scenario), number in counted.items():
        if day in days:
            days[day][scenario if scenario in named else "others"] += number
    return named + ["others"] * (len(often) > len(named)), days


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


def _by_network(target: Target) -> tuple[int, int, int]:
    network = _network(target.newest)
    return network.version, int(network.network_address), network.prefixlen


_ORDERS: Final[dict[str, Callable[[Target], Any]]] = {
    "target": _by_network,
    "scenario": lambda one: (one.scenarios[0], one.newest.decided_at),
    "decided_at": lambda one: one.newest.decided_at,
    "until": lambda one: one.until,
    "events": lambda one: (one.events, one.newest.decided_at),
    "worst": lambda one: (SEVERITIES.index(one.severity), OUTCOMES.index(one.outcome), one.newest.decided_at),
}
