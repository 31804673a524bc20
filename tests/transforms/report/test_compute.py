"""The report as a whole: its days, the period before, and its sums."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.report import FIGURES, Report
from tests.transforms.report.tables import DAY, figures, report, rows, tables
from transforms.report.period import Period

NEXT = DAY + timedelta(days=1)
EVE = DAY - timedelta(days=1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 800))
def test_the_period_before_is_as_long_and_ends_on_the_eve(first: date, further: int) -> None:
    period = Period(first, first + timedelta(days=further))
    assert period.before.length == period.length == len(period.days())
    assert period.before.last + timedelta(days=1) == first


def test_days_without_tables_are_missing_and_have_no_figures() -> None:
    found = report(EVE, NEXT, days=[{}, {"day": NEXT, "state": "provisional"}], visits_daily=[{"visits": 3}])
    assert rows(found.parts["days"]) == [
        (EVE, "missing", None, None, None, None),
        (DAY, "final", 3, 0, 0, 0),
        (NEXT, "provisional", 0, 0, 0, 0),
    ]
    assert rows(found.parts["traffic"]) == [(EVE, *[None] * 4), (DAY, *[0] * 4), (NEXT, *[0] * 4)]
    assert (found.missing, found.provisional) == ((EVE,), (NEXT,))


def compared() -> Report:
    """A day with a day before it."""
    people = {"visits": 4, "unique_visitors": 3, "pageviews": 9, "downloads": 2, "bounces": 1, "visit_seconds": 60.0}
    traffic = [
        {"agent_kind": "human", "hits": 60, "bytes_sent": 600, "errors_4xx": 5},
        {"agent_kind": "ai", "hits": 30, "errors_5xx": 1},
        {"agent_kind": "attack", "hits": 10},
    ]
    before = tables(
        days=[{"day": EVE}],
        visits_daily=[{"day": EVE, "visits": 2, "bounces": 2}],
        traffic_hourly=[{"day": EVE, "hits": 49, "agent_kind": "bot"}, {"day": EVE, "hits": 1, "agent_kind": "attack"}],
        errors_daily=[{"day": EVE, "errors": 6}],
    )
    return report(
        before=before,
        visits_daily=[people, people | {"vhost": "shop.example.org"}],
        traffic_hourly=traffic,
        errors_daily=[{"errors": 7}],
        attacks_daily=[{"hits": 10}, {"hits": 10, "scenario": "another alert of the same requests"}],
    )


def test_figures_stand_beside_those_of_the_period_before() -> None:
    found = compared()
    assert figures(found) == {
        "visits": (8, 2),
        "unique_visitors": (6, 0),
        "pageviews": (18, 0),
        "downloads": (4, 0),
        "bounce_rate": (0.25, 1.0),
        "visit_mean": (15.0, 0.0),
        "hits": (100, 50),
        "bytes_sent": (600, 0),
        "people_share": (0.6, 0.0),
        "ai_share": (0.3, 0.0),
        "client_error_share": (0.05, 0.0),
        "server_error_share": (0.01, 0.0),
        "errors": (7, 6),
        "attack_hits": (10, 1),
    }
    assert [one.name for one in found.figures] == list(FIGURES)


def test_series_stand_beside_those_of_the_period_before() -> None:
    found = compared()
    assert (found.before_first, found.before_last, found.missing_before) == (EVE, EVE, 0)
    assert rows(found.parts["days"])[0][:3] == (DAY, "final", 8)
    assert found.parts["days"].before == ((EVE, "final", 2, 0, 0, 2),)
    assert found.parts["traffic"].before == ((EVE, 0, 49, 0, 1),)
    assert found.parts["pages"].before == ()


def test_nothing_is_compared_with_a_period_before_of_which_nothing_was_published() -> None:
    found = report(visits_daily=[{"visits": 4}], traffic_hourly=[{"hits": 9}])
    assert all(before is None for _, before in figures(found).values())
    assert (found.missing_before, found.parts["days"].before) == (1, ())


def test_shares_and_means_of_nothing_are_none_and_counts_are_nought() -> None:
    found = figures(report())
    assert {name for name, (value, _) in found.items() if value is None} == {
        *("bounce_rate", "visit_mean", "people_share", "ai_share", "client_error_share", "server_error_share")
    }
    assert {value for value, _ in found.values()} == {0.0, None}


def test_the_versions_behind_the_days_are_told() -> None:
    found = report(DAY, NEXT, days=[{"policy_version": "b"}, {"day": NEXT, "policy_version": "a"}])
    assert found.versions["policy_version"] == ("a", "b")
    assert found.versions["scenarios_version"] == ("some",)
