"""Visits cut by arrays, against the definition in SQL beside this file."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.visits.actions import COLUMNS, OF_VISIT, OF_VISITOR, cut_into_visits

DEFINITION = Path(__file__).with_name("actions.sql").read_text()
GAP = timedelta(minutes=30)
KEPT = ("visitor", "instant", "vhost", "path", "is_pageview", "is_download", *OF_VISIT, *OF_VISITOR)
KNOWN = (*KEPT, "dwell", "starts_visit", "is_bounce", "remaining", "is_entry", "is_exit", "to_path")

instants = st.integers(0, 8).map(lambda step: step * 15 * 60_000_000) | st.integers(0, 90 * 60_000_000)
hits = st.fixed_dictionaries(
    {
        **{name: st.integers(0, 3) for name in ("visitor", "vhost", "path", *OF_VISIT, *OF_VISITOR)},
        "instant": instants,
        "kind": st.sampled_from(["page", "page", "download", "other"]),
    }
)


def coded(rows: list[dict[str, object]]) -> pa.Table:
    """As `code_hits` would have them."""
    columns = {
        name: pa.array([row[name] for row in rows], pa.int64()) for name in (*COLUMNS[:4], *OF_VISITOR, *OF_VISIT)
    }
    kinds = [row["kind"] for row in rows]
    columns |= {"is_pageview": pa.array([kind == "page" for kind in kinds], pa.bool_())}
    columns |= {"is_download": pa.array([kind == "download" for kind in kinds], pa.bool_())}
    return pa.table(columns | {"position": pa.array(range(len(rows)), pa.int64())})


@settings(deadline=None)
@given(st.lists(hits, max_size=40))
def test_actions_know_what_the_definition_says(rows):
    acts = coded([row for row in rows if row["kind"] != "other"])
    connection = duckdb.connect()
    connection.register("acts", acts)
    defined = connection.sql(DEFINITION, params={"gap": GAP // timedelta(microseconds=1)}).to_arrow_table()

    ours = cut_into_visits(coded(rows), GAP)

    assert _comparable(ours) == _comparable(defined)


def _comparable(actions: pa.Table) -> list[str]:
    """What leads from one download to the next is no step between pages, and nothing reads it."""
    rows = actions.select(KNOWN).to_pylist()
    return sorted(repr(row if row["is_pageview"] else row | {"to_path": None}) for row in rows)
