"""The circuit breaker: a list that would hit too many people is not published, whatever its scenarios say."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Final

from plugins.blocklist.decisions import BY_HAND, Decision, Decisions
from plugins.steps.days import day_receipts, load_day
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.policy import policy_version
from schemas.receipts import Record
from schemas.refusals import RefusedError
from transforms.detection.crowd import Crowd, count_hit, people_of_day
from transforms.detection.reach import Targets
from transforms.statistics.blocks import in_blocks
from transforms.statistics.coded import Context
from transforms.statistics.people import browsed

RECORD: Final = "breaker.json"
FEW: Final = 3  # people whom a list may hit, whatever share they are: of twenty visitors a day one is no crowd


class Refused(Record):
    """A list that was refused: what it was judged by, and the counts."""

    judged: str
    day: date
    people: int
    hit: int
    scenario: str
    hit_by_scenario: int


class Published(Record):
    """Handles of the decisions that were let through, and of those that a person lets through whomever they hit."""

    published: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    refused: Refused | None = None


def admit(store: Store, active: Sequence[Decision]) -> list[Decision]:
    """Those of the decisions in force that may be published: all, or, where they hit too many, what was published.

    A list is judged once: again only where a decision, the day or the policy is new.
    """
    if store.policy.blocklist.most_people >= 1 or _is_published(_read(store), active):
        return list(active)
    with store.locks.held("breaker"):
        known = _read(store)
        judged = _digest(store, active)
        if not _is_published(known, active) and not (known.refused and known.refused.judged == judged):
            known = _judge(store, active, known, judged)
            write_record(store.place("state"), RECORD, known)
    return [one for one in active if one.decision in known.published]


def refusal(store: Store) -> str | None:
    """What is wrong where the newest list was refused, and what to do; counts only."""
    known, most = _read(store), store.policy.blocklist.most_people
    active = Decisions(store).active(store.clock())
    if known.refused is None or most >= 1 or _is_published(known, active):
        return None
    found = known.refused
    return (
        f"the new blocklist is not published: it would hit {found.hit:,} of {found.people:,} people of {found.day} "
        f"({found.hit / found.people:.1%}; blocklist.most_people is {most:.1%}), {found.hit_by_scenario:,} of them by "
        f"{found.scenario}. What was published before holds until it ends. Look at the bans, and lift them or name the "
        "scenario in blocklist.simulate; or, if they are right: lethe blocklist --publish-anyway --reason …"
    )


def publish_anyway(store: Store, reason: str, role: str) -> int:
    """Let through all decisions in force, whomever they hit, until they end; the trail says who and why."""
    if not reason.strip():
        raise RefusedError("a reason is required; say in a sentence why: --reason …")
    with store.locks.held("breaker"):
        handles = tuple(one.decision for one in Decisions(store).active(store.clock()))
        store.audit.append(store.clock(), role, "publish anyway", reason=reason, decisions=len(handles))
        write_record(store.place("state"), RECORD, Published(published=handles, excused=handles))
    return len(handles)


def _read(store: Store) -> Published:
    return read_record(store.place("state"), RECORD, Published) or Published()


def _is_published(known: Published, active: Iterable[Decision]) -> bool:
    handles = set(known.published)
    return all(one.decision in handles for one in active)


def _judge(store: Store, active: Sequence[Decision], known: Published, judged: str) -> Published:
    handles = {one.decision for one in active}
    excused = tuple(one for one in known.excused if one in handles)
    crowd, day = _crowd_hit(store, [one for one in active if one.decision not in excused])
    if crowd.hit <= max(FEW, store.policy.blocklist.most_people * crowd.people):
        return Published(published=tuple(sorted(handles)), excused=excused)
    scenario, hit = crowd.worst
    refused = Refused(
        judged=judged, day=day, people=crowd.people, hit=crowd.hit, scenario=scenario, hit_by_scenario=hit
    )
    still = tuple(one for one in known.published if one in handles)
    return Published(published=still, excused=excused, refused=refused)


def _crowd_hit(store: Store, decisions: Sequence[Decision]) -> tuple[Crowd, date]:
    """By the newest whole day that can be read; on the first day of a store by what there is."""
    today = store.calendar.today()
    days = sorted(store.readable_days(), key=lambda day: (day < today, day), reverse=True)
    bans, attackers = [(one.target, one.scenario) for one in decisions], _attackers(store)
    for day in days:
        try:
            receipts = day_receipts(store, day)
            hits = in_blocks(load_day(store.window, day, receipts, partial(store.keys.look, day)).hits)
            people = people_of_day(browsed(hits, Context(store.policy)))
        except RefusedError:  # closed on the way, or damaged, which whoever publishes its statistics is told
            continue
        return count_hit(people, bans, attackers), day
    return Crowd(0, 0, {}), today


def _attackers(store: Store) -> Targets:
    """Single addresses that two scenarios found: one of them alone may be wrong."""
    found = defaultdict(set)
    for one in Decisions(store).all():
        if one.lifted_at is None and one.scenario != BY_HAND and ("/" not in one.target or one.target.endswith("/64")):
            found[one.target].add(one.scenario)
    return Targets([target for target, scenarios in found.items() if len(scenarios) > 1])


def _digest(store: Store, active: Iterable[Decision]) -> str:
    parts = [*sorted(one.decision for one in active), str(store.calendar.today()), policy_version(store.policy)]
    return sha256(" ".join(parts).encode()).hexdigest()
