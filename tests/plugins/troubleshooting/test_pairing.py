"""Which error entry belongs to which hit."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.troubleshooting.nearness import Nearness
from plugins.troubleshooting.pairing import SAME_CLIENT, SAME_ID, SAME_REQUEST, time_line
from schemas.window import ERRORS, HITS
from tests.stores import utc

NOON = utc(2026, 11, 20, 12)
Row = dict[str, Any]


def hit(after: float = 0, **other: Any) -> Row:
    usual = dict.fromkeys(HITS.names) | {"client_ip": "192.0.2.1", "path": "/", "status": 200, "line_number": 1}
    return usual | {"requested_at": NOON + timedelta(seconds=after), "bytes_sent": 0} | other


def error(after: float = 0, **other: Any) -> Row:
    usual = dict.fromkeys(ERRORS.names) | {"client_ip": "192.0.2.1", "message": "it failed", "line_number": 1}
    return usual | {"logged_at": NOON + timedelta(seconds=after)} | other


def paths(hits: list[Row], *errors: Row) -> list[str | None]:
    """The path of the hit at which each error stands; None for one that stands alone."""
    of_error = {id(one): entry.hit for entry in time_line(hits, errors) for one in entry.errors}
    return [found["path"] if (found := of_error[id(one)]) else None for one in errors]


def test_the_same_request_id_joins_whatever_the_clocks_say() -> None:
    entry = error(900, request_id="abc", client_ip=None)
    assert paths([hit(request_id="abc", path="/a"), hit(900, path="/b")], entry) == ["/a"]
    assert entry["by"] == SAME_ID


def test_another_request_id_never_joins() -> None:
    assert paths([hit(request_id="abc")], error(request_id="def")) == [None]


def test_the_same_request_line_of_a_client_joins_and_another_does_not() -> None:
    line = "GET /a HTTP/1.1"
    entry = error(request_line=line)
    hits = [hit(request_line="GET /b HTTP/1.1", path="/b"), hit(2, request_line=line, path="/a")]
    assert paths(hits, entry) == ["/a"]
    assert entry["by"] == SAME_REQUEST
    assert paths(hits[:1], error(request_line=line)) == [None]


@pytest.mark.parametrize(
    "other",
    [
        {"client_ip": "192.0.2.2"},
        {"client_ip": None},
        {"logged_at": NOON + timedelta(seconds=9)},
        {"vhost": "b.example"},
    ],
)
def test_another_client_moment_or_host_does_not_join(other: Row) -> None:
    assert paths([hit(vhost="a.example")], error(**other)) == [None]


def test_of_several_hits_of_a_client_the_one_that_is_named_then_the_one_that_failed_then_the_nearest() -> None:
    hits = [hit(0, path="/near"), hit(1, path="/failed", status=500), hit(2, path="/named")]
    entries = [error(message="cannot open /srv/named"), error(), error()]
    assert paths(hits, entries[0]) == ["/named"]
    assert paths(hits, error(message="Uncaught Error in /srv/named:12"), error(message="/srv/named(12): x")) == [
        *("/named", "/named")
    ]
    assert paths(hits, entries[1]) == ["/failed"]
    assert paths([hits[0], hits[2]], entries[2]) == ["/near"]
    assert entries[2]["by"] == SAME_CLIENT


@pytest.mark.parametrize("after", [-60, -30, 0, 30, 60])
def test_a_long_request_joins_what_was_logged_as_it_ran_whichever_end_the_server_logs(after: int) -> None:
    assert paths([hit(request_seconds=60.0)], error(after)) == ["/"]
    assert paths([hit(request_seconds=60.0), hit(after, path="/short")], error(after)) == ["/short"]


def test_in_a_flood_each_entry_finds_its_request_and_a_long_one_its_own() -> None:
    flood = [hit(n / 1000, path=f"/{n}", request_line=f"GET /{n} HTTP/1.1") for n in range(2000)]
    limited = [error(n / 1000, request_line=f"GET /{n} HTTP/1.1") for n in range(2000)]
    slow = hit(-60, path="/slow", request_line="GET /slow HTTP/1.1", request_seconds=60.0)
    found = paths([slow, *flood], *limited, error(1, request_line="GET /slow HTTP/1.1"))
    assert found == [*(f"/{n}" for n in range(2000)), "/slow"]
    named = [error(n / 1000, message=f"cannot open '/srv/{n}'") for n in range(2000)]
    assert paths([slow, *flood], *named) == [f"/{n}" for n in range(2000)]


def test_entries_stand_in_order_of_time() -> None:
    line = time_line([hit(5), hit(1)], [error(3, client_ip=None), error(1)])
    assert [(entry.at - NOON).seconds for entry in line] == [1, 3, 5]
    assert [len(entry.errors) for entry in line] == [1, 1, 0]


moments = st.integers(0, 40).map(lambda tenths: tenths / 4)
clients = st.sampled_from([None, "192.0.2.1", "2001:db8::1"])
ids = st.sampled_from([None, "a", "b"])


@given(
    st.lists(st.tuples(moments, clients, ids, st.sampled_from([None, 0.2, 5.0])), max_size=8),
    st.lists(st.tuples(moments, clients, ids), max_size=5),
)
def test_what_joins_is_near(hits: list[tuple[Any, ...]], errors: list[tuple[Any, ...]]) -> None:
    hit_rows = [hit(at, client_ip=who, request_id=one, request_seconds=took) for at, who, one, took in hits]
    error_rows = [error(at, client_ip=who, request_id=one) for at, who, one in errors]
    nearness = Nearness(pa.Table.from_pylist(error_rows, ERRORS))
    table = pa.Table.from_pylist(hit_rows, HITS)
    near, near_errors = nearness.near(table), nearness.errors_near(table)
    for entry in time_line(hit_rows, error_rows):
        if entry.hit and entry.errors:
            assert near[next(n for n, row in enumerate(hit_rows) if row is entry.hit)]
            for one in entry.errors:
                assert near_errors[next(n for n, row in enumerate(error_rows) if row is one)]
    assert near.dtype == np.bool_


def test_parts_of_seconds_count_for_nothing_in_nearness() -> None:
    early = [hit(client_ip="192.0.2.1", requested_at=datetime.fromisoformat("2026-11-20T12:00:00.999999+00:00"))]
    nearness = Nearness(pa.Table.from_pylist([error(4)], ERRORS))
    assert nearness.near(pa.Table.from_pylist(early, HITS)).tolist() == [True]
