"""Values that are converted all at once become what they would become one by one."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.parsing.meanings import CONVERTERS
from transforms.parsing.plain import PLAIN
from transforms.parsing.values import UnreadableError

# What each meaning's values are made of; any bytes are tried besides.
ALPHABETS = {
    "client": "0123456789.:%",
    "request": "GET /?=HTP1.0 \u00e6\xa0-",
    "time": "0123456789/:JanFeb +-",
    "bytes": "0123456789-",
    "seconds": "0123456789.-",
}
EXAMPLES = {
    "client": (
        "192.0.2.1",
        "192.0.2.01",
        "192.0.2.256",
        "192.0.2",
        "192.0.2.1.",
        "2001:DB8::1",
        "www.example.org",
        "-",
    ),
    "request": ("GET / HTTP/1.1", "GET /a?b?c HTTP/1.1", "GET ? HTTP/1.0", "GET  / HTTP/1.1", " / HTTP/1.1", "-", ""),
    "time": ("10/Oct/2000:13:55:36 -0700", "31/Feb/2000:13:55:36 -0700", "29/Feb/2000:23:59:60 +1400", "-"),
    "bytes": ("-", "0", "007", "9007199254740993", "1" * 19),
    "seconds": ("-", "0", "0.000", "1.123456789", "999999999999.9"),
    "referrer": ("-", "", '""', "https://example.net/", "http://\u00e6/"),
}
ALIKE = {"peer": "client", "body_bytes": "bytes", "milliseconds": "seconds", "microseconds": "seconds"}


def one_by_one(meaning: str, value: bytes) -> Any:
    try:
        return CONVERTERS[meaning][1](value)
    except (UnreadableError, ValueError):
        return "unreadable"


@pytest.mark.parametrize("meaning", sorted(PLAIN))
@given(data=st.data())
def test_both_ways_give_the_same(meaning: str, data: st.DataObject) -> None:
    kind = ALIKE.get(meaning, meaning)
    values = st.one_of(
        st.binary(max_size=30),
        st.text(ALPHABETS.get(kind, "ab -\u00e6"), max_size=30).map(str.encode),
        st.sampled_from(EXAMPLES.get(kind, EXAMPLES["referrer"])).map(str.encode),
    )
    raw = data.draw(st.lists(values, max_size=8))
    columns, hard = PLAIN[meaning](pa.array(raw, pa.binary()))
    assert len(hard) == len(raw)
    rows = list(zip(*(column.to_pylist() for column in columns), strict=True))
    for at in np.flatnonzero(~hard):
        assert rows[at] == one_by_one(meaning, raw[at])


@pytest.mark.parametrize(
    ("meaning", "value"),
    [
        ("client", b"192.0.2.1"),
        ("request", b"GET /a?b=1 HTTP/1.1"),
        ("time", b"10/Oct/2000:13:55:36 -0700"),
        ("bytes", b"17"),
        ("seconds", b"0.125"),
        ("user_agent", b"Mozilla/5.0"),
    ],
)
def test_the_usual_value_is_among_the_quick_ones(meaning: str, value: bytes) -> None:
    _, hard = PLAIN[meaning](pa.array([value], pa.binary()))
    assert not hard.any()
