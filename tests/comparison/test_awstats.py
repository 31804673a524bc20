"""AWStats by itself, and by its documentation with its own lists."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.comparison.awstats import is_page, run_awstats
from tests.comparison.hits import Log
from tests.comparison.peers import MORE_THAN_AN_HOUR, address
from tests.comparison.visits import count_visitors, count_visits


@pytest.fixture
def in_order(public: Log, tmp_path: Path) -> Path:
    """The public log's lines in the order of time: a line that comes later starts another visit in AWStats."""
    lines = public.path.read_bytes().splitlines(keepends=True)
    hits = sorted(public.hits, key=lambda hit: hit.at)
    path = tmp_path / "in_order.log"
    path.write_bytes(b"".join(lines[hit.line - 1] for hit in hits))
    return path


def test_by_its_lists_the_figures_are_those_of_the_program(public: Log, in_order: Path, tmp_path: Path) -> None:
    pages = [hit for hit in public.hits if is_page(hit)]
    visits = partial(count_visits, who=address, gap=MORE_THAN_AN_HOUR)
    by_day = Counter(f"{hit.at:%Y%m%d}" for hit in pages)
    ours = {"TotalVisits": visits(pages), "TotalUnique": count_visitors(pages, address), **by_day}
    assert run_awstats(in_order, tmp_path) == ours
    assert (ours["TotalVisits"], ours["TotalUnique"]) == (1052, 874)


def test_it_counts_16_visits_more_in_the_order_in_which_the_log_was_written(public: Log, tmp_path: Path) -> None:
    assert run_awstats(public.path, tmp_path)["TotalVisits"] == 1052 + 16
