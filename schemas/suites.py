"""The suites of expectations: one a published table, one for every column, and those of sums across tables.

A suite is Great Expectations' own JSON, and `derived`: names of further columns and the expressions over a row (as by
`pandas.DataFrame.eval`) that they are. What breaks a rule of `severity` warning is published and told; any other rule
is critical.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from schemas.statistics import TABLES, Published

FOLDER: Final = resources.files("schemas.expectations")
COLUMNS: Final = "columns"  # of every column of every table
# suite → within what its figures are sums over whole tables
SUMS: Final = {"sums": ("day",), "sums_by_host": ("day", "vhost"), "sums_by_agent_kind": ("day", "agent_kind")}
SUITES: Final = (*TABLES, COLUMNS, *SUMS)


@dataclass(frozen=True)
class Suite:
    """`rules` as Great Expectations takes them."""

    name: str
    derived: dict[str, str]
    rules: tuple[dict[str, Any], ...]


@cache
def read_suite(name: str) -> Suite:
    """A suite of SUITES; that of a table begins with what its schema says, and may have no file."""
    file = FOLDER.joinpath(f"{name}.json")
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"expectations": []}
    derived = found.get("derived", {})
    rules = _schema_rules(TABLES[name], list(derived)) if name in TABLES else []
    return Suite(name, derived, (*rules, *found["expectations"]))


def _schema_rules(published: Published, derived: list[str]) -> list[dict[str, Any]]:
    """That the columns are those of the schema, in their order, and that no two rows have the same keys."""
    keys = ["day", *published.keys]
    several = {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": keys}}
    return [
        {
            "type": "expect_table_columns_to_match_ordered_list",
            "kwargs": {"column_list": published.schema.names + derived},
            "description": "the columns are those of the schema",
        },
        (several if len(keys) > 1 else {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "day"}})
        | {"description": "no two rows have the same keys"},
    ]
