"""The circuit breaker: where bans would hit too many people, those that do are not published, whoever decided so."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import Final, Literal

import pyarrow as pa

from plugins.blocklist.decisions import BY_HAND, Decision, Decisions
from plugins.steps.days import look_at_day
from plugins.store.records import read_record, write_record
from plugins.store.store import Store
from schemas.policy import policy_version
from schemas.receipts import Record
from schemas.refusals import RefusedError
from transforms.detection.banned import Targets
from transforms.detection.people_hit import PeopleHit, before_bans, count_hit, people_of_day
from transforms.statistics.blocks import in_blocks
from transforms.statistics.coded import Context
from transforms.statistics.people import browsed

Unlisted = Literal["held back", "not yet published"]
RECORD: Final = "breaker.json"
FEW: Final = 3  # people whom a list may hit, whatever share they are: of twenty visitors a day one is no crowd


class Refused(Record):
    """What a list was judged by that bans were held back of, their handles, and the counts."""

    judged: str
    held: tuple[str, ...] = ()  # where an earlier version wrote it, which did not say: it is judged again
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
    """Those of the decisions in force that may be published: all, or, where they hit too many, those that hit nobody
    and what was published before.

    A list is judged once: again only where a decision, the day or the policy is new.
    """
    if store.policy.blocklist.most_people >= 1 or _is_published(_read(store), active):
        return list(active)
    with store.locks.held("breaker"):
        known = _read(store)
        judged = _digest(store, active)
        is_judged = known.refused is not None and known.refused.judged == judged and known.refused.held
        if not _is_published(known, active) and not is_judged:
            known = _judge(store, active, known, judged)
            write_record(store.place("state"), RECORD, known)
    return [one for one in active if one.decision in known.published]


def unlisted(store: Store, decisions: Iterable[Decision]) -> dict[str, Unlisted]:
    """By handle, those of these decisions that the last list is without, and why; it bears on those in force."""
    if store.policy.blocklist.most_people >= 1:
        return {}
    known = _read(store)
    published, held = set(known.published), set(known.refused.held if known.refused else ())
    handles = (one.decision for one in decisions)
    return {one: "held back" if one in held else "not yet published" for one in handles if one not in published}


def refusal(store: Store, active: Iterable[Decision] | None = None) -> str | None:
    """Which bans are held back, why, and what to do; counts only. `active`: the decisions in force, if known."""
    known, most = _read(store), store.policy.blocklist.most_people
    if known.refused is None:
        return None
    active = Decisions(store).active(store.clock()) if active is None else active
    held = [one for one, why in unlisted(store, active).items() if why == "held back"]
    if not held:
        return None
    found = known.refused
    by = "hand" if found.scenario == BY_HAND else found.scenario
    return (
        f"{len(held):,} {'ban is' if len(held) == 1 else 'bans are'} not published: the list would hit {found.hit:,} "
        f"of {found.people:,} people of {found.day} ({found.hit / max(found.people, 1):.1%}; blocklist.most_people is "
        f"{most:.1%}), {found.hit_by_scenario:,} of them by {by}. Bans that hit nobody are published, and "
        "what was before holds until it ends. Look at those that are held back, and lift them or name the scenario in "
        "blocklist.simulate; or, if they are right: lethe blocklist --publish-anyway --reason …"
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
    crowds = _crowds(store, [one for one in active if one.decision not in excused])
    most = store.policy.blocklist.most_people
    worst = max(crowds, key=lambda day: crowds[day].share, default=None)
    if worst is None or all(crowd.hit <= max(FEW, most * crowd.people) for crowd in crowds.values()):
        return Published(published=tuple(sorted(handles)), excused=excused)
    hitting = frozenset[str]().union(*(crowd.targets for crowd in crowds.values()))
    let = handles & {*known.published, *(one.decision for one in active if one.target not in hitting)}
    crowd, (scenario, hit) = crowds[worst], crowds[worst].worst
    refused = Refused(
        judged=judged,
        held=tuple(sorted(handles - let)),
        day=worst,
        people=crowd.people,
        hit=crowd.hit,
        scenario=scenario,
        hit_by_scenario=hit,
    )
    return Published(published=tuple(sorted(let)), excused=excused, refused=refused)


def _crowds(store: Store, decisions: Sequence[Decision]) -> dict[date, PeopleHit]:
    """By the newest whole day that can be read, and by who came today, of whom nobody was there before.

    Today's are measured by the larger crowd: of the first ten of a morning one is no tenth of the readers.
    """
    today = store.calendar.today()
    bans, attackers = [(one.target, one.scenario) for one in decisions], _attackers(store)
    found: dict[date, PeopleHit] = {}
    for day in sorted((day for day in store.readable_days() if day < today), reverse=True):
        if (people := _people(store, day)) is not None:
            found[day] = count_hit(people, bans, attackers)
            break
    first_seen: dict[str, datetime] = {}
    for one in decisions:
        first_seen[one.target] = min(one.first_seen, first_seen.get(one.target, one.first_seen))
    if (people := _people(store, today, first_seen, with_parts=bool(found))) is not None:
        crowd = count_hit(people, bans, attackers)
        found[today] = replace(crowd, people=max([crowd.people, *(one.people for one in found.values())]))
    return found


def _people(
    store: Store, day: date, first_seen: Mapping[str, datetime] | None = None, with_parts: bool = False
) -> pa.DictionaryArray | None:
    """None where the day cannot be read: closed on the way, or damaged, which whoever publishes its statistics is told.

    A day that is written anew on the way is read once more.
    """
    for _ in range(2):
        try:
            seen = browsed(in_blocks(look_at_day(store, day).hits), Context(store.policy))
            return people_of_day(seen if first_seen is None else before_bans(seen, first_seen), with_parts)
        except (RefusedError, FileNotFoundError):
            continue
    return None


def _attackers(store: Store) -> Targets:
    """Single addresses that two scenarios found: one of them alone may be wrong."""
    found = defaultdict(set)
    for one in Decisions(store).of_several():
        if one.lifted_at is None and one.scenario != BY_HAND and ("/" not in one.target or one.target.endswith("/64")):
            found[one.target].add(one.scenario)
    return Targets([target for target, scenarios in found.items() if len(scenarios) > 1])


def _digest(store: Store, active: Iterable[Decision]) -> str:
    parts = [*sorted(one.decision for one in active), str(store.calendar.today()), policy_version(store.policy)]
    return sha256(" ".join(parts).encode()).hexdigest()
