"""A real public log, counted: hits, bytes, status and days as GoAccess counts them."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from plugins.analysis import Analysis, analyse, read_logs
from schemas.policy import Policy, load_policy
from tests.data import data_path
from transforms.parsing.parser import Parsed

POLICY = '[site]\nname = "www.example.org"\ntimezone = "UTC"\n[statistics]\nsmallest_group = 1\n'


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return json.loads(data_path("access", "elastic_apache_logs.expected.json").read_text())


@pytest.fixture(scope="module")
def read() -> tuple[Policy, list[Parsed]]:
    policy = load_policy(POLICY)
    path = data_path("access", "elastic_apache_logs.log.gz")
    return policy, read_logs([path], [], "combined", policy, datetime.now(UTC), lambda _: None)


@pytest.fixture(scope="module")
def analysis(read: tuple[Policy, list[Parsed]]) -> Analysis:
    policy, files = read
    return analyse(files, policy, datetime.now(UTC), lambda _: None)


def test_the_line_without_closing_quote_is_the_only_one_in_quarantine(analysis: Analysis, read: Any) -> None:
    assert analysis.lines == 10_000
    assert read[1][0].quarantine["line_number"].to_pylist() == [8899]


def test_hits_and_bytes_by_day_are_goaccesss(analysis: Analysis, expected: dict[str, Any]) -> None:
    cut = expected["truncated_line"]
    hits: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    for row in analysis.tables["status_daily"].to_pylist():
        hits[str(row["day"])] += row["hits"]
        sent[str(row["day"])] += row["bytes_sent"]
    goaccess = expected["goaccess"]
    assert hits + Counter({cut["day"]: 1}) == goaccess["hits_per_day"]
    assert sent + Counter({cut["day"]: cut["bytes_sent"]}) == goaccess["bytes_per_day"]
    assert sum(sent.values()) == expected["truncated_line"]["strict_reader"]["bytes_total"]


def test_hits_by_status_are_goaccesss(analysis: Analysis, expected: dict[str, Any]) -> None:
    found: Counter[str] = Counter()
    for row in analysis.tables["status_daily"].to_pylist():
        found[str(row["status"])] += row["hits"]
    assert found + Counter({str(expected["truncated_line"]["status"]): 1}) == expected["goaccess"]["status"]


def test_visitors_by_goaccesss_definition_are_goaccesss(read: Any, expected: dict[str, Any]) -> None:
    """Distinct (address, user agent, day) without 4xx; the line in quarantine is a visitor of its own there."""
    rows = read[1][0].hits.select(["client_ip", "user_agent", "requested_at", "status"]).to_pylist()
    visitors = {
        (row["client_ip"], row["user_agent"], row["requested_at"].date()) for row in rows if row["status"] // 100 != 4
    }
    by_day = Counter(str(day) for _, _, day in visitors)
    (raw,) = read[1][0].quarantine["raw"].to_pylist()
    address, agent = raw.split()[0].decode(), raw.rpartition(b'" "')[2].decode()
    cut = (address, agent, datetime(2015, 5, 20, tzinfo=UTC).date())
    assert len(visitors | {cut}) == expected["goaccess"]["visitors_total"] == 2095
    assert by_day + Counter({"2015-05-20": cut not in visitors}) == expected["goaccess"]["visitors_per_day"]
