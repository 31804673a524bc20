"""Matomo by the rules of its log importer, and by figures noted once."""

from tests.comparison.hits import Log
from tests.comparison.matomo import is_action, is_download
from tests.comparison.visits import count_visitors, count_visits


def test_its_importer_keeps_2_406_lines_of_which_86_are_downloads(public: Log) -> None:
    kept = [hit for hit in public.hits if is_action(hit)]
    assert (len(kept), sum(map(is_download, kept))) == (2406, 86)


def test_by_its_rules_there_are_1_497_visits_of_1_071_visitors(public: Log) -> None:
    kept = [hit for hit in public.hits if is_action(hit)]
    assert (count_visits(kept), count_visitors(kept)) == (1497, 1071)
