"""Each scenario against real-looking logs: a new pair of files below `pairs/<scenario>/` is a new test.

`<name>.log` is an access log, `<name>.errors.log` an error log of Apache or nginx; a pair may have both.
"""

import ipaddress
import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from plugins.policy_file import read_policy
from plugins.scenarios import scenarios_of
from transforms.detection.count import find_alerts
from transforms.detection.decide import BanRule, decide
from transforms.detection.load import load_scenarios
from transforms.detection.match import match_events
from transforms.detection.match_errors import match_errors
from transforms.parsing.formats import detect_layouts
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed, Parser

PAIRS = Path(__file__).parent / "pairs"
EXPECTED = sorted(PAIRS.glob("*/*.json"))
LOGS = {log.with_name(log.name.split(".")[0]) for log in PAIRS.glob("*/*.log")}
POLICY = read_policy(PAIRS / "policy.toml")
SCENARIOS = scenarios_of(POLICY)
OSLO = ZoneInfo("Europe/Oslo")
RULE = BanRule(timedelta(hours=4), timedelta(days=7), OSLO)
OWNERS = {"192.0.2.0/24": "AS64500", "198.51.100.0/24": "AS64500", "203.0.113.0/24": "AS64501"}


def owner_of(address: str) -> str | None:
    holding = (owner for network, owner in OWNERS.items() if ipaddress.ip_address(address) in read(network))
    return next(holding, None)


def read(network: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(network)


def parse(log: Path) -> Parsed:
    content = log.read_bytes()
    parsed = Parser(detect_layouts(content).layouts, "www", log.name, Reading(OSLO)).parse_block(content)
    assert not len(parsed.quarantine)
    return parsed


def found_in(pair: Path) -> list[dict[str, object]]:
    """All scenarios' alerts on the logs of a pair, as an expected file writes them."""
    parts = [parse(log) for log in sorted(pair.parent.glob(f"{pair.stem}.*log"))]
    matched = [match_events(part.hits, SCENARIOS) for part in parts]
    matched += [match_errors(part.errors, SCENARIOS) for part in parts]
    alerts, _ = find_alerts(pa.concat_tables(matched), SCENARIOS, POLICY.allowed, owner_of)
    decisions = decide(alerts, SCENARIOS, RULE, POLICY.protected).to_pylist()
    until = {(one["scenario"], one["target"], one["decided_at"]): one["until"] for one in decisions}
    rows = alerts.drop_columns("alert").to_pylist()
    told = [row | {"until": until.get((row["scenario"], row["target"], row["overflowed_at"]))} for row in rows]
    return json.loads(json.dumps(told, default=lambda moment: moment.isoformat(" ")))


@pytest.mark.parametrize("pair", EXPECTED, ids=[f"{pair.parent.name}-{pair.stem}" for pair in EXPECTED])
def test_logs_raise_the_expected_alerts_and_no_other(pair: Path):
    assert found_in(pair) == json.loads(pair.read_text())


@pytest.mark.parametrize("scenario", [scenario.name for scenario in load_scenarios()])
def test_each_scenario_has_a_log_that_alerts_and_one_that_stays_quiet(scenario: str):
    expected = [json.loads(file.read_text()) for file in (PAIRS / scenario).glob("*.json")]

    assert any(any(alert["scenario"] == scenario for alert in alerts) for alerts in expected)
    assert [] in expected


def test_no_log_is_without_its_expected_alerts():
    assert {file.with_suffix("") for file in EXPECTED} == LOGS
