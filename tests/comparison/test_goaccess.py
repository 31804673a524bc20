"""GoAccess by itself, by its manual, and by figures noted once: hits, bytes, status, visitors."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.comparison.goaccess import by_day, by_status, makes_a_visitor, run_goaccess
from tests.comparison.hits import Hit, Log
from tests.comparison.peers import goaccess_only, spelled_and_agent
from tests.data import data_path

LAYOUTS = {"public.log": "COMBINED", "made.log": "VCOMBINED"}


@pytest.fixture(scope="module")
def noted() -> dict[str, Any]:
    return json.loads(data_path("access", "elastic_apache_logs.expected.json").read_text())


def read_by_goaccess(log: Log) -> list[Hit]:
    """What it reads, by its manual; a line without a status it refuses."""
    return [hit for hit in [*log.hits, *goaccess_only(log)] if hit.status]


def figures(hits: list[Hit]) -> dict[str, Any]:
    """Hits and bytes by day, hits by status, visitors by day."""
    days, sent = Counter[str](), Counter[str]()
    for hit in hits:
        days[str(hit.at.date())] += 1
        sent[str(hit.at.date())] += hit.bytes_sent
    visitors = {(hit.at.date(), spelled_and_agent(hit)) for hit in hits if makes_a_visitor(hit)}
    return {
        "hits_per_day": days,
        "bytes_per_day": sent,
        "status": Counter(str(hit.status) for hit in hits),
        "visitors_per_day": Counter(str(day) for day, _ in visitors),
    }


def test_by_its_manual_the_figures_are_those_of_the_program(named: tuple[str, Log], tmp_path: Path) -> None:
    _, log = named
    report = run_goaccess(log.path, LAYOUTS[log.path.name], tmp_path)
    assert figures(read_by_goaccess(log)) == {
        "hits_per_day": by_day(report, "hits"),
        "bytes_per_day": by_day(report, "bytes"),
        "status": by_status(report),
        "visitors_per_day": by_day(report, "visitors"),
    }


def test_by_its_manual_the_figures_are_those_that_were_noted(public: Log, noted: dict[str, Any]) -> None:
    found = figures(read_by_goaccess(public))
    assert found == {name: noted["goaccess"][name] for name in found}
    assert sum(found["visitors_per_day"].values()) == noted["goaccess"]["visitors_total"] == 2095
    assert sum(found["bytes_per_day"].values()) == 2_747_282_740


def test_only_the_line_without_a_closing_quote_is_in_quarantine(public: Log, noted: dict[str, Any]) -> None:
    assert list(public.quarantine) == [noted["truncated_line"]["line_no"]] == [8899]
    assert public.published("days", "lines") == 10_000
    assert public.published("status_daily", "bytes_sent") == noted["truncated_line"]["strict_reader"]["bytes_total"]


def test_published_hits_and_bytes_are_goaccesss_by_day_and_status(public: Log, noted: dict[str, Any]) -> None:
    cut, hits, status = noted["truncated_line"], Counter[str](), Counter[str]()
    for row in public.tables["status_daily"]:
        hits[str(row["day"])] += row["hits"]
        status[str(row["status"])] += row["hits"]
    assert hits + Counter({cut["day"]: 1}) == noted["goaccess"]["hits_per_day"]
    assert status + Counter({str(cut["status"]): 1}) == noted["goaccess"]["status"]
