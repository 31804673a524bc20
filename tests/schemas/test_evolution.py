"""Partitions of every version are read along with today's: `version_1` was written by the code of that time."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from plugins.cli.app import app
from plugins.publishing import as_parquet, publish_tables
from plugins.report.reading import list_files, published_days, read_tables
from plugins.steps.days import published_day
from plugins.store.door import Folder
from schemas.dictionary import KEY, documented, version
from schemas.statistics import TABLES
from transforms.report.period import Period

EARLIER = Path(__file__).parent / "version_1"
THEN, TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
Reader = Callable[[Path], list[dict[str, Any]]]


def by_duckdb(folder: Path) -> list[dict[str, Any]]:
    relation = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/*.parquet', union_by_name = true) ORDER BY day")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def by_pandas(folder: Path) -> list[dict[str, Any]]:
    frame = pd.read_parquet(folder, schema=pq.read_schema(max(folder.glob("*.parquet")))).sort_values("day")
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def by_polars(folder: Path) -> list[dict[str, Any]]:
    newest = pl.read_parquet_schema(max(folder.glob("*.parquet")))
    frame = pl.scan_parquet(folder / "*.parquet", schema=newest, missing_columns="insert")
    return frame.sort("day").collect().to_dicts()


READERS = pytest.mark.parametrize("read", [by_duckdb, by_pandas, by_polars])


def add(folder: Path, day: date, table: pa.Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{day}.parquet").write_bytes(as_parquet(table))


def earlier(name: str) -> pa.Table:
    return pq.read_table(EARLIER / name / f"{THEN}.parquet")


def rows_of_today(name: str) -> pa.Table:
    """The earlier rows as today's code would write them, of another day."""
    schema, then = TABLES[name].schema, earlier(name)
    columns = [
        pa.array([TODAY] * len(then), pa.date32()) if field.name == "day" else then[field.name]
        for field in schema
        if field.name in then.column_names
    ]
    added = [pa.nulls(len(then), field.type) for field in schema if field.name not in then.column_names]
    return pa.table([*columns, *added], names=schema.names).cast(schema)


@pytest.fixture
def statistics(tmp_path: Path) -> Path:
    """A folder as it is after an upgrade: a day of then and one of now."""
    folder = tmp_path / "statistics"
    for name, table in TABLES.items():
        if (EARLIER / name).exists():
            (folder / name).mkdir(parents=True)
            (folder / name / f"{THEN}.parquet").write_bytes((EARLIER / name / f"{THEN}.parquet").read_bytes())
            add(folder / name, TODAY, rows_of_today(name))
        else:
            add(folder / name, TODAY, table.schema.empty_table())
    return folder


@pytest.mark.parametrize("folder", sorted(EARLIER.iterdir()), ids=lambda folder: folder.name)
def test_columns_are_only_ever_added_at_the_end_and_no_type_changes(folder: Path) -> None:
    then, now = earlier(folder.name).schema, TABLES[folder.name].schema
    assert KEY.encode() not in (then.metadata or {}), "version 1 said nothing of itself"
    assert now.names[: len(then)] == then.names
    assert [now.field(name).type for name in then.names] == then.types
    assert now.names == then.names or version() > 1


@READERS
@pytest.mark.parametrize("name", sorted(folder.name for folder in EARLIER.iterdir()))
def test_an_earlier_day_is_read_along_with_todays(name: str, read: Reader, statistics: Path) -> None:
    found = read(statistics / name)
    then, now = earlier(name).to_pylist(), rows_of_today(name).to_pylist()
    assert [row["day"] for row in found] == [row["day"] for row in then + now]
    for field in earlier(name).schema:
        if field.name in TABLES[name].figures and not pa.types.is_string(field.type):
            both = [row[field.name] or 0 for row in then + now]
            assert sum(row[field.name] or 0 for row in found) == pytest.approx(sum(both)), field.name


@READERS
def test_a_column_of_tomorrow_is_null_on_the_days_before_it(read: Reader, statistics: Path) -> None:
    today = rows_of_today("visits_daily")
    fields = [*TABLES["visits_daily"].schema, pa.field("shares", pa.int64(), nullable=False)]
    dated = today.set_column(0, "day", pa.array([TOMORROW] * len(today), pa.date32()))
    add(
        statistics / "visits_daily",
        TOMORROW,
        dated.append_column("shares", pa.array(range(len(today)))).cast(pa.schema(fields)),
    )
    found = read(statistics / "visits_daily")
    assert [row["shares"] for row in found] == [None] * 2 * len(today) + [*range(len(today))]
    assert {row["day"] for row in found} == {THEN, TODAY, TOMORROW}


def test_our_own_readers_take_all_versions(statistics: Path) -> None:
    place = Folder(statistics, 0o755)
    assert published_days(place) == [THEN, TODAY]
    then = published_day(place, THEN)
    assert then is not None
    assert then["state"].to_pylist() == ["final"]
    period = Period(THEN, TODAY)
    tables = read_tables(place, list_files(place, period, TABLES), TABLES)
    for name, table in TABLES.items():
        assert tables[name].column_names == table.schema.names
        assert len(tables[name]) == (len(earlier(name)) * 2 if (EARLIER / name).exists() else 0)


def test_the_summary_shows_all_versions(statistics: Path) -> None:
    shown = CliRunner().invoke(app, ["summary", str(statistics.parent)])
    assert shown.exit_code == 0, shown.output
    assert f"{THEN}" in shown.output
    assert f"{TODAY}" in shown.output


def test_publishing_leaves_earlier_days_as_they_are(statistics: Path) -> None:
    before = (statistics / "days" / f"{THEN}.parquet").read_bytes()
    publish_tables(
        {
            name: rows_of_today(name) if (EARLIER / name).exists() else table.schema.empty_table()
            for name, table in TABLES.items()
        },
        statistics,
    )
    assert (statistics / "days" / f"{THEN}.parquet").read_bytes() == before


def test_words_do_not_part_what_is_one_table() -> None:
    schema = TABLES["visits_daily"].schema
    plain = schema.remove_metadata()
    assert pa.concat_tables([plain.empty_table(), schema.empty_table()]).schema.equals(schema)
    assert documented("visits_daily", plain).equals(schema, check_metadata=True)
