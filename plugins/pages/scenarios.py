"""The scenarios in use, and the backtest: what one of them, or a rule that is pasted, would have done in the window."""

from collections import Counter
from datetime import timedelta
from threading import Lock
from typing import Final

from fastapi import APIRouter, Response

from plugins.backtest.choosing import find_scenario, read_rule
from plugins.backtest.evidence import evidence_of
from plugins.backtest.limited import backtest_within
from plugins.backtest.running import Backtest, count_hits
from plugins.backtest.telling import note_of, sentences
from plugins.blocklist.decisions import Decisions
from plugins.pages.listing import states_of
from plugins.pages.purpose import Call, Reader
from plugins.scenarios import scenarios_of
from plugins.store.store import Store
from schemas.refusals import RefusedError
from schemas.scenario import Scenario

MOST_HITS: Final = 3_000_000  # some five seconds; whoever waits here holds up others
MOST_ALERTS: Final = 50_000
PATIENCE: Final = 60.0  # seconds, for a rule whose patterns take long
SHOWN: Final = 50  # targets
PASTED: Final = "a rule that is not in use"
COUNTED: Final = {
    "events": ("request", "requests"),
    "distinct path": ("path", "different paths"),
    "distinct target": ("target", "different targets (path and query)"),
    "distinct address": ("address", "different addresses"),
    "distinct user_agent": ("user agent", "different user agents"),
}
GROUPED: Final = {"address": "address", "network": "network (/24 or /64)", "owner": "owner of networks"}
_at_work = Lock()

router = APIRouter()


@router.get("/scenarios")
def scenarios(call: Reader) -> Response:
    """All in use, with counts; no address."""
    return _list(call)


@router.post("/scenarios/backtest")
def try_scenario(call: Reader) -> Response:
    """Whom it would have banned: addresses, so the purpose is asked for, and recorded."""
    store, name, rule = call.store, call.fields.get("try", ""), call.fields.get("rule", "")
    try:
        chosen = find_scenario(store.policy, name) if name else read_rule(store.policy, "your rule", rule)
        call.asked.record(store, call.person, "backtest", scenario=name or PASTED)
        found = _run(store, chosen, name)
    except RefusedError as error:
        return _list(call, str(error), rule)
    shown = found.targets[:SHOWN]
    return call.show(
        "backtest.html",
        found=found,
        counts=counts_in_words(found.scenario),
        sentences=sentences(found),
        shown=shown,
        lines=evidence_of(store, found, {one.target for one in shown}),
        note_of=note_of,
    )


def counts_in_words(scenario: Scenario) -> str:
    """How many of what, as the end of a sentence."""
    bucket, (one, many) = scenario.bucket, COUNTED[scenario.count]
    if scenario.error and scenario.count == "events":
        one, many = "error entry", "error entries"
    by = f"by one {GROUPED[scenario.group_by]}"
    words = f"{bucket.capacity + 1:,} {many} {by}; one is forgotten every {_length(bucket.leak)}".replace(
        "every 1 ", "every "
    )
    if bucket.capacity == 0:
        words = f"one {one} {by}, which is enough"
    return f"{words}; then a second step within {_length(scenario.within)}" if scenario.within else words


def _run(store: Store, scenario: Scenario, name: str) -> Backtest:
    if (hits := count_hits(store)) > MOST_HITS:
        verb = f"lethe backtest {name or 'FILE.toml'}"
        raise RefusedError(f"the window holds {hits:,} hits, too many for a page; run on the server: {verb}")
    if not _at_work.acquire(blocking=False):
        raise RefusedError("another backtest is at work; try again in a minute")
    try:
        return backtest_within(PATIENCE, store, scenario, MOST_ALERTS)
    finally:
        _at_work.release()


def _list(call: Call, error: str = "", rule: str = "") -> Response:
    decisions = Decisions(call.store)
    counted, active = decisions.count(), decisions.active(call.store.clock())
    state_of = states_of(call.store, active)
    return call.show(
        "scenarios.html",
        400 if error else 200,
        scenarios=scenarios_of(call.store.policy),
        counts=counts_in_words,
        decided=Counter(scenario for _, scenario in counted.elements()),
        active=Counter(one.scenario for one in active if state_of(one) == "active"),
        error=error,
        rule=rule,
    )


def _length(length: timedelta) -> str:
    """In the largest unit of which it is a whole number."""
    seconds = length.total_seconds()
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            return f"{seconds / size:g} {unit}{'' if seconds == size else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"
