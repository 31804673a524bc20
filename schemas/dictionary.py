"""The data dictionary: what every column means, its unit, whether it may be added up, and whose definition that is."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import pyarrow as pa

# The key of a Parquet file's metadata under which its share of the dictionary is, as JSON.
KEY: Final = "lethe"


@dataclass(frozen=True)
class ColumnDoc:
    """A column in words; `adds` is yes, days (over days only), no, or empty for a key."""

    meaning: str
    unit: str
    adds: str = ""
    source: str = ""


@dataclass(frozen=True)
class TableDoc:
    """A table in words: the question it answers, what a row is, what to mind, and its columns in their order."""

    answers: str
    row: str
    notes: tuple[str, ...]
    columns: dict[str, ColumnDoc]


def describe(table: str, names: Sequence[str]) -> TableDoc:
    """A published table, or one of the visit log as `visit_log/hits`, and its columns; KeyError if one has no words."""
    written = dictionary()
    own = written["tables"][table]
    overrides = own.get("columns", {})
    columns = {name: ColumnDoc(**written["columns"][name] | overrides.get(name, {})) for name in names}
    return TableDoc(own["answers"], own["row"], tuple(own.get("notes", ())), columns)


def documented(table: str, schema: pa.Schema) -> pa.Schema:
    """The schema with its words as metadata, which every reader of Parquet can show.

    Those of the columns lie with the table's: beside each field only Arrow would see them, in twice the bytes.
    """
    doc = describe(table, schema.names)
    columns = {
        name: {key: text for key, text in asdict(column).items() if text} for name, column in doc.columns.items()
    }
    words = {"table": table, "version": version(), "answers": doc.answers, "row": doc.row, "columns": columns}
    return schema.with_metadata({KEY: json.dumps(words, ensure_ascii=False, separators=(",", ":"))})


def version() -> int:
    """The version of all tables' columns; a file that says none is of version 1."""
    number: int = dictionary()["version"]
    return number


@cache
def dictionary() -> dict[str, Any]:
    """The whole of columns.toml."""
    return tomllib.loads(resources.files("schemas").joinpath("columns.toml").read_text(encoding="utf-8"))
