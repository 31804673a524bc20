"""The data dictionary: every column has its words, and every reader of Parquet can show them."""

import json
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins.data_dictionary import data_dictionary
from plugins.publishing import as_parquet
from schemas.dictionary import KEY, describe, dictionary, version
from schemas.statistics import TABLES
from schemas.visit_log import VISIT_LOG

SCHEMAS = {name: table.schema for name, table in TABLES.items()}
SCHEMAS |= {f"visit_log/{name}": schema for name, schema in VISIT_LOG.items()}
PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def words_of(schema: pa.Schema) -> Any:
    return json.loads(schema.metadata[KEY.encode()])


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_column_says_what_it_means_in_what_unit(table: str) -> None:
    doc = describe(table, SCHEMAS[table].names)
    assert doc.answers.endswith("?")
    for name, column in doc.columns.items():
        assert column.meaning, name
        assert column.unit, name
        assert len(column.meaning) <= 120, "it stands in every file"


@pytest.mark.parametrize("name", TABLES)
def test_a_figure_says_whether_it_adds_up_and_a_key_does_not(name: str) -> None:
    doc = describe(name, SCHEMAS[name].names)
    for figure in TABLES[name].figures:
        assert doc.columns[figure].adds in {"yes", "days", "no"}, figure
        if pa.types.is_string(SCHEMAS[name].field(figure).type):
            assert doc.columns[figure].adds == "no", "a text"
    for key in ("day", *TABLES[name].keys):
        assert doc.columns[key].adds == "", key


def test_distinct_visitors_add_up_over_days_only_wherever_they_are() -> None:
    tables = [name for name, table in TABLES.items() if "unique_visitors" in table.figures]
    assert {describe(name, ["unique_visitors"]).columns["unique_visitors"].adds for name in tables} == {"days"}


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_reader_shows_the_words_that_were_written(table: str, tmp_path: Path) -> None:
    schema, path = SCHEMAS[table], tmp_path / "day.parquet"
    path.write_bytes(as_parquet(schema.empty_table()))
    by_duckdb = duckdb.sql(f"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = '{KEY}'")
    texts = [row[0] for row in by_duckdb.fetchall()]
    texts += [polars.read_parquet_metadata(path)[KEY], pq.read_schema(path).metadata[KEY.encode()]]
    for text in texts:
        words = json.loads(text)
        assert words == words_of(schema)
        assert (words["table"], words["version"]) == (table, version())
        assert list(words["columns"]) == schema.names


@pytest.mark.parametrize("table", SCHEMAS)
def test_types_and_missing_values_are_read_back_as_they_were(table: str, tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    path.write_bytes(as_parquet(SCHEMAS[table].empty_table()))
    assert pq.read_schema(path).equals(SCHEMAS[table], check_metadata=True)


def test_words_are_a_smaller_part_of_a_file_than_an_arrow_schema_was() -> None:
    with_words = sum(len(as_parquet(schema.empty_table())) for schema in SCHEMAS.values())
    without = 0
    for schema in SCHEMAS.values():
        sink = pa.BufferOutputStream()
        pq.write_table(schema.remove_metadata().empty_table(), sink, compression="zstd")
        without += len(sink.getvalue())
    assert with_words < 1.6 * without, "of empty tables: it is a tenth for a day of some traffic"


def test_nothing_is_written_about_that_does_not_exist() -> None:
    written = dictionary()
    assert written["tables"].keys() == SCHEMAS.keys()
    assert written["columns"].keys() == {name for schema in SCHEMAS.values() for name in schema.names}
    for table, words in written["tables"].items():
        assert words.get("columns", {}).keys() <= set(SCHEMAS[table].names), table


def test_the_page_is_made_of_the_dictionary_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), "make dictionary writes it anew"
