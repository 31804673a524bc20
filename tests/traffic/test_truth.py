"""The generator against itself: its logs hold what its truth says, and its tables agree with each other."""

import gzip
import tomllib
from collections import Counter
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

import maxminddb
import pytest

from tests.traffic import POLICY, TABLES, Truth, generate, policy_with, write_country_database
from tests.traffic.actors.attackers import ATTACKS
from tests.traffic.agents import CHROME
from tests.traffic.diary import Diary
from tests.traffic.places import COUNTRIES, home
from tests.traffic.requests import DIRECT, SHOP, Client, Request, Source

RESERVED = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "100.64.0.0/10", "10.0.0.0/8", "198.18.0.0/15"]
NOON = 1_793_012_400  # 2026-10-26 12:00 in Oslo
PERSON = Client("192.0.2.1", "NO", CHROME, "human")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traffic")
    return folder, generate(folder, scale=0.2)


def lines_of(path: Path) -> list[bytes]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as log:
        return log.read().removesuffix(b"\n").split(b"\n")


def total(truth: Truth, table: str, figure: str, **where: str) -> int:
    rows = truth.tables[table]
    return sum(row[figure] for row in rows if all(row[key] == value for key, value in where.items()))


def counted(*requests: Request) -> Truth:
    truth = Truth()
    diary = Diary(truth, PERSON)
    for request in requests:
        diary.note(request, request.vhost)
    diary.close()
    return truth


def page(at: int, path: str = "/", begins: Source | None = None, vhost: str = SHOP) -> Request:
    return Request(NOON + at, path, vhost, act="page", begins=begins)


def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    folder, truth = made
    again = generate(tmp_path, scale=0.2)
    assert again.as_json() == truth.as_json()
    for name in truth.lines:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_another_seed_gives_other_bytes(made, tmp_path):
    generate(tmp_path, seed=2, scale=0.2)
    assert (tmp_path / "access.log").read_bytes() != (made[0] / "access.log").read_bytes()


def test_each_file_has_as_many_lines_as_the_truth_says(made):
    folder, truth = made
    assert sorted(truth.lines) == sorted(truth.files["access"] + truth.files["error"])
    assert {name: len(lines_of(folder / name)) for name in truth.lines} == dict(truth.lines)


def test_every_line_of_a_day_is_one_thing(made):
    days = made[1].tables["days"]
    for day in days:
        kinds = ("hits", "errors", "continuations", "ignored", "quarantined")
        assert day["lines"] == sum(day[kind] for kind in kinds)
        assert all(day[kind] for kind in kinds)
    assert sum(day["lines"] for day in days) == made[1].lines.total()


def test_quarantine_by_file_adds_up_to_the_days(made):
    truth = made[1]
    by_day = sum((Counter(days) for days in truth.quarantine.values()), Counter())
    assert by_day == {day["day"]: day["quarantined"] for day in truth.tables["days"]}


@pytest.mark.parametrize("table", ["traffic_hourly", "status_daily", "agents_daily"])
def test_every_hit_is_in_each_table_of_hits(made, table):
    truth = made[1]
    assert total(truth, table, "hits") == total(truth, "days", "hits")
    assert total(truth, table, "bytes_sent") == total(truth, "status_daily", "bytes_sent")


@pytest.mark.parametrize("table", ["sources_daily", "devices_daily", "countries_daily"])
def test_every_visit_is_in_each_table_of_visits(made, table):
    for figure in ("visits", "pageviews"):
        assert total(made[1], table, figure) == total(made[1], "visits_daily", figure)


def test_every_pageview_is_a_view_and_a_persons_hit(made):
    truth = made[1]
    views = total(truth, "pages_daily", "views")
    assert views == total(truth, "visits_daily", "pageviews") == total(truth, "agents_daily", "pageviews")
    assert views == total(truth, "traffic_hourly", "pageviews", agent_kind="human")


def test_every_view_but_the_last_of_a_visit_is_followed_by_another(made):
    truth = made[1]
    assert total(truth, "pages_daily", "entries") == total(truth, "pages_daily", "exits")
    follow = total(truth, "pages_daily", "views") - total(truth, "pages_daily", "exits")
    assert total(truth, "transitions_daily", "transitions") == follow


def test_downloads_agree(made):
    assert total(made[1], "downloads_daily", "downloads") == total(made[1], "visits_daily", "downloads") > 0


def test_every_goal_is_reached_and_by_no_more_visits_than_there_are(made):
    rows = made[1].tables["goals_daily"]
    assert {row["goal"] for row in rows} == {goal["name"] for goal in tomllib.loads(POLICY)["goals"]}
    for goal in {row["goal"] for row in rows}:
        assert 0 < total(made[1], "goals_daily", "conversions", goal=goal) < total(made[1], "visits_daily", "visits")


def test_each_attacker_is_listed_once_for_each_scenario_that_sees_it(made):
    truth = made[1]
    attacks = [ATTACKS[number % len(ATTACKS)] for number in range(len({row["target"] for row in truth.blocklist}))]
    assert total(truth, "attacks_daily", "addresses") == len(truth.blocklist)
    assert len({(row["target"], row["scenario"]) for row in truth.blocklist}) == len(truth.blocklist)
    assert sum(attack.count for attack in attacks) == total(truth, "agents_daily", "hits", agent_kind="attack")
    assert {row["scenario"] for row in truth.tables["attacks_daily"]} == {
        name for one in ATTACKS for name, _ in one.seen
    }


def test_every_table_has_its_columns_and_no_empty_row(made):
    for table, (keys, figures) in TABLES.items():
        for row in made[1].tables[table]:
            assert [*keys.split(), *figures.split()] == [name for name in row if name != "dwell_median"]
            assert any(row[figure] for figure in figures.split())


def test_all_ways_to_arrive_and_all_devices_occur(made):
    kinds = {row["source_kind"] for row in made[1].tables["sources_daily"]}
    assert kinds == {"campaign", "search", "ai", "social", "external", "resumed", "direct"}
    assert {row["device_class"] for row in made[1].tables["devices_daily"]} == {"desktop", "mobile", "tablet"}


@pytest.mark.parametrize(("start", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)])
def test_a_day_of_the_change_has_its_own_length(tmp_path, start, hours):
    truth = generate(tmp_path, start=start, days=1, scale=0.1)
    assert len({row["hour"] for row in truth.tables["traffic_hourly"]}) == hours
    assert [day["day"] for day in truth.tables["days"]] == [start.isoformat()]


def test_error_logs_leave_out_the_hour_that_comes_twice(tmp_path):
    generate(tmp_path, start=date(2026, 10, 25), days=1, scale=10)
    for name in ("apache_error.log", "nginx_error.log"):
        assert not [line for line in lines_of(tmp_path / name) if b" 02:" in line[:40]]


def test_only_addresses_that_are_nobodys_are_in_the_logs(made):
    folder, _ = made
    networks = [ip_network(text) for text in [*RESERVED, "2001:db8::/32", "::ffff:0:0/96"]]
    for line in lines_of(folder / "access.log"):
        if line.startswith((b"www.", b"shop.", b"example.")) and b" 999.1.2.3 " not in line:
            address = ip_address(line.split()[1].decode())
            assert any(address in network for network in networks if network.version == address.version)


def test_days_rotate_and_the_last_line_lacks_its_newline(made):
    folder, truth = made
    assert truth.files["access"] == ["access.log.2.gz", "access.log.1", "access.log", "timed.log"]
    assert not (folder / "access.log").read_bytes().endswith(b"\n")
    assert [b"26/Oct/2024" in line for line in lines_of(folder / "access.log.2.gz")].count(False) < 15


def test_people_do_not_share_an_address():
    assert len({home(number) for number in range(50_000)}) == 50_000


def test_1799_silent_seconds_belong_to_the_visit():
    truth = counted(page(0, begins=DIRECT), page(1799, "/cart"))
    assert truth.tables["visits_daily"] == [
        {"day": "2026-10-26", "vhost": SHOP, "visits": 1, "unique_visitors": 1, "pageviews": 2, "downloads": 0}
        | {"bounces": 0, "visit_seconds": 1799}
    ]
    assert [row["dwell_median"] for row in truth.tables["pages_daily"]] == [1799, None]


def test_midnight_ends_a_visit_and_the_next_is_resumed():
    truth = counted(page(0, begins=DIRECT), page(12 * 3600, "/cart"))
    assert [(row["day"], row["source_kind"]) for row in truth.tables["sources_daily"]] == [
        ("2026-10-26", "direct"),
        ("2026-10-27", "resumed"),
    ]


def test_a_visit_counts_where_it_began_and_its_views_where_they_were():
    truth = counted(page(0, begins=DIRECT), page(9, "/about", vhost="www.example.org"))
    by_host = {row["vhost"]: (row["visits"], row["pageviews"]) for row in truth.tables["visits_daily"]}
    assert by_host == {SHOP: (1, 1), "www.example.org": (0, 1)}


def test_the_policy_is_toml_and_names_the_database(tmp_path):
    assert tomllib.loads(POLICY)["statistics"]["smallest_group"] == 1
    assert tomllib.loads(policy_with("x.mmdb"))["places"]["country_data"] == "x.mmdb"


def test_the_database_knows_every_network(tmp_path):
    write_country_database(tmp_path / "countries.mmdb")
    with maxminddb.open_database(tmp_path / "countries.mmdb") as database:
        for network, country in COUNTRIES.items():
            assert database.get(str(ip_network(network)[9]))["country"]["iso_code"] == country
        assert database.get("10.1.2.3") is None


def test_nothing_of_the_project_is_used_to_know_the_truth():
    for module in Path(__file__).parent.rglob("*.py"):
        lines = [line.strip() for line in module.read_text().splitlines()]
        names = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]
        assert not [name for name in names if name.split(".")[0] in {"dags", "plugins", "transforms", "schemas"}]
