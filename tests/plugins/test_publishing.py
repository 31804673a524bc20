"""Tables are published all or none, and read as one table by everybody's tools."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins import publishing
from plugins.checking import UncheckedError, check_tables
from plugins.publishing import publish_tables, refuse_unusable
from schemas.policy import Policy
from schemas.refusals import RefusedError
from schemas.statistics import TABLES

DAYS = [date(2026, 7, 1), date(2026, 7, 2)]


def tables(hits: int = 3) -> dict[str, pa.Table]:
    """Every table, empty but for `days` and `attacks_daily`."""
    found = {name: published.schema.empty_table() for name, published in TABLES.items()}
    texts = {"state": "final"} | {name: "x" for name in TABLES["days"].figures if name.endswith("_version")}
    rows = [{"day": day} | {name: texts.get(name, 0) for name in TABLES["days"].figures} for day in DAYS]
    found["days"] = pa.Table.from_pylist(rows, schema=TABLES["days"].schema)
    rows = [
        {"day": DAYS[0], "vhost": "a", "scenario": "path-scan", "outcome": "blocked", "country": "NO", "hits": hits}
    ]
    rows[0] |= {"addresses": 1, "alerts": 1}
    found["attacks_daily"] = pa.Table.from_pylist(rows, schema=TABLES["attacks_daily"].schema)
    return found


def test_every_table_has_a_file_for_every_day_with_its_own_schema(tmp_path: Path) -> None:
    assert publish_tables(tables(), tmp_path / "statistics") == len(TABLES) * len(DAYS)
    for name, published in TABLES.items():
        for day in DAYS:
            path = tmp_path / "statistics" / name / f"{day}.parquet"
            assert pq.read_schema(path).equals(published.schema), name


def test_duckdb_and_pandas_read_a_folder_as_one_table(tmp_path: Path) -> None:
    publish_tables(tables(), tmp_path / "statistics")
    folder = tmp_path / "statistics" / "attacks_daily"
    assert duckdb.sql(f"SELECT sum(hits) FROM '{folder}/*.parquet'").fetchall() == [(3,)]
    assert pd.read_parquet(folder).hits.sum() == 3


def test_publishing_again_replaces_and_doubles_nothing(tmp_path: Path) -> None:
    publish_tables(tables(), tmp_path / "statistics")
    publish_tables(tables(hits=4), tmp_path / "statistics")
    assert pd.read_parquet(tmp_path / "statistics" / "attacks_daily").hits.tolist() == [4]
    assert [entry.name for entry in tmp_path.iterdir()] == ["statistics"]


def test_days_of_earlier_runs_stay(tmp_path: Path) -> None:
    publish_tables(tables(), tmp_path / "statistics")
    later = tables()
    later["days"] = later["days"].slice(1)
    later["attacks_daily"] = later["attacks_daily"].slice(1)
    publish_tables(later, tmp_path / "statistics")
    assert pd.read_parquet(tmp_path / "statistics" / "attacks_daily").hits.tolist() == [3]
    assert pd.read_parquet(tmp_path / "statistics" / "days").day.tolist() == DAYS


def test_an_out_that_is_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(RefusedError, match="is a file"):
        refuse_unusable(tmp_path / "out" / "statistics")


def test_a_failure_in_the_middle_leaves_the_old_tables_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tables(tables(), tmp_path / "statistics")
    written = []

    def fail_at_the_tenth(_: object) -> bytes:
        written.append(1)
        if len(written) == 10:
            raise OSError("no space left on device")
        return b""

    monkeypatch.setattr(publishing, "as_parquet", fail_at_the_tenth)
    with pytest.raises(OSError, match="no space"):
        publish_tables(tables(hits=4), tmp_path / "statistics")
    assert pd.read_parquet(tmp_path / "statistics" / "attacks_daily").hits.tolist() == [3]
    assert [entry.name for entry in tmp_path.iterdir()] == ["statistics"]


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "statistics").mkdir()
    (tmp_path / "statistics" / "thesis.doc").write_text("years of work")
    with pytest.raises(RefusedError, match="other things"):
        publish_tables(tables(), tmp_path / "statistics")


def test_good_tables_pass_their_checks() -> None:
    check_tables(tables(), Policy())


def test_a_broken_rule_is_named_with_table_and_day_and_without_values() -> None:
    with pytest.raises(UncheckedError) as refusal:
        check_tables(tables(hits=0), Policy())
    failure = refusal.value.checked.failures[0]
    assert (failure.rule.table, failure.day) == ("attacks_daily", "2026-07-01")
    assert failure.rule.words == "hits ≥ addresses"
    assert "path-scan" not in str(refusal.value)
