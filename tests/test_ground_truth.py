"""The tables equal what the traffic's generator knows, row by row and figure by figure."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from plugins.analysis import Analysis, analyse, read_logs
from plugins.checking import check_tables
from plugins.cli.detection import detect
from plugins.policy_file import read_policy
from schemas.policy import Policy
from schemas.statistics import OTHER, TABLES
from tests.stores import comparable
from tests.traffic import Truth, write_folder
from transforms.parsing.parser import Parsed

Run = tuple[Truth, Analysis, list[Parsed], Policy]


def silent(_: str) -> None:
    pass


def run(folder: Path, files: dict[str, list[str]], policy: Policy) -> tuple[Analysis, list[Parsed]]:
    logs, errors = ([folder / name for name in files[kind]] for kind in ("access", "error"))
    parsed = read_logs(logs, errors, "detect", policy, datetime.now(UTC), silent)
    return analyse(parsed, policy, datetime.now(UTC), silent), parsed


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((1, date(2025, 10, 25)), id="autumn, a day of 25 hours"),
        pytest.param((2, date(2026, 3, 28)), id="spring, a day of 23 hours"),
    ],
)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    seed, start = request.param
    folder = tmp_path_factory.mktemp("traffic")
    truth = write_folder(folder, seed, start)
    policy = read_policy(folder / "policy.toml")
    return truth, *run(folder, truth.files, policy), policy


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_every_table_is_what_happened(whole: Run, table: str) -> None:
    truth, analysis, _, _ = whole
    ours = Counter(map(comparable, analysis.tables[table].to_pylist()))
    theirs = Counter(map(comparable, truth.tables[table]))
    assert ours - theirs == Counter(), "rows that did not happen"
    assert theirs - ours == Counter(), "rows that are missing"


def test_every_line_is_counted_once(whole: Run) -> None:
    truth, analysis, _, _ = whole
    assert analysis.lines == sum(truth.lines.values())
    assert sum(analysis.reasons.values()) == sum(sum(days.values()) for days in truth.quarantine.values())


def test_the_blocklist_names_every_attacker_and_nobody_else(whole: Run) -> None:
    truth, _, files, policy = whole
    _, decisions = detect(files, policy)
    ours = {(row["target"], row["scenario"]) for row in decisions.to_pylist()}
    assert ours == {(row["target"], row["scenario"]) for row in truth.blocklist}
    assert all(row["until"] > row["decided_at"] for row in decisions.to_pylist())


def test_the_order_in_which_files_are_named_changes_nothing(whole: Run) -> None:
    _, analysis, files, policy = whole
    again = analyse(sorted(files, key=lambda file: -file.lines), policy, datetime.now(UTC), silent)
    for name, table in analysis.tables.items():
        assert Counter(map(comparable, again.tables[name].to_pylist())) == Counter(map(comparable, table.to_pylist()))


def test_every_expectation_holds(whole: Run) -> None:
    _, analysis, _, policy = whole
    assert check_tables(analysis.tables, policy).failures == ()


def test_small_groups_are_folded_and_no_figure_is_lost(whole: Run) -> None:
    _, analysis, files, policy = whole
    settings = policy.statistics.model_copy(update={"smallest_group": 5})
    folded = analyse(files, policy.model_copy(update={"statistics": settings}), datetime.now(UTC), silent)
    for name, published in TABLES.items():
        for figure in published.figures:
            if figure in {"unique_visitors", "addresses", "alerts", "dwell_median"} or not _is_sum(published, figure):
                continue
            assert _sum(folded.tables[name], figure) == pytest.approx(_sum(analysis.tables[name], figure)), figure
    for row in folded.tables["pages_daily"].to_pylist():
        assert row["path"] == OTHER or row["views"] >= row["unique_visitors"]
    pages = folded.tables["pages_daily"]
    assert OTHER in pages["path"].to_pylist()
    assert len(pages) < len(analysis.tables["pages_daily"])


def _is_sum(published: Any, figure: str) -> bool:
    return not pa.types.is_string(published.schema.field(figure).type)


def _sum(table: pa.Table, figure: str) -> float:
    return sum(table[figure].to_pylist())
