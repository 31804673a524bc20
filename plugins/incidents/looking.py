"""What somebody has to know of an incident to assess it: what was reached, is it blocked, what else was done."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final

from plugins.blocklist.decisions import BY_HAND, Decision, Decisions
from plugins.blocklist.story import story
from plugins.incidents.kept import Incident
from plugins.store.store import Store
from transforms.detection.targets import Ranges, read_network

MOST_READ: Final = 10_000  # hits
MOST_SHOWN: Final = 200

Hit = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """`reached` of the `hits` behind the incident look successful; `others`: all of its target, newest last.

    `statuses` counts the others by class, such as `4xx`; `decisions` are on the target, or on what holds it.
    """

    reached: list[Hit]
    hits: list[Hit]
    others: list[Hit]
    statuses: dict[str, int]
    decisions: list[Decision]

    @property
    def is_cut(self) -> bool:
        return sum(self.statuses.values()) >= MOST_READ


def look_at(store: Store, incident: Incident) -> Seen:
    """One look at the window; from a day before the attack until now."""
    hits = story(store, incident, MOST_READ)
    others = story(store, replace(incident, scenario=BY_HAND, last_seen=store.clock()), MOST_READ)
    statuses = Counter(f"{hit['status'] // 100}xx" if hit["status"] else "none" for hit in others)
    own = Ranges([read_network(incident.target)])
    return Seen(
        reached=[hit for hit in hits if hit["reached"]][-MOST_SHOWN:],
        hits=hits[-MOST_SHOWN:],
        others=others[-MOST_SHOWN:],
        statuses=dict(sorted(statuses.items())),
        decisions=[one for one in Decisions(store).all() if own.meet(one.target)],
    )
