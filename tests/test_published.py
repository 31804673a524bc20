"""From the line to what is published: nothing that hides in a field, and no column that nobody named, gets through."""

from datetime import date
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.policy import load_policy
from tests.days import split_days
from tests.logs_of_layouts import access_lines, error_lines
from tests.transforms.anonymising.disguises import PERSONAL, disguised, readings
from tests.transforms.statistics.day import POLICY, day_of, error, hit
from transforms.anonymising.secrets import USUAL_KEYS
from transforms.detection.load import load_scenarios
from transforms.parsing.naming import ERROR_LAYOUTS, named_layout
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.secrets import scrub_parsed
from transforms.statistics.coded import Context
from transforms.statistics.compute import Day, compute_final_day

UNDER = load_policy(POLICY + 'page_query_keys = ["p"]\n')
TODAY = date(2026, 1, 5)


def parse(hidden: str) -> list[Parsed]:
    """All lines that hide the text, those of each layout as a file of its own."""
    files = [
        Parser([named_layout(layout)], "www", "access.log").parse_block(b"\n".join(line for _, line in lines))
        for layout, lines in groupby(access_lines(hidden), key=itemgetter(0))
    ]
    files.append(Parser(list(ERROR_LAYOUTS.values()), "www", "error.log").parse_block(b"\n".join(error_lines(hidden))))
    return [scrub_parsed(file, USUAL_KEYS) for file in files]


def published_texts(days: list[Day]) -> set[str]:
    """Every text in the statistics and the visit log of the days, but the networks of clients."""
    texts: set[str] = set()
    for day in days:
        for tables in compute_final_day(day, load_scenarios(), Context(UNDER)):
            for table in tables.values():
                for name, column in zip(table.column_names, table.columns, strict=True):
                    if pa.types.is_string(column.type) and name != "client_network":
                        texts |= set(column.to_pylist())
    return texts


@settings(max_examples=25, deadline=None)
@given(PERSONAL.flatmap(lambda one: st.tuples(st.just(one), disguised(one[0]))))
def test_what_hides_in_any_field_of_any_layout_is_in_nothing_published(found: tuple[tuple[str, str], str]) -> None:
    (plain, forbidden), spelled = found
    files = parse(spelled)
    assert sum(len(file.hits) + len(file.errors) for file in files) > 150, "most lines are read"
    texts = published_texts(split_days(files, ZoneInfo("UTC"), TODAY))
    assert not [
        text
        for text in texts
        if any(part in reading for reading in readings(text) for part in (forbidden, plain.lower()))
    ]


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::77", "2001:db8:1::/48"),
        ("2002:c000:24d::1", "2002:c000:200::/40"),
        ("ola.example.net", "unknown"),
    ],
)
def test_the_visit_log_knows_a_client_by_its_network_only(client: str, network: str) -> None:
    line = f'{client} - - [05/Jan/2026:12:34:56 +0000] "GET / HTTP/1.1" 200 17 "-" "Firefox/140.0"\n'
    parsed = Parser([named_layout("combined")], "www", "access.log").parse_block(line.encode())
    (day,) = split_days([parsed], ZoneInfo("UTC"), TODAY)
    _, visit_log = compute_final_day(day, load_scenarios(), Context(UNDER))
    assert visit_log["hits"]["client_network"].to_pylist() == [network]
    assert client not in published_texts([day])


def test_a_column_that_nobody_named_leaves_the_window_in_nothing() -> None:
    day = day_of(hit("/a"), hit("/b", 60), errors=(error("AH00128: File does not exist: x"),))
    marked = Day(
        day.day,
        *(table.append_column("unheard_of", pa.array(["telltale"] * len(table))) for table in (day.hits, day.errors)),
    )
    assert published_texts([marked]) == published_texts([day])
    for tables in compute_final_day(marked, load_scenarios(), Context(UNDER)):
        assert not any("unheard_of" in table.schema.names for table in tables.values())


@pytest.mark.parametrize(
    "column", ["log", "file", "client_host", "peer_ip", "remote_user", "request_line", "protocol", "request_id"]
)
def test_what_these_columns_of_a_hit_hold_is_in_nothing_published(column: str) -> None:
    assert "telltale" not in " ".join(published_texts([day_of(hit("/a", **{column: "telltale"}))]))


@pytest.mark.parametrize("column", ["log", "file", "code", "request_line", "referrer", "request_id"])
def test_what_these_columns_of_an_error_hold_is_in_nothing_published(column: str) -> None:
    found = published_texts([day_of(errors=(error("AH00128: x", **{column: "telltale"}),))])
    assert "telltale" not in " ".join(found)
