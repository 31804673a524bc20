"""docs/analysts.md is run: DuckDB, pandas and Polars give the same answer to each of its questions."""

import ast
import math
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plugins.analysis import analyse_logs
from plugins.policy_file import read_policy
from plugins.publishing import publish_tables
from tests.traffic import write_folder

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "analysts.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sql|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUESTIONS = {part.splitlines()[0]: BLOCK.findall(part) for part in PAGE.split("\n## ")[1:]}
SETUP = BLOCK.findall(PAGE.split("\n## ")[0])
ASKED = {question: blocks for question, blocks in QUESTIONS.items() if blocks}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of generated traffic; the last day is not closed yet."""
    folder = tmp_path_factory.mktemp("analysts")
    truth = write_folder(folder, 1, date(2026, 2, 23), 14, 0.2, 3)
    logs, errors = ([folder / name for name in truth.files[kind]] for kind in ("access", "error"))
    now = datetime.fromisoformat("2026-03-10T12:00:00+00:00")
    tables = analyse_logs(logs, errors, "detect", read_policy(folder / "policy.toml"), now, lambda _: None).tables
    days = tables["days"].sort_by("day")
    states = pa.array(["final"] * (len(days) - 1) + ["provisional"])
    tables["days"] = days.set_column(days.schema.get_field_index("state"), days.schema.field("state"), states)
    publish_tables(tables, folder / "statistics")
    return folder


def run_python(code: str, names: dict[str, Any]) -> Any:
    """The value of a block's last expression, if it ends in one."""
    lines = ast.parse(code).body
    last = lines.pop() if isinstance(lines[-1], ast.Expr) else None
    exec(compile(ast.Module(lines, []), "analysts.md", "exec"), names)
    return eval(compile(ast.Expression(last.value), "analysts.md", "eval"), names) if last else None


def answer(kind: str, code: str, names: dict[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows."""
    if kind == "sql":
        relation = duckdb.sql(code)
        return relation.columns, [tuple(map(plain, row)) for row in relation.fetchall()]
    found = run_python(code, names)
    if isinstance(found, pd.DataFrame):
        return list(found.columns), [tuple(map(plain, row)) for row in found.astype(object).itertuples(index=False)]
    assert isinstance(found, pl.DataFrame)
    return found.columns, [tuple(map(plain, row)) for row in found.rows()]


def plain(value: Any) -> Any:
    """One spelling of numbers, days and missing values, whatever a tool makes of them."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, str | date) else float(f"{float(value):.9g}")


@pytest.mark.parametrize("question", ASKED)
def test_every_tool_gives_the_same_answer(question: str, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(published)
    names: dict[str, Any] = {}
    for _, code in SETUP:
        run_python(code, names)
    assert [kind for kind, _ in ASKED[question]] == ["sql", "python", "python"]
    (columns, rows), *others = [answer(kind, code, names) for kind, code in ASKED[question]]
    assert len(rows) > 0
    for other_columns, other_rows in others:
        assert other_columns == columns
        assert other_rows == rows


def test_the_ways_to_read_the_dictionary_out_of_a_file_work(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(published)
    (_, query), (_, code), *_ = BLOCK.findall((DOCS / "data-dictionary.md").read_text(encoding="utf-8"))
    by_column = {row[0]: row[1:] for row in duckdb.sql(query).fetchall()}
    words = run_python(code, {})
    assert by_column["visits"][1:] == ("visits", "yes")
    assert {name: column["meaning"] for name, column in words["columns"].items()} == {
        name: row[0] for name, row in by_column.items()
    }
