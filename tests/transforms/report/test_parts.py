"""Each part of a report, against tables counted by hand."""

from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import Any

import pytest

from schemas.report import PARTS
from schemas.statistics import OTHER
from tests.transforms.report.tables import DAY, report, rows
from transforms.report.parts import MOST

NEXT = DAY + timedelta(days=1)


def test_every_part_has_its_columns_and_is_empty_where_nothing_was_published() -> None:
    found = report()
    for name, written in PARTS.items():
        assert [f"{column.name}:{column.unit}" for column in found.parts[name].columns] == list(written)
        assert found.parts[name].rows == () or name in {"days", "traffic", "hours"}


def test_views_of_a_page_are_added_over_days_and_hosts_and_its_dwell_has_a_mean_and_a_coverage() -> None:
    page: dict[str, Any] = {"path": "/a", "views": 10, "dwell_views": 4, "dwell_seconds": 100.0, "dwell_median": 20.0}
    found = report(
        last=NEXT,
        pages_daily=[
            page | {"unique_visitors": 6, "entries": 3, "exits": 2, "bounces": 1},
            page | {"day": NEXT, "dwell_views": 1, "dwell_seconds": 20.0},
            page | {"vhost": "shop.example.org", "dwell_views": 0, "dwell_seconds": 0.0, "dwell_median": None},
            {"path": "/never-left", "views": 5},
        ],
    )
    assert rows(found.parts["pages"]) == [
        ("/a", 30, 6, 3, 2, 1, 120 / 5, 5 / 30),
        ("/never-left", 5, 0, 0, 0, 0, None, 0.0),
    ]


@pytest.mark.parametrize(
    ("part", "table", "keys", "figures"),
    [
        ("sources", "sources_daily", ("source_kind", "source", "campaign"), ("visits", "pageviews", "bounces")),
        ("source_kinds", "sources_daily", ("source_kind",), ("visits", "pageviews", "bounces")),
        ("transitions", "transitions_daily", ("from_path", "to_path"), ("transitions",)),
        ("devices", "devices_daily", ("device_class", "os", "browser"), ("visits", "pageviews")),
        ("device_classes", "devices_daily", ("device_class",), ("visits", "pageviews")),
        ("countries", "countries_daily", ("country",), ("visits", "pageviews")),
        ("downloads", "downloads_daily", ("path",), ("downloads", "unique_visitors")),
        ("goals", "goals_daily", ("goal",), ("conversions",)),
        ("broken_links", "not_found_daily", ("path", "referrer_host"), ("hits",)),
        ("errors", "errors_daily", ("level", "module", "message_template"), ("errors",)),
        ("statuses", "status_daily", ("status",), ("hits", "bytes_sent")),
        ("agents", "agents_daily", ("agent_kind", "agent"), ("hits", "bytes_sent")),
        ("attacks", "attacks_daily", ("scenario", "outcome"), ("addresses", "alerts", "hits")),
    ],
)
def test_a_part_adds_up_its_table_by_its_keys_the_largest_first(
    part: str, table: str, keys: tuple[str, ...], figures: tuple[str, ...]
) -> None:
    def named(number: int) -> dict[str, Any]:
        return {key: number if key == "status" else f"{key} {number}" for key in keys}

    def row(number: int, **other: Any) -> dict[str, Any]:
        return named(number) | {figure: number * 10 + place for place, figure in enumerate(figures)} | other

    found = report(last=NEXT, **{table: [row(1), row(2), row(2, day=NEXT), row(1, vhost="shop.example.org"), row(5)]})
    assert rows(found.parts[part]) == [
        (*named(number).values(), *(times * (number * 10 + place) for place, _ in enumerate(figures)))
        for number, times in ((5, 1), (2, 2), (1, 2))
    ]


def test_what_is_folded_comes_last_however_large_and_is_not_cut_off() -> None:
    pages = [{"path": f"/{n:03}", "views": n} for n in range(1, MOST + 8)]
    found = report(pages_daily=[{"path": OTHER, "views": 9_000}, *pages]).parts["pages"]
    assert [row[0] for row in found.rows] == [*(f"/{n:03}" for n in range(MOST + 7, 7, -1)), OTHER]
    assert found.more == 7
    shown, total = sum(row[1] for row in found.rows), 9_000 + sum(page["views"] for page in pages)  # type: ignore
    assert total - shown == sum(range(1, 8))


def test_a_row_that_is_folded_in_part_keeps_its_place() -> None:
    moves = [
        {"from_path": OTHER, "to_path": OTHER, "transitions": 50},
        {"from_path": "/", "to_path": OTHER, "transitions": 20},
        {"from_path": "/", "to_path": "/a", "transitions": 10},
    ]
    found = report(transitions_daily=moves).parts["transitions"]
    assert rows(found) == [("/", OTHER, 20), ("/", "/a", 10), (OTHER, OTHER, 50)]


def test_percentiles_are_upper_bounds_of_the_buckets_in_which_they_lie() -> None:
    def times(path: str, day: date = DAY, **buckets: int) -> list[dict[str, Any]]:
        return [
            {"path": path, "day": day, "bucket": float(b.removeprefix("b").replace("_", ".")), "hits": hits}
            for b, hits in buckets.items()
        ]

    found = report(
        last=NEXT,
        response_times_daily=[
            *times("/a", b0_1=50, b0_2=39, b1=10, binf=1),
            *times("/a", NEXT, b0_1=50, b0_2=41, b1=8, binf=1),
            *times("/slow", b10=1),
        ],
    )
    # 200 requests: 100 within 0.1 s, 180 within 0.2 s, 198 within 1 s, two beyond the last bound
    assert rows(found.parts["response_times"]) == [("/a", 200, 0.1, 0.2, 1.0), ("/slow", 1, 10.0, 10.0, 10.0)]
    assert rows(found.parts["response_times_by_day"]) == [
        (DAY, 101, 0.2, 1.0, 10.0),
        (NEXT, 100, 0.1, 0.2, 1.0),
    ]
    rare = report(response_times_daily=times("/a", b0_1=1, binf=1))
    assert rows(rare.parts["response_times"]) == [("/a", 2, 0.1, inf, inf)]


def test_the_hours_of_the_clock_are_those_of_the_sites_zone_also_when_it_changes() -> None:
    """On 25 October 2026 the clock in Oslo shows 02 twice; on 29 March it never does."""

    def hour(*instant: int) -> dict[str, Any]:
        return {"hour": datetime(*instant, tzinfo=UTC), "pageviews": 1}  # type: ignore[misc]

    autumn = report(traffic_hourly=[hour(2026, 10, 24, 22), hour(2026, 10, 25, 0), hour(2026, 10, 25, 1)])
    spring = report(traffic_hourly=[hour(2026, 3, 29, 0), hour(2026, 3, 29, 1)])
    summer = report(traffic_hourly=[hour(2026, 7, 1, 22), hour(2026, 7, 1, 22) | {"vhost": OTHER}])
    assert dict(rows(autumn.parts["hours"])) == dict.fromkeys(range(24), 0) | {0: 1, 2: 2}
    assert dict(rows(spring.parts["hours"])) == dict.fromkeys(range(24), 0) | {1: 1, 3: 1}
    assert dict(rows(summer.parts["hours"])) == dict.fromkeys(range(24), 0) | {0: 2}


def test_ai_crawlers_have_a_company_where_one_is_known() -> None:
    agents = [
        {"agent_kind": "ai", "agent": "GPTBot", "hits": 5, "bytes_sent": 50},
        {"agent_kind": "ai", "agent": "Nobody's bot", "hits": 7},
        {"agent_kind": "ai", "agent": OTHER, "hits": 9},
        {"agent_kind": "attack", "agent": "GPTBot", "hits": 100},
    ]
    found = rows(report(agents_daily=agents).parts["ai_crawlers"])
    assert found == [("unknown", "Nobody's bot", 7, 0), ("OpenAI", "GPTBot", 5, 50), (OTHER, OTHER, 9, 0)]


def test_hits_of_a_day_are_told_apart_by_who_asked() -> None:
    hits = [
        {"agent_kind": kind, "hits": number, "vhost": vhost}
        for kind, number in (("human", 1), ("bot", 2), ("ai", 4), ("attack", 8))
        for vhost in ("www.example.org", OTHER)
    ]
    assert rows(report(traffic_hourly=hits).parts["traffic"]) == [(DAY, 2, 4, 8, 16)]
    assert rows(report(traffic_hourly=hits, vhost=OTHER).parts["traffic"]) == [(DAY, 1, 2, 4, 8)]


def test_a_part_of_one_host_has_its_rows_only() -> None:
    given = {
        "pages_daily": [{"path": "/", "views": 7}, {"path": "/", "views": 2, "vhost": "shop.example.org"}],
        "traffic_hourly": [{"hits": 1}, {"hits": 5, "vhost": "shop.example.org"}, {"hits": 9, "vhost": OTHER}],
    }
    found = report(**given, vhost="shop.example.org")
    assert [row[1] for row in found.parts["pages"].rows] == [2]
    assert found.vhosts == ("shop.example.org", "www.example.org", OTHER)
    assert report(**given).parts["pages"].rows[0][1] == 9


def test_texts_that_would_be_sql_are_texts() -> None:
    hostile = "'; DROP TABLE pages_daily; --"
    found = report(pages_daily=[{"path": hostile, "views": 1, "vhost": hostile}], vhost=hostile)
    assert [row[0] for row in found.parts["pages"].rows] == [hostile]
