"""Whole files by day, block after block, as if each had been one block."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.days import split_days
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parsed, Parser
from transforms.statistics.day import LEAVING_HITS, Day
from transforms.statistics.gathering import MOST_PLAIN, Gatherer, gathered_days
from transforms.statistics.split import join_blocks

ZONE = ZoneInfo("Europe/Oslo")
TODAY = date(2026, 3, 9)
BEGIN = datetime(2026, 3, 1, 22, tzinfo=UTC)

hits = st.tuples(st.integers(0, 5), st.integers(0, 40)).map(lambda hit: _hit(*hit))
lines = st.lists(st.one_of(hits, st.just("nonsense")), min_size=1, max_size=30)


def _hit(client: int, hours: int) -> str:
    moment = BEGIN + timedelta(hours=hours)
    return f'192.0.2.{client} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET /{client} HTTP/1.1" 200 5 "-" "-"'


def parsed(text: list[str], cuts: list[int]) -> list[Parsed]:
    """The blocks of a file that is read in these pieces."""
    ends = [0, *sorted(cut for cut in set(cuts) if 0 < cut < len(text)), len(text)]
    parser = Parser([named_layout("combined")], "www", "access.log")
    pieces = [(begin, "\n".join(text[begin:end]).encode()) for begin, end in pairwise(ends)]
    return [parser.parse_block(piece, begin + 1) for begin, piece in pieces]


def rows(days: list[Day]) -> list[object]:
    return [(day.day, day.hits.select(LEAVING_HITS).to_pylist(), day.continuations, day.quarantined) for day in days]


@pytest.mark.parametrize("most_plain", [MOST_PLAIN, 0], ids=["as they stand", "compressed"])
@settings(deadline=None)
@given(
    files=st.lists(st.tuples(lines, st.lists(st.integers(1, 29), max_size=5)), min_size=1, max_size=3),
    at_once=st.integers(1, 60),
)
def test_files_read_in_any_pieces_have_the_days_that_they_have_as_one(most_plain, files, at_once):
    blocks = [parsed(*file) for file in files]
    gatherer = Gatherer(ZONE, TODAY, most_plain)

    gathered = [gatherer.gather(file) for file in blocks]

    assert rows(list(gathered_days(gathered, at_once))) == rows(split_days(list(map(join_blocks, blocks)), ZONE, TODAY))
    assert sum(file.lines for file in gathered) == sum(len(text) for text, _ in files)


def test_a_day_that_was_given_away_is_held_no_longer():
    file = Gatherer(ZONE, TODAY).gather(parsed([_hit(1, 0), _hit(1, 30)], []))

    next(gathered_days([file], at_once=1))

    assert len(file.days) == 1


def test_compressed_rows_take_less_memory_than_plain_ones():
    blocks = parsed([_hit(number % 6, number % 40) for number in range(5000)], [])
    files = [Gatherer(ZONE, TODAY, room).gather(blocks) for room in (MOST_PLAIN, 0)]
    (plain,), (packed,) = (file.days[date(2026, 3, 2)].parts["hits"] for file in files)

    assert isinstance(packed, pa.Buffer)
    assert packed.size < plain.nbytes / 3
