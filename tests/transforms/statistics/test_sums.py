"""Whatever the traffic, the tables of a day add up between each other, folded or not."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.statistics.day import FIREFOX, folding, hit, tables

Rows = list[dict[str, Any]]
GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
hits = st.builds(
    hit,
    path=st.sampled_from(["/", "/a", "/b", "/wp-login.php", "/report.pdf", "/style.css", "/feed/", None]),
    seconds=st.integers(0, 40).map(lambda step: step * 450),
    client_ip=st.integers(1, 12).map(lambda number: f"192.0.2.{number}"),
    vhost=st.sampled_from([None, "www.example.org", "shop.example.org", "rare.example.org"]),
    method=st.sampled_from(["GET", "GET", "GET", "POST", "HEAD"]),
    status=st.sampled_from([200, 200, 200, 200, 206, 304, 302, 404, 403, 500, None]),
    bytes_sent=st.integers(0, 10_000),
    user_agent=st.sampled_from([FIREFOX, FIREFOX, FIREFOX.replace("Firefox", "Chrome"), GPTBOT, "curl/8.5.0", None]),
    referrer=st.sampled_from([None, "https://www.google.com/", "https://example.net/x", "https://www.example.org/"]),
    request_seconds=st.none() | st.floats(0, 2000, allow_nan=False),
)


def total(rows: Iterable[dict[str, Any]], figure: str) -> int:
    return sum(row[figure] for row in rows)


def by(key: str, rows: Rows, figure: str) -> Counter[Any]:
    """The figure summed by one key, without zeroes."""
    found: Counter[Any] = Counter()
    for row in rows:
        found[row[key]] += row[figure]
    return +found


@pytest.mark.parametrize("smallest_group", [1, 5])
@settings(max_examples=40, deadline=None)
@given(st.lists(hits, max_size=120))
def test_the_tables_of_any_day_add_up(smallest_group: int, day: Rows) -> None:
    found = tables(*day, under=folding(smallest_group))
    (line,) = found["days"]
    hourly, status, agents = (found[name] for name in ("traffic_hourly", "status_daily", "agents_daily"))
    visits, pages = found["visits_daily"], found["pages_daily"]
    of_visits = ("sources_daily", "devices_daily", "countries_daily")

    assert line["hits"] == len(day)
    for figure in ("hits", "bytes_sent"):
        for key in ("vhost", "agent_kind"):
            assert by(key, hourly, figure) == by(key, status, figure) == by(key, agents, figure)
    assert line["hits"] == total(hourly, "hits")
    assert total(hourly, "errors_4xx") == total((row for row in status if row["status"] // 100 == 4), "hits")
    assert total(hourly, "errors_5xx") == total((row for row in status if row["status"] // 100 == 5), "hits")
    assert total(found["not_found_daily"], "hits") == total((row for row in status if row["status"] == 404), "hits")
    assert total(found["response_times_daily"], "hits") == sum(row["request_seconds"] is not None for row in day)

    pageviews = total(visits, "pageviews")
    assert {total(found[name], "pageviews") for name in ("traffic_hourly", "agents_daily", *of_visits)} == {pageviews}
    assert total(pages, "views") == pageviews
    assert {total(found[name], "visits") for name in of_visits} == {total(visits, "visits")}
    assert total(visits, "downloads") == total(found["downloads_daily"], "downloads")
    assert total(found["sources_daily"], "bounces") == total(visits, "bounces")

    entries, exits = total(pages, "entries"), total(pages, "exits")
    assert entries == exits
    assert pageviews - exits == total(found["transitions_daily"], "transitions")
    assert entries <= total(visits, "visits") <= entries + total(visits, "downloads")
    assert total(pages, "bounces") <= total(visits, "bounces") <= total(visits, "visits")
    assert total(pages, "dwell_views") <= pageviews
    assert total(pages, "dwell_seconds") <= total(visits, "visit_seconds")


@settings(max_examples=40, deadline=None)
@given(st.lists(hits, max_size=120))
def test_folding_moves_figures_and_loses_none(day: Rows) -> None:
    """What can be added up over rows is the same however much is folded."""
    plain, folded = (tables(*day, under=folding(smallest_group)) for smallest_group in (1, 5))
    for name, figures in {
        "traffic_hourly": ("hits", "pageviews", "bytes_sent"),
        "visits_daily": ("visits", "pageviews", "downloads", "bounces", "visit_seconds"),
        "pages_daily": ("views", "entries", "exits", "bounces", "dwell_seconds", "dwell_views"),
        "sources_daily": ("visits", "pageviews", "bounces"),
        "transitions_daily": ("transitions",),
        "downloads_daily": ("downloads",),
    }.items():
        for figure in figures:
            assert total(plain[name], figure) == total(folded[name], figure), (name, figure)
