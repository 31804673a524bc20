"""Published tables by hand: rows that name only what a test is about."""

from datetime import date
from typing import Any

import pyarrow as pa

from schemas.policy_model import Site
from schemas.report import Part, Report
from schemas.statistics import TABLES
from transforms.report.compute import compute_report
from transforms.report.period import Period

SITE = Site(name="www.example.org", timezone="Europe/Oslo")
DAY = date(2026, 7, 2)
Rows = list[dict[str, Any]]


def tables(days: Rows | None = None, **rows: Rows) -> dict[str, pa.Table]:
    """All published tables; a text that is not given is the table's usual one, a figure 0."""
    given = {"days": [{}] if days is None else days, **rows}
    return {name: _table(name, given.get(name, [])) for name in TABLES}


def _table(name: str, rows: Rows) -> pa.Table:
    schema = TABLES[name].schema
    whole = [{field.name: _usual(field) for field in schema} | row for row in rows]
    return pa.Table.from_pylist(whole, schema=schema)


def _usual(field: pa.Field) -> Any:
    if field.name == "day":
        return DAY
    texts = {"vhost": SITE.name, "agent_kind": "human", "state": "final"}
    return texts.get(field.name, "some") if pa.types.is_string(field.type) else 0


def report(first: date = DAY, last: date = DAY, before: dict[str, pa.Table] | None = None, **given: Any) -> Report:
    """The report of tables by hand; nothing is known of the period before unless it is given."""
    vhost = given.pop("vhost", None)
    return compute_report(tables(**given), before or tables(days=[]), Period(first, last), SITE, vhost)


def rows(part: Part) -> list[tuple[Any, ...]]:
    return list(part.rows)


def figures(found: Report) -> dict[str, tuple[float | None, float | None]]:
    return {one.name: (one.value, one.before) for one in found.figures}
