"""Campaigns: marked by the policy's keys, published without personal parts."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.enriching.campaigns import CAMPAIGNS, classify_campaigns

KEYS = ["utm_source", "utm_medium", "utm_campaign"]


def classify(query: str | None) -> tuple[bool, str, str]:
    (row,) = classify_campaigns([query], KEYS).to_pylist()
    return tuple(row.values())


@pytest.mark.parametrize(
    ("query", "campaign"),
    [
        ("utm_source=newsletter&utm_medium=email&utm_campaign=autumn", (True, "newsletter", "autumn")),
        ("id=7&utm_campaign=Black+Friday%20sale", (True, "unknown", "Black Friday sale")),
        ("utm_medium=banner", (True, "unknown", "unknown")),
        ("utm_source=first&utm_source=second", (True, "first", "unknown")),
        ("utm_source=&utm_campaign=+", (False, "unknown", "unknown")),
        ("my_utm_source=x&q=utm_source", (False, "unknown", "unknown")),
        ("", (False, "unknown", "unknown")),
        (None, (False, "unknown", "unknown")),
    ],
)
def test_a_campaign_is_a_query_with_a_value_under_one_of_the_keys(query, campaign):
    assert classify(query) == campaign


def test_personal_parts_do_not_come_out():
    _, source, campaign = classify("utm_source=ola%40example.org&utm_campaign=mail-192.0.2.7")
    assert "ola" not in source
    assert "192.0.2.7" not in campaign


def test_a_value_is_cut_to_a_hundred_characters():
    assert classify("utm_source=" + "ab" * 100)[1] == "ab" * 50


def test_without_keys_there_are_no_campaigns():
    assert classify_campaigns(["utm_source=x"], [])["is_campaign"].to_pylist() == [False]


@given(st.text(), st.text())
def test_values_are_short_printable_and_never_empty(source, campaign):
    _, *values = classify(f"utm_source={source}&utm_campaign={campaign}")
    assert all(value.isprintable() and 0 < len(value) <= 100 for value in values)


def test_rows_come_in_the_given_order():
    table = classify_campaigns(pa.array([None, "utm_source=x"]), KEYS)
    assert table.schema == CAMPAIGNS
    assert table["is_campaign"].to_pylist() == [False, True]
