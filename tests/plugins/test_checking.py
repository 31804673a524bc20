"""Each rule can fail: a real day's tables, broken in one way, and the rule that says so."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from plugins.checking import Failure, UncheckedError, broken_rules, check_tables, said
from schemas.policy import Policy, load_policy
from schemas.statistics import TABLES
from schemas.suites import COLUMNS, SUITES, read_suite
from schemas.window import LATE
from tests.transforms.statistics.day import DAY, NOON, POLICY, day_of, error, folding, hit
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import BUCKETS, Context
from transforms.statistics.compute import compute_day

Tables = dict[str, pa.Table]
PLANTED = "203.0.113.77"
GOALS = '[[goals]]\nname = "Read on"\npath = ["/page/3", "/files/*"]\n'
UNDER = folding(1, GOALS)


@cache
def real() -> Tables:
    """A day with something in every table."""
    return computed()


def computed(under: Policy | None = None) -> Tables:
    statuses = (200, 200, 404, 200, 500, 200, 301)
    hits = [
        hit(
            f"/page/{n % 5}",
            (n % 40) * 700 - 20_000,
            client_ip=f"192.0.2.{n % 31}",
            status=statuses[n % 7],
            referrer=("https://www.google.com/", "https://blog.example.net/x", None)[n % 3],
            request_seconds=0.003 * (n % 50),
        )
        for n in range(310)
    ]
    hits += [hit(f"/files/{n % 2}.pdf", 60 * n, client_ip=f"198.51.100.{n}") for n in range(12)]
    hits += [hit(f"/wp-{n}/.env", n, client_ip="203.0.113.9", status=404, user_agent="sqlmap/1.8") for n in range(60)]
    hits += [hit("/", 30 * n, client_ip="203.0.113.8", user_agent="Googlebot/2.1") for n in range(9)]
    errors = tuple(error("AH00128: File does not exist: x") for _ in range(7))
    late = pa.Table.from_pylist([{"log": "www", "reason": "closed", "lines": 3}], schema=LATE)
    context = Context(under or UNDER)
    return compute_day(day_of(*hits, errors=errors, late=late), load_scenarios(), context, "final")


def failures(tables: Tables, under: Policy | None = None) -> list[Failure]:
    try:
        return list(check_tables(tables, under or UNDER).failures)
    except UncheckedError as refusal:
        return list(refusal.checked.failures)


def with_row(table: str, row: int = 0, **values: Any) -> Tables:
    """The day, one row of a table changed."""
    rows = real()[table].to_pylist()
    rows[row] = rows[row] | values
    return dict(real()) | {table: pa.Table.from_pylist(rows, schema=TABLES[table].schema)}


def with_column(table: str, column: str, values: pa.Array | pa.ChunkedArray) -> Tables:
    """The day, a column of a table replaced."""
    place = real()[table].schema.get_field_index(column)
    return dict(real()) | {table: real()[table].set_column(place, column, values)}


def words(found: list[Failure], severity: str = "critical") -> set[str]:
    return {f"{one.rule.table}: {one.rule.words}" for one in found if one.rule.severity == severity}


def told(tables: Tables, *suites: str, severity: str = "critical") -> set[str]:
    """What only these suites say, which is quicker."""
    found = broken_rules(tables, UNDER, suites)
    return {f"{one.table}: {one.words}" for one in found if one.severity == severity}


@pytest.mark.parametrize("smallest_group", [1, 3, 5, 30])
def test_a_real_day_breaks_no_rule_whatever_is_folded(smallest_group: int) -> None:
    under = folding(smallest_group, GOALS)
    assert failures(computed(under), under) == []


def test_a_day_of_nothing_and_tables_of_nothing_break_no_rule() -> None:
    empty = compute_day(day_of(), load_scenarios(), Context(UNDER), "final")
    assert failures(empty) == []
    assert failures({name: table.schema.empty_table() for name, table in TABLES.items()}) == []


NO_ADDRESS, NO_LINE = (
    "no text holds an address",
    "every line is a hit, ignored, an error, a continuation or in quarantine",
)
SAME_HITS = "traffic_hourly.hits, status_daily.hits, agents_daily.hits are the same"
SAME_VISITS = "visits_daily.visits, sources_daily.visits, devices_daily.visits, countries_daily.visits are the same"
SOURCE_KINDS = "source_kind is one of campaign, search, ai, social, external, resumed, direct"
MUCH = 10_000_000
# table, what its first row is made to say, and the rule that says so
WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("visits_daily", {"visit_seconds": -1.0}, "visit_seconds: no figure is below 0, or endless"),
    ("visits_daily", {"visit_seconds": float("inf")}, "visit_seconds: no figure is below 0, or endless"),
    ("pages_daily", {"path": f"/u/{PLANTED}/x"}, f"path: {NO_ADDRESS}"),
    ("sources_daily", {"source": "2001:db8::77"}, f"source: {NO_ADDRESS}"),
    ("errors_daily", {"message_template": f"client {PLANTED} denied"}, f"message_template: {NO_ADDRESS}"),
    ("days", {"state": "done"}, "state is one of provisional, final"),
    ("days", {"lines": MUCH}, NO_LINE),
    ("traffic_hourly", {"agent_kind": "alien"}, "agent_kind is one of human, bot, ai, attack"),
    ("traffic_hourly", {"hits": 0}, "hits is within its bounds"),
    ("traffic_hourly", {"errors_4xx": MUCH}, "hits ≥ failed"),
    ("traffic_hourly", {"pageviews": MUCH}, "an error is no pageview"),
    ("traffic_hourly", {"agent_kind": "bot", "pageviews": 1}, "only people have pageviews"),
    ("traffic_hourly", {"hour": NOON - timedelta(hours=13)}, "no hour is before its day"),
    ("traffic_hourly", {"hour": NOON + timedelta(hours=12)}, "no hour is after its day, which has 23 to 25"),
    ("status_daily", {"agent_kind": "alien"}, "agent_kind is one of human, bot, ai, attack"),
    ("status_daily", {"status": 1000}, "status is within its bounds"),
    ("status_daily", {"hits": 0}, "hits is within its bounds"),
    ("agents_daily", {"agent_kind": "alien"}, "agent_kind is one of human, bot, ai, attack"),
    ("agents_daily", {"hits": 0}, "hits is within its bounds"),
    ("agents_daily", {"pageviews": MUCH}, "hits ≥ pageviews"),
    ("agents_daily", {"agent_kind": "bot", "pageviews": 1}, "only people have pageviews"),
    ("visits_daily", {"bounces": MUCH}, "visits ≥ bounces"),
    ("visits_daily", {"visits": MUCH}, "a visit has an action at least"),
    ("visits_daily", {"unique_visitors": MUCH}, "a visitor has an action at least"),
    ("visits_daily", {"visit_seconds": 1e12}, "a visit ends with its day, which has 25 hours at most"),
    ("pages_daily", {"unique_visitors": MUCH}, "views ≥ unique_visitors"),
    ("pages_daily", {"unique_visitors": 0}, "unique_visitors is within its bounds"),
    ("pages_daily", {"entries": MUCH}, "views ≥ entries"),
    ("pages_daily", {"exits": MUCH}, "views ≥ exits"),
    ("pages_daily", {"bounces": MUCH}, "entries ≥ bounces"),
    ("pages_daily", {"bounces": MUCH}, "exits ≥ bounces"),
    ("pages_daily", {"dwell_views": MUCH}, "views ≥ dwell_views"),
    ("pages_daily", {"dwell_views": 0}, "a view that does not end its visit has a time to the next page"),
    ("pages_daily", {"dwell_median": None}, "there is a median where there are times"),
    ("pages_daily", {"dwell_median": 1800.0}, "the time to the next page is under [statistics] visit_gap"),
    ("pages_daily", {"dwell_seconds": 1e9}, "the time to the next page is under [statistics] visit_gap"),
    ("sources_daily", {"source_kind": "post"}, SOURCE_KINDS),
    ("sources_daily", {"bounces": MUCH}, "visits ≥ bounces"),
    ("sources_daily", {"unique_visitors": 0}, "unique_visitors is within its bounds"),
    ("sources_daily", {"source": "x" * 254}, "source is no longer than 253 characters"),
    ("sources_daily", {"campaign": "x" * 254}, "campaign is no longer than 253 characters"),
    ("transitions_daily", {"transitions": 0}, "transitions is within its bounds"),
    ("devices_daily", {"device_class": "fridge"}, "device_class is one of desktop, mobile, tablet, other"),
    ("devices_daily", {"unique_visitors": 0}, "unique_visitors is within its bounds"),
    ("countries_daily", {"country": "Norway"}, "a country is two capital letters, unknown or (other)"),
    ("countries_daily", {"unique_visitors": 0}, "unique_visitors is within its bounds"),
    ("downloads_daily", {"unique_visitors": MUCH}, "downloads ≥ unique_visitors"),
    ("downloads_daily", {"unique_visitors": 0}, "unique_visitors is within its bounds"),
    ("goals_daily", {"source_kind": "post"}, f"{SOURCE_KINDS}, (other)"),
    ("goals_daily", {"device_class": "fridge"}, "device_class is one of desktop, mobile, tablet, other, (other)"),
    ("goals_daily", {"unique_visitors": MUCH}, "conversions ≥ unique_visitors"),
    ("goals_daily", {"unique_visitors": 0}, "unique_visitors is within its bounds"),
    ("goals_daily", {"source": "x" * 254}, "source is no longer than 253 characters"),
    ("not_found_daily", {"hits": 0}, "hits is within its bounds"),
    ("not_found_daily", {"referrer_host": "x" * 254}, "referrer_host is no longer than 253 characters"),
    ("errors_daily", {"errors": 0}, "errors is within its bounds"),
    ("errors_daily", {"message_template": "x" * 201}, "message_template is no longer than 200 characters"),
    ("attacks_daily", {"outcome": "won"}, "outcome is one of attempted, blocked, success suspected"),
    ("attacks_daily", {"country": "Norway"}, "a country is two capital letters, unknown or (other)"),
    ("attacks_daily", {"addresses": 0}, "addresses is within its bounds"),
    ("attacks_daily", {"alerts": 0}, "alerts is within its bounds"),
    ("attacks_daily", {"addresses": MUCH}, "hits ≥ addresses"),
    ("attacks_daily", {"alerts": MUCH}, "hits ≥ alerts"),
    ("response_times_daily", {"hits": 0}, "hits is within its bounds"),
    ("response_times_daily", {"bucket": 0.0005}, "bucket is within its bounds"),
    ("response_times_daily", {"request_seconds": 1e6}, "no mean is above its bucket"),
    ("response_times_daily", {"request_seconds": 0.0, "bucket": 1.0}, "no mean is below its bucket"),
    ("late_daily", {"reason": "lazy"}, "reason is one of closed, expired"),
    ("late_daily", {"lines": 0}, "lines is within its bounds"),
)
# table, what its first row is made to say, and which comparison of tables says so
UNEQUAL: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("traffic_hourly", {"hits": 7}, "sums", "days.hits = traffic_hourly.hits"),
    ("traffic_hourly", {"hits": 7}, "sums_by_host", SAME_HITS),
    ("status_daily", {"hits": 7}, "sums_by_host", SAME_HITS),
    ("agents_daily", {"hits": 7}, "sums_by_agent_kind", SAME_HITS),
    ("status_daily", {"vhost": "shop.example.org"}, "sums_by_host", SAME_HITS),
    ("status_daily", {"agent_kind": "ai"}, "sums_by_agent_kind", SAME_HITS),
    ("status_daily", {"bytes_sent": 7}, "sums_by_host", SAME_HITS.replace("hits", "bytes_sent")),
    ("agents_daily", {"bytes_sent": 7}, "sums_by_agent_kind", SAME_HITS.replace("hits", "bytes_sent")),
    ("agents_daily", {"pageviews": 7}, "sums_by_agent_kind", "traffic_hourly.pageviews = agents_daily.pageviews"),
    ("traffic_hourly", {"errors_4xx": 7}, "sums_by_host", "traffic_hourly.errors_4xx = status_4xx.hits"),
    ("traffic_hourly", {"errors_5xx": 7}, "sums_by_host", "traffic_hourly.errors_5xx = status_5xx.hits"),
    ("not_found_daily", {"hits": 7}, "sums_by_host", "not_found_daily.hits = status_404.hits"),
    ("sources_daily", {"visits": 7}, "sums_by_host", SAME_VISITS),
    ("devices_daily", {"visits": 7}, "sums_by_host", SAME_VISITS),
    ("countries_daily", {"visits": 7}, "sums_by_host", SAME_VISITS),
    (
        "pages_daily",
        {"views": MUCH},
        "sums_by_host",
        "traffic_hourly.pageviews, agents_daily.pageviews, visits_daily.pageviews, sources_daily.pageviews, "
        "devices_daily.pageviews, countries_daily.pageviews, pages_daily.views are the same",
    ),
    ("downloads_daily", {"downloads": MUCH}, "sums_by_host", "visits_daily.downloads = downloads_daily.downloads"),
    ("sources_daily", {"bounces": 0}, "sums_by_host", "visits_daily.bounces = sources_daily.bounces"),
    ("transitions_daily", {"transitions": 7}, "sums_by_host", "every view that does not end its visit is a transition"),
    ("response_times_daily", {"hits": MUCH}, "sums_by_host", "traffic_hourly.hits ≥ response_times_daily.hits"),
    ("errors_daily", {"errors": 8}, "sums", "days.errors = errors_daily.errors"),
    ("late_daily", {"lines": 8}, "sums", "days.late = late_daily.lines"),
    ("pages_daily", {"entries": 7}, "sums", "pages_daily.entries = pages_daily.exits"),
    ("visits_daily", {"visits": 7}, "sums", "visits_daily.visits ≥ pages_daily.entries"),
    ("pages_daily", {"entries": 0}, "sums", "a visit without a page has a download"),
    ("visits_daily", {"bounces": 0}, "sums", "visits_daily.bounces ≥ pages_daily.bounces"),
    ("pages_daily", {"bounces": -99}, "sums", "a bounce is of a page or of a download"),
    (
        "visits_daily",
        {"visit_seconds": 1e7},
        "sums",
        "between two actions of a visit is less than [statistics] visit_gap",
    ),
    ("visits_daily", {"unique_visitors": 250}, "sums", "on one host, there are no more unique visitors than visits"),
    ("countries_daily", {"unique_visitors": 7}, "sums", "on one host, a unique visitor has one country"),
    ("devices_daily", {"unique_visitors": 7}, "sums", "on one host, a unique visitor has one device"),
)
ODD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("days", {"quarantined": MUCH, "lines": MUCH}, "at least half of the lines could be read"),
    ("days", {"late": MUCH}, "no more lines came after their day was closed than were of this day"),
    ("status_daily", {"status": 799}, "a status is 0 (none) or 100 to 599"),
    (
        "visits_daily",
        {"pageviews": MUCH},
        "people do not open more than 100 pages a visit; is a robot counted among them?",
    ),
    ("pages_daily", {"path": ""}, "path: no text is empty"),
    (
        "pages_daily",
        {"path": "/" + "x" * 8190},
        "path: no text is longer than a request line may be (8,190 characters)",
    ),
)


@pytest.mark.parametrize(("table", "values", "rule"), WRONG)
def test_what_is_wrong_in_a_table_is_said_by_its_rule(table: str, values: dict[str, Any], rule: str) -> None:
    assert f"{table}: {rule}" in told(with_row(table, **values), COLUMNS if ": " in rule else table)


@pytest.mark.parametrize(("table", "values", "suite", "rule"), UNEQUAL)
def test_tables_that_do_not_agree_are_said_by_the_sum_that_differs(
    table: str, values: dict[str, Any], suite: str, rule: str
) -> None:
    assert f"{suite}: {rule}" in told(with_row(table, **values), suite)


SMALL = "fewer visitors than [statistics] smallest_group stand behind no row but those of (other)"


@pytest.mark.parametrize(
    "table", ["pages_daily", "sources_daily", "devices_daily", "countries_daily", "downloads_daily"]
)
def test_a_small_group_that_was_not_folded_is_not_published(table: str) -> None:
    rules = {rule.words for rule in broken_rules(real(), folding(1000, GOALS), [table])}
    assert SMALL in rules
    hidden = [row | dict.fromkeys(TABLES[table].folded, "(other)") for row in real()[table].to_pylist()]
    assert SMALL not in told(dict(real()) | {table: pa.Table.from_pylist(hidden, TABLES[table].schema)}, table)


@pytest.mark.parametrize(("table", "values", "rule"), ODD)
def test_what_is_odd_is_a_warning(table: str, values: dict[str, Any], rule: str) -> None:
    assert f"{table}: {rule}" in told(with_row(table, **values), COLUMNS if ": " in rule else table, severity="warning")


UNIT = "sums: a request takes less than a minute on average; does the format give its time in another unit?"


def test_times_in_another_unit_are_a_warning() -> None:
    assert told(with_row("response_times_daily", request_seconds=1e6), "sums", severity="warning") == {UNIT}


def test_a_warning_alone_keeps_nothing_from_being_published() -> None:
    rows = [row | {"status": 799} if row["status"] == 301 else row for row in real()["status_daily"].to_pylist()]
    odd = dict(real()) | {"status_daily": pa.Table.from_pylist(rows, schema=TABLES["status_daily"].schema)}
    (warning,) = check_tables(odd, UNDER).failures
    assert str(warning) == "status_daily of 2026-07-01 should keep the rule “a status is 0 (none) or 100 to 599”"


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_its_columns_and_no_row_twice(table: str) -> None:
    lacking = dict(real()) | {table: real()[table].drop_columns(TABLES[table].schema.names[-1])}
    assert f"{table}: the columns are those of the schema" in told(lacking, table)
    twice = dict(real()) | {table: pa.concat_tables([real()[table]] * 2)}
    assert f"{table}: no two rows have the same keys" in told(twice, table)


def test_types_and_missing_values_are_told_by_column() -> None:
    visits, country = real()["visits_daily"]["visits"], real()["countries_daily"]["country"]
    found = words(failures(with_column("visits_daily", "visits", visits.cast(pa.int32()))))
    assert found == {"visits_daily: visits: the type is that of the schema"}
    nothing = pa.array([None] * len(country), pa.string())
    assert "countries_daily: country: no value is missing" in words(
        failures(with_column("countries_daily", "country", nothing))
    )


def test_every_rule_of_every_suite_is_among_those_that_were_broken_here() -> None:
    broken = {f"{table}: {rule}" for table, _, rule in (*WRONG, *ODD)} | {
        f"{suite}: {rule}" for _, _, suite, rule in UNEQUAL
    }
    by_table = {"the columns are those of the schema", "no two rows have the same keys", SMALL}
    asked = {
        f"{name}: {rule_said}"
        for name in SUITES
        for rule in read_suite(name).rules
        if (rule_said := said(rule["type"], rule["kwargs"], rule.get("description"))) not in by_table
    }
    assert {one for one in asked - broken - {UNIT} if not one.startswith("columns: ")} == set()


def test_the_rule_that_fails_has_the_day_on_which_it_does() -> None:
    other = DAY + timedelta(days=1)
    shifted = {name: _shift(table, other) for name, table in real().items()}
    broken = with_row("countries_daily", country="Norway")
    both = {name: pa.concat_tables([shifted[name], broken[name]]) for name in broken}
    assert {(one.day, one.rule.table) for one in failures(both)} == {(str(DAY), "countries_daily")}


def test_hours_are_those_of_a_day_of_23_or_25() -> None:
    for first, hours in ((datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)):
        day = date(2026, 3, 29) if hours == 23 else date(2026, 10, 25)
        for number, is_of_it in ((-1, False), (0, True), (hours - 1, True), (hours, False)):
            row = real()["traffic_hourly"].to_pylist()[0] | {"day": day, "hour": first + timedelta(hours=number)}
            tables = {name: table.schema.empty_table() for name, table in real().items()}
            tables["traffic_hourly"] = pa.Table.from_pylist([row], schema=TABLES["traffic_hourly"].schema)
            oslo = load_policy(POLICY.replace("UTC", "Europe/Oslo"))
            wrong = [one for one in broken_rules(tables, oslo, ["traffic_hourly"]) if "hour is" in one.words]
            assert (wrong == []) is is_of_it, (day, number)


def test_a_time_finer_than_a_microsecond_is_in_its_bucket() -> None:
    times = [bound * (1 + error) for bound in BUCKETS for error in (-3e-8, 0, 3e-8)]
    hits = [hit("/", n, request_seconds=float(time)) for n, time in enumerate([*times, 5000.0])]
    tables = compute_day(day_of(*hits), load_scenarios(), Context(UNDER), "final")
    assert told(tables, "response_times_daily") == set()


def test_no_result_holds_a_value() -> None:
    for table, column in (("pages_daily", "path"), ("sources_daily", "source"), ("not_found_daily", "path")):
        found = failures(with_row(table, **{column: f"/planted/{PLANTED}"}))
        assert found
        assert not any("planted" in str(one) or PLANTED in str(one) for one in found)


def test_addresses_that_are_the_sites_own_names_are_no_finding() -> None:
    named = load_policy(POLICY.replace("www.example.org", PLANTED))
    tables = computed(named)
    assert PLANTED in tables["visits_daily"]["vhost"].to_pylist()
    assert failures(tables, named) == []


VERSIONS = ("policy_version", "scenarios_version", "agent_lists_version", "country_data_version")


def test_words_of_the_policy_and_versions_of_packages_are_no_addresses() -> None:
    named = "Manual 2.4.1.0 read"
    under = folding(1, GOALS.replace("Read on", named))
    tables = computed(under)
    assert named in tables["goals_daily"]["goal"].to_pylist()
    assert failures(tables, under) == []
    assert told(with_row("attacks_daily", scenario="log4shell-2.17.1.0"), COLUMNS) == set()
    assert told(with_row("days", **dict.fromkeys(VERSIONS, "agents 1.67.0.2")), COLUMNS) == set()


def _shift(table: pa.Table, day: date) -> pa.Table:
    shifted = table.set_column(0, table.schema.field(0), pa.array([day] * len(table), pa.date32()))
    if "hour" not in table.column_names:
        return shifted
    place = table.schema.get_field_index("hour")
    return shifted.set_column(place, table.schema.field(place), pc.add(table["hour"], pa.scalar(timedelta(days=1))))
