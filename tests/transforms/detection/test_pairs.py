"""Each scenario against real-looking logs: a new pair of files below `pairs/<scenario>/` is a new test."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.transforms.detection.tables import read_combined
from transforms.detection.count import find_alerts
from transforms.detection.decide import decide
from transforms.detection.load import load_scenarios
from transforms.detection.match import match_events

PAIRS = Path(__file__).parent / "pairs"
LOGS = sorted(PAIRS.glob("*/*.log"))


def found_in(log: Path) -> list[dict[str, object]]:
    """All scenarios' alerts on a log, as an expected file writes them."""
    scenarios = load_scenarios()
    alerts, _ = find_alerts(match_events(read_combined(log.read_text()), scenarios), scenarios, [])
    decisions = decide(alerts, scenarios, timedelta(hours=4), timedelta(days=7), "Europe/Oslo")
    rows = zip(alerts.drop_columns("alert").to_pylist(), decisions["until"].to_pylist(), strict=True)
    return json.loads(json.dumps([{**alert, "until": until} for alert, until in rows], default=str))


@pytest.mark.parametrize("log", LOGS, ids=[f"{log.parent.name}-{log.stem}" for log in LOGS])
def test_a_log_raises_the_expected_alerts_and_no_other(log: Path):
    assert found_in(log) == json.loads(log.with_suffix(".json").read_text())


@pytest.mark.parametrize("scenario", [scenario.name for scenario in load_scenarios()])
def test_each_scenario_has_a_log_that_alerts_and_one_that_stays_quiet(scenario: str):
    expected = [json.loads(file.read_text()) for file in (PAIRS / scenario).glob("*.json")]

    assert any(alerts and all(alert["scenario"] == scenario for alert in alerts) for alerts in expected)
    assert [] in expected


def test_no_log_is_without_its_expected_alerts():
    assert {log.with_suffix("") for log in LOGS} == {file.with_suffix("") for file in PAIRS.glob("*/*.json")}
