"""How text that an attacker wrote is shown."""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.pages.showing import CLIPPED, clipped, span, visible


@given(st.text())
def test_no_text_opens_a_tag_or_an_attribute_or_hides_a_character(text: str) -> None:
    shown = str(visible(text)).removeprefix("<bdi>").removesuffix("</bdi>")
    rest = shown.replace('<span class="odd">', "").replace("</span>", "")
    assert not set(rest) & set("<>\"'")
    assert all(unicodedata.category(char)[0] != "C" for char in rest)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", '<bdi>a<span class="odd">U+202E</span>b</bdi>'),
        ("\r\n", '<bdi><span class="odd">U+000D</span><span class="odd">U+000A</span></bdi>'),
        ("a\x00", '<bdi>a<span class="odd">U+0000</span></bdi>'),
        ("zero\u200bwidth\u00a0", '<bdi>zero<span class="odd">U+200B</span>width<span class="odd">U+00A0</span></bdi>'),
        ("e\u0301\u0301", '<bdi>e<span class="odd">U+0301 ×2</span></bdi>'),
        ("\u202e" * 900, '<bdi><span class="odd">U+202E ×900</span></bdi>'),
        ("\u3164", '<bdi><span class="odd">U+3164</span></bdi>'),
        ("x" * 1002, f"<bdi>{'x' * 1000}… and 2 characters more</bdi>"),
        ("blåbær שלום", "<bdi>blåbær שלום</bdi>"),
        (None, "<bdi></bdi>"),
    ],
)
def test_what_would_hide_or_turn_text_round_is_shown_by_its_number(text: str | None, shown: str) -> None:
    assert visible(text) == shown


def test_a_long_text_is_clipped_before_it_is_escaped() -> None:
    shown = str(clipped("<" * 500))
    assert shown.count("&lt;") == CLIPPED
    assert shown.endswith("…</span>")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "less than a minute"),
        (90, "1 minute"),
        (3600, "1 hour"),
        (7200, "2 hours"),
        (90000, "25 hours"),
        (2e5, "2 days"),
    ],
)
def test_a_length_of_time_is_told_in_one_unit(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
