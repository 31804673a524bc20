"""Values that are converted all at once become what they would become one by one."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.parsing.meanings import Reading, converter_of
from transforms.parsing.plain import EPOCHS, PLAIN, plain_way
from transforms.parsing.values import UnreadableError

HOW = Reading(ZoneInfo("Europe/Oslo"))
TIMES = ("any_time", "time iso", "time_utc", "time %Y-%m-%d %H:%M:%S", "time %Y-%m-%dT%H:%M:%S%z")
# What each meaning's values are made of; any bytes are tried besides.
ALPHABETS = {
    "client": "0123456789.:%",
    "request": "GET /?=HTP1.0 \u00e6\xa0-",
    "target": "/a?&=-",
    "time": "0123456789/:JanFeb +-",
    "bytes": "0123456789-",
    "seconds": "0123456789.-",
}
EXAMPLES = {
    "client": (
        *("192.0.2.1", "192.0.2.01", "192.0.2.256", "192.0.2", "192.0.2.1.", "192.0.2.1:80", "192.0.2.1:65536"),
        *("192.0.2.1:", "2001:DB8::1", "[2001:db8::1]:443", "www.example.org", "www.example.org:80", "-"),
    ),
    "request": ("GET / HTTP/1.1", "GET /a?b?c HTTP/1.1", "GET ? HTTP/1.0", "GET  / HTTP/1.1", " / HTTP/1.1", "-", ""),
    "target": ("/a?b=1", "?", "/", "-", "", "/a?b?c", '""'),
    "time": (
        *("10/Oct/2000:13:55:36 -0700", "31/Feb/2000:13:55:36 -0700", "29/Feb/2000:23:59:60 +1400", "-"),
        *("2026-11-28T05:01:02Z", "2026-11-28T05:01:02.123456789Z", "2026-11-28 05:01:02", "2026-11-28\t05:01:02.5"),
        *("2026-11-28T05:01:02+01:00", "2026-11-28T05:01:02.25-0130", "2026-02-30T05:01:02Z", "2026-11-28T24:01:02Z"),
        *("2026-10-25 02:30:00", "2026-03-29 02:30:01", "9999-12-31T23:59:59Z", "0001-01-01 00:00:00"),
        *(
            "1732770062",
            "1732770062.123",
            "1732770062123",
            "1732770062123456",
            "1732770062123456789",
            "0",
            "99999999999",
        ),
    ),
    "bytes": ("-", "0", "007", "9007199254740993", "1" * 19, "65535", "65536", "200"),
    "seconds": ("-", "0", "0.000", "1.123456789", "999999999999.9", "1700000000.1234567", "9999999999"),
    "text": ("-", "", '""', "https://example.net/", "http://\u00e6/"),
}
ALIKE = {
    **dict.fromkeys(TIMES, "time"),
    **dict.fromkeys(("body_bytes", "status", "port"), "bytes"),
    **dict.fromkeys(("milliseconds", "microseconds", "nanoseconds", *EPOCHS), "seconds"),
    "peer": "client",
}


def one_by_one(meaning: str, value: bytes) -> Any:
    try:
        return converter_of(meaning, HOW)[1](value)
    except (UnreadableError, ValueError):
        return "unreadable"


@pytest.mark.parametrize("meaning", [*sorted(PLAIN), *TIMES])
@given(data=st.data())
def test_both_ways_give_the_same(meaning: str, data: st.DataObject) -> None:
    kind = ALIKE.get(meaning, meaning)
    values = st.one_of(
        st.binary(max_size=30),
        st.text(ALPHABETS.get(kind, "ab -\u00e6"), max_size=30).map(str.encode),
        st.sampled_from(EXAMPLES.get(kind, EXAMPLES["text"])).map(str.encode),
    )
    raw = data.draw(st.lists(values, max_size=8))
    convert = plain_way(meaning, converter_of(meaning, HOW)[1])
    assert convert
    columns, hard = convert(pa.array(raw, pa.binary()))
    assert len(hard) == len(raw)
    rows = list(zip(*(column.to_pylist() for column in columns), strict=True))
    for at in np.flatnonzero(~hard):
        assert rows[at] == one_by_one(meaning, raw[at])


@pytest.mark.parametrize(
    ("meaning", "value"),
    [
        ("client", b"192.0.2.1"),
        ("client", b"192.0.2.1:4711"),
        ("target", b"/a?b=1"),
        ("status", b"200"),
        ("epoch", b"1732770062.123"),
        ("any_time", b"1732770062.123"),
        ("any_time", b"1732770062123"),
        ("any_time", b"2026-11-28T05:01:02.123Z"),
        ("any_time", b"10/Oct/2000:13:55:36 -0700"),
        ("time iso", b"2026-11-28T05:01:02+01:00"),
        ("time_utc", b"2026-11-28 05:01:02"),
        ("time %Y-%m-%d %H:%M:%S", b"2026-11-28 05:01:02"),
        ("request", b"GET /a?b=1 HTTP/1.1"),
        ("time", b"10/Oct/2000:13:55:36 -0700"),
        ("bytes", b"17"),
        ("seconds", b"0.125"),
        ("user_agent", b"Mozilla/5.0"),
    ],
)
def test_the_usual_value_is_among_the_quick_ones(meaning: str, value: bytes) -> None:
    convert = plain_way(meaning, converter_of(meaning, HOW)[1])
    assert convert and not convert(pa.array([value], pa.binary()))[1].any()
