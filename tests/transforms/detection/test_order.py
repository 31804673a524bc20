"""What comes in shard by shard ends as what comes at once: who alerts early alerts in the end."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.scenario import Scenario
from tests.transforms.detection.tables import START, make_events
from tests.transforms.detection.test_engine import OWNERS, RULES, events
from transforms.detection.count import find_alerts

Rows = list[dict[str, object]]


def alerts(rows: Rows, rule: Scenario) -> set[tuple[object, ...]]:
    found = find_alerts(make_events(rows), [rule], [], OWNERS.get)[0].to_pylist()
    return {(row["target"], row["overflowed_at"]) for row in found}


def numbered(rows: Rows, rule: Scenario) -> Rows:
    steps = {} if rule.within else {"step": 0}
    return [{**row, "scenario": rule.name, "line_number": number, **steps} for number, row in enumerate(rows, 1)]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
@settings(max_examples=30, deadline=None)
@given(st.lists(events, max_size=20), st.data())
def test_nobody_who_alerts_on_some_of_the_hits_is_cleared_by_the_rest(
    rule: Scenario, rows: Rows, data: st.DataObject
) -> None:
    whole = data.draw(st.permutations(numbered(rows, rule)))
    some = whole[: data.draw(st.integers(0, len(rows)))]
    assert {target for target, _ in alerts(some, rule)} <= {target for target, _ in alerts(whole, rule)}


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
@settings(max_examples=10, deadline=None)
@given(st.lists(events, max_size=20), st.integers(0, 40))
def test_what_follows_changes_nothing_that_was_due_before(rule: Scenario, rows: Rows, second: int) -> None:
    """So a log that is read as it grows decides as one that is read whole."""
    until = START + timedelta(seconds=second)
    whole = numbered(rows, rule)
    early = alerts([row for row in whole if row["occurred_at"] <= until], rule)  # type: ignore[operator]
    assert early == {alert for alert in alerts(whole, rule) if alert[1] <= until}  # type: ignore[operator]
