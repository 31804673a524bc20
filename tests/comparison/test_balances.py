"""Between a peer's figure and ours nothing is left unexplained, and the document says the same."""

import pytest

from tests.comparison.balance import total
from tests.comparison.document import as_written, read_column
from tests.comparison.hits import Log
from tests.comparison.peers import BALANCES
from tests.comparison.visits import count_visitor_days, count_visits


@pytest.mark.parametrize("title", BALANCES)
def test_a_peers_figure_and_the_reasons_come_to_what_lethe_publishes(named: tuple[str, Log], title: str) -> None:
    name, log = named
    balance, table, figure = BALANCES[title]
    steps = balance(log)
    assert total(steps) == log.published(table, figure)
    assert read_column(title, name) == as_written(steps), (
        "run python -m tests.comparison for the tables of the document"
    )


def test_visits_of_our_actions_counted_plainly_are_those_that_are_published(named: tuple[str, Log]) -> None:
    _, log = named
    ours = [hit for hit in log.hits if hit.is_ours]
    assert count_visits(ours) == log.published("visits_daily", "visits")
    visitors = count_visitor_days(ours, lambda hit: (hit.client, hit.agent, hit.vhost))
    assert visitors == log.published("visits_daily", "unique_visitors")
