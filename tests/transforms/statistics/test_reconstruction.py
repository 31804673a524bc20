"""An attacker with all published tables of a day: no figure and no difference of figures is of few people."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from schemas.statistics import OTHER, TABLES
from tests.transforms.statistics.day import FIREFOX, day_of, error, folding, hit
from transforms.detection.load import load_scenarios
from transforms.statistics.coded import Context
from transforms.statistics.compute import Day, compute_final_day
from transforms.statistics.day import code_day
from transforms.statistics.folded_day import RELATIONS, FoldedDay

SMALLEST = 5
SEEDS = range(50)
GOALS = '[[goals]]\nname = "Asked"\npath = "/contact"\n[[goals]]\nname = "Looked"\npath = ["/p/*", "/a.pdf"]\n'
UNDER = folding(SMALLEST, GOALS)
Rows = list[dict[str, Any]]
SYSTEMS = ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10.15", "Android 15; Mobile")
BROWSERS = (
    "rv:140.0) Gecko/20100101 Firefox/140.0",
    ") AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36",
    ") Opera/9.8",
)
HOSTS = ("www.example.org", "api.example.org", "static.example.org", "ola.example", "kari.example")
REFERRERS = (
    None,
    "https://www.google.com/",
    "https://t.co/x",
    "https://chatgpt.com/",
    *(f"https://s{n}.example/" for n in range(6)),
)
PATHS = ("/", "/news", "/contact", *(f"/p/{n}" for n in range(12)), "/a.pdf", "/b.zip")


def busy_day(seed: int) -> Day:
    """Some dozens of people; of everything there is much of a little, and a long tail."""
    chance = random.Random(seed)
    pick = lambda values: values[min(int(chance.expovariate(5 / len(values))), len(values) - 1)]  # noqa: E731
    hits = []
    for person in range(chance.randint(3, 70)):
        who = {
            "client_ip": f"198.51.100.{person}",
            "user_agent": FIREFOX.split("(")[0] + f"({pick(SYSTEMS)}; {pick(BROWSERS)}".replace("; )", ")"),
            "vhost": pick(HOSTS),
        }
        for step in range(chance.randint(1, 6)):
            status = 404 if chance.random() < 0.1 else 200
            further = {
                "referrer": pick(REFERRERS),
                "request_seconds": chance.choice((0.01, 0.5, None)),
                "status": status,
            }
            hits.append(hit(pick(PATHS), person * 5 + step * chance.randint(1, 900), **who, **further))
    errors = tuple(error("File does not exist", vhost=pick(HOSTS), client_ip=f"198.51.100.{n}") for n in range(9))
    return day_of(*sorted(hits, key=lambda row: row["requested_at"]), errors=errors)


class Published:
    """The tables of a day as anybody has them, and the truth about who stands behind each row."""

    def __init__(self, day: Day) -> None:
        context = one_context()
        tables, log = compute_final_day(day, load_scenarios(), context)
        self.tables = {name: table.to_pylist() for name, table in tables.items()}
        self.log = {name: table.to_pylist() for name, table in log.items()}
        self.folded = FoldedDay(code_day(day, load_scenarios(), context))

    def behind(self, name: str) -> list[tuple[dict[str, Any], dict[str, Any], int]]:
        """Each row that a table was counted from: as it was, as it is shown, and whose it is."""
        raw, shown = self._rows(name)
        keys = [key for key in TABLES[name].keys if key in raw.column_names and key != "bucket"]
        words = [list(map(dict, self._in_words(rows, keys))) for rows in (raw, shown)]
        return list(zip(*words, raw["visitor"].to_pylist(), strict=True))

    def _rows(self, name: str) -> tuple[pa.Table, pa.Table]:
        if RELATIONS[name] != "traffic":
            return self.folded.relations[RELATIONS[name]], self.folded.rows(name)
        seen = self.folded.relations["seen"]
        return seen, self.folded.prepare_agents(seen) if name == "agents_daily" else seen

    def _in_words(self, rows: pa.Table, keys: list[str]) -> Iterator[Iterator[tuple[str, Any]]]:
        context = self.folded.coded.context
        texts = [
            rows[key].to_pylist() if key == "status" else context.decode(key, rows[key].to_numpy()).to_pylist()
            for key in keys
        ]
        return (zip(keys, values, strict=True) for values in zip(*texts, strict=True))

    def sums(self, name: str, keys: tuple[str, ...], figure: str, **only: str) -> Counter[tuple[str, ...]]:
        counted: Counter[tuple[str, ...]] = Counter()
        for row in self.tables[name]:
            if all(row[key] == value for key, value in only.items()):
                counted[tuple(row[key] for key in keys)] += row[figure]
        return counted


@cache
def one_context() -> Context:
    return Context(UNDER)


@cache
def tables_of(seed: int) -> Published:
    return Published(busy_day(seed))


def small_rows(found: Published, name: str) -> list[tuple[Any, ...]]:
    """Values of a table, beside what stands before them, of fewer people, where something else is shown beside them."""
    keys, folded = TABLES[name].keys, TABLES[name].folded
    groups: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for _, shown, who in found.behind(name):
        if "agent" in folded and shown["agent_kind"] != "human":
            continue
        for end in range(1, max(keys.index(key) for key in folded) + 2):
            groups[tuple(shown[key] for key in keys[:end])].add(who)
    siblings = Counter(group[:-1] for group in groups)
    return [
        group
        for group, who in groups.items()
        if len(who) < SMALLEST and keys[len(group) - 1] in folded and (group[-1] != OTHER or siblings[group[:-1]] > 1)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_row_of_any_table_and_no_rest_of_a_sum_is_of_few_people(seed: int) -> None:
    found = tables_of(seed)
    for name in RELATIONS:
        if TABLES[name].folded != ("vhost",):
            assert not [group for group in small_rows(found, name) if len(group) > 1], name


@pytest.mark.parametrize("seed", SEEDS)
def test_no_host_of_few_people_is_shown_in_any_table(seed: int) -> None:
    found = tables_of(seed)
    people: dict[str, set[int]] = defaultdict(set)
    for _, shown, who in found.behind("traffic_hourly"):
        people[shown["vhost"]].add(who)
    assert len(people) == 1 or min(map(len, people.values())) >= SMALLEST
    acting: dict[str, set[int]] = defaultdict(set)
    for _, shown, who in found.behind("visits_daily"):
        acting[shown["vhost"]].add(who)
    if len(acting) > 1:
        assert min(map(len, acting.values())) >= SMALLEST
    names = {row["vhost"] for rows in found.tables.values() for row in rows if "vhost" in row}
    assert names - people.keys() - {OTHER} == set(), "the error log shows no host that the hits do not"


@pytest.mark.parametrize("seed", SEEDS)
def test_tables_that_tell_the_same_sum_leave_nothing_between_them(seed: int) -> None:
    found = tables_of(seed)
    pageviews = found.sums("visits_daily", ("vhost",), "pageviews")
    for name in ("sources_daily", "devices_daily", "countries_daily", "agents_daily", "traffic_hourly"):
        assert +found.sums(name, ("vhost",), "pageviews") == +pageviews, name
    assert found.sums("pages_daily", ("vhost",), "views") == +pageviews
    assert found.sums("status_daily", ("vhost",), "hits") == found.sums("traffic_hourly", ("vhost",), "hits")
    assert found.sums("not_found_daily", ("vhost",), "hits") == +found.sums(
        "status_daily", ("vhost",), "hits", status=404
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_views_less_entries_do_not_give_away_a_few_who_came_from_a_hidden_page(seed: int) -> None:
    found = tables_of(seed)
    came = found.sums("pages_daily", ("vhost", "path"), "views") - found.sums(
        "pages_daily", ("vhost", "path"), "entries"
    )
    told = found.sums("transitions_daily", ("vhost", "to_path"), "transitions")
    hidden: dict[tuple[str, str], list[int]] = defaultdict(list)
    for raw, shown, who in found.behind("transitions_daily"):
        if shown["to_path"] == OTHER:
            hidden[shown["vhost"], raw["to_path"]].append(who)
    for page, known in told.items():
        if page[1] != OTHER and came[page] > known:
            assert came[page] - known == len(hidden[page]), "so much an attacker can work out"
            assert len(set(hidden[page])) >= SMALLEST


@pytest.mark.parametrize("seed", SEEDS)
def test_pageviews_by_browser_do_not_give_away_a_few_with_a_rare_system(seed: int) -> None:
    found = tables_of(seed)
    keys = ("vhost", "browser")
    told = found.sums("devices_daily", keys, "pageviews")
    total = found.sums("agents_daily", ("vhost", "agent"), "pageviews", agent_kind="human")
    hidden: dict[tuple[str, str], set[int]] = defaultdict(set)
    for raw, shown, who in found.behind("devices_daily"):
        if shown["browser"] == OTHER:
            hidden[shown["vhost"], raw["browser"]].add(who)
    for key, known in told.items():
        if key[1] != OTHER and key in total and total[key] > known:
            assert len(hidden[key]) >= SMALLEST


@pytest.mark.parametrize("seed", SEEDS)
def test_the_visit_log_shows_only_values_that_are_published(seed: int) -> None:
    found = tables_of(seed)
    kinds = {name: name for name in ("vhost", "source", "browser", "os", "country", "path")}
    kinds |= dict.fromkeys(("from_path", "to_path", "entry_path", "exit_path"), "path")
    published: dict[str, set[str]] = defaultdict(set)
    for rows in found.tables.values():
        for row in rows:
            for name, kind in kinds.items():
                if name in row:
                    published[kind].add(row[name])
    for rows in found.log.values():
        for name in kinds.keys() & set(rows[0] if rows else ()):
            assert {row[name] for row in rows} - published[kinds[name]] <= {OTHER, "unknown"}, name
    counted = Counter((row["vhost"], row["source_kind"], row["source"]) for row in found.log["visits"])
    assert counted == +found.sums("sources_daily", ("vhost", "source_kind", "source"), "visits")


def test_the_attack_finds_the_few_where_nothing_protects_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from transforms.statistics.fold import Cells  # noqa: PLC0415

    monkeypatch.setattr(Cells, "protect", lambda *_: None)
    assert any(
        small_rows(Published(busy_day(seed)), name)
        for seed in range(20)
        for name in ("pages_daily", "transitions_daily")
    )
