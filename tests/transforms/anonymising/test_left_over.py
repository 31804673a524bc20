"""What is published of a client's text never reads as an address, whatever it was made of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.checking import check_tables
from tests.transforms.statistics.day import FIREFOX, folding, hit
from tests.transforms.statistics.day import day_of as day
from transforms.anonymising.grouping import publish_path
from transforms.anonymising.left_over import find_plain_addresses, hide_left_over
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_day

PARTS = st.sampled_from(
    ["o@x.no", "::1", "1.2.3.4", "2001:db8::7", "001:db8::7", ".5", "a", "/", ":", "%20", "\x00", "42"]
)


@given(st.lists(PARTS, max_size=6).map("".join))
@settings(max_examples=1000, deadline=None)
def test_nothing_that_is_left_of_a_path_reads_as_an_address(path: str) -> None:
    assert list(find_plain_addresses(hide_left_over(publish_path(f"/{path}")))) == []


def test_what_holds_no_address_stays_as_it_is() -> None:
    for text in ("/a/1.2.3", "/version-1.2.3.4.5", "/C:/x", "{address}:80", "10:30"):
        assert hide_left_over(text) == text


@pytest.mark.parametrize(
    "sent",
    [
        {"path": "/o@x.no::1", "status": 404},
        {"path": "/1.2.3.42001:db8::7", "status": 404},
        {"path": "/\x00::0"},
        {"query": f"utm_campaign={'a+b+' * 23}/1.2.3.4.5"},
    ],
)
def test_no_stranger_keeps_a_day_from_being_published(sent: dict[str, str]) -> None:
    hits = [hit(**{"path": "/"} | sent, user_agent=f"{FIREFOX} {n}") for n in range(6)]
    under = folding(5)
    check_tables(compute_day(day(*hits), load_scenarios(), Context(under), "final"), under)
