"""What somebody could work out by taking one table from another, case by case: never a figure of few people."""

from typing import Any

from schemas.statistics import OTHER
from tests.transforms.statistics.day import FIREFOX, Rows, folding, hit, tables, visit_log

CHROME = ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
BROWSERS = {
    "Firefox": "; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Opera": f"{CHROME} OPR/115.0.0.0",
    "Vivaldi": f"{CHROME} Vivaldi/7.0",
}
LINUX, WINDOWS = "X11; Linux x86_64", "Windows NT 10.0; Win64; x64"


def agent(browser: str, system: str = LINUX) -> str:
    return f"Mozilla/5.0 ({system}{BROWSERS[browser]}"


class Crowd:
    """People of a day, each of whom opens the same pages."""

    def __init__(self) -> None:
        self.hits: Rows = []
        self.people = 0

    def add(self, people: int, *pages: str | tuple[str, dict[str, Any]], **differences: Any) -> "Crowd":
        for _ in range(people):
            self.people += 1
            client = {"client_ip": f"198.51.{self.people // 250}.{self.people % 250}", "user_agent": FIREFOX}
            for step, page in enumerate(pages):
                path, own = (page, {}) if isinstance(page, str) else page
                self.hits.append(hit(path, self.people * 3 + step * 10, **client | differences | own))
        return self

    def tables(self, extra: str = "") -> dict[str, Rows]:
        return tables(*self.hits, under=folding(5, extra))


def shown(rows: Rows, key: str) -> set[str]:
    return {row[key] for row in rows} - {OTHER}


def test_browsers_by_hits_less_browsers_by_actions() -> None:
    crowd = Crowd().add(50, "/", user_agent=agent("Firefox")).add(50, "/", user_agent=agent("Firefox", WINDOWS))
    crowd.add(6, "/", user_agent=agent("Opera")).add(1, "/", "/", "/", user_agent=agent("Vivaldi", WINDOWS))
    found = crowd.tables()
    assert shown(found["agents_daily"], "agent") == shown(found["devices_daily"], "browser") == {"Firefox"}


def test_a_browser_with_which_few_acted_is_in_no_table() -> None:
    crowd = Crowd().add(50, "/", user_agent=agent("Firefox")).add(9, "/", user_agent=agent("Opera"))
    crowd.add(8, "/style.css", user_agent=agent("Vivaldi")).add(2, "/", user_agent=agent("Vivaldi"))
    found = crowd.tables()
    assert shown(found["agents_daily"], "agent") == {"Firefox"}, "Opera is hidden beside the two who acted with Vivaldi"


def test_pages_less_moves_between_pages() -> None:
    crowd = Crowd().add(6, "/", "/news").add(30, "/").add(20, "/blog", "/").add(1, "/blog", "/x")
    found = crowd.tables()
    assert shown(found["transitions_daily"], "to_path") <= shown(found["pages_daily"], "path") == {"/", "/blog"}


def test_moves_to_a_page_on_another_host() -> None:
    crowd = Crowd().add(6, "/", "/p", vhost="h.example").add(9, "/", vhost="h.example").add(20, "/")
    crowd.add(1, "/", ("/p", {"vhost": "h.example"}))
    found = crowd.tables()
    came = [row["views"] - row["entries"] for row in found["pages_daily"] if row["path"] == "/p"]
    told = [row["transitions"] for row in found["transitions_daily"] if row["to_path"] == "/p"]
    assert (came, told) == ([7], [])


def test_pages_less_pages_with_times() -> None:
    timed = {"request_seconds": 0.5}
    crowd = Crowd().add(20, "/", **timed).add(6, "/news", **timed).add(1, "/x", **timed)
    crowd.add(5, "/", "/s.css", **timed)
    found = crowd.tables()
    assert shown(found["pages_daily"], "path") == {"/"}
    assert shown(found["response_times_daily"], "path") == {"/", "/s.css"}


def test_sources_less_sources_of_a_goal() -> None:
    came = {name: {"referrer": f"https://www.{name}.com/"} for name in ("google", "bing", "duckduckgo")}
    crowd = Crowd().add(50, ("/shop", came["google"])).add(6, ("/shop", came["bing"]))
    crowd.add(1, ("/", came["duckduckgo"]))
    found = crowd.tables('[[goals]]\nname = "Shop"\npath = "/shop"\n')
    assert shown(found["sources_daily"], "source") == shown(found["goals_daily"], "source") == {"Google"}


def test_a_goal_of_few_says_only_how_many() -> None:
    crowd = Crowd().add(50, "/").add(9, "/news")
    crowd.add(1, ("/", {"referrer": "https://chatgpt.com/"}), "/contact")
    (row,) = crowd.tables('[[goals]]\nname = "Asked"\npath = "/contact"\n')["goals_daily"]
    assert (row["goal"], row["conversions"]) == ("Asked", 1)
    assert {row[key] for key in ("source_kind", "source", "entry_path", "device_class")} == {OTHER}


def test_a_stray_host_counts_as_the_largest_of_the_site() -> None:
    crowd = Crowd().add(20, "/", vhost="a.example").add(10, "/", vhost="b.example", user_agent="Googlebot/2.1")
    found = crowd.add(1, "/", "/", vhost="c.example").tables()
    assert [(row["vhost"], row["unique_visitors"]) for row in found["visits_daily"]] == [("a.example", 21)]


def test_the_host_of_attackers_that_nothing_counts_is_not_shown() -> None:
    scan = [
        hit("/wp-login.php", n, method="POST", client_ip="203.0.113.9", vhost="kari-nordmann.example")
        for n in range(20)
    ]
    under = folding(5, 'exclude_networks = ["203.0.113.0/24"]\n')
    found = tables(*scan, under=under)
    assert shown(found["attacks_daily"], "vhost") == set() != {row["scenario"] for row in found["attacks_daily"]}


def test_one_scanner_with_many_agents_is_one_address() -> None:
    agents = [f"{FIREFOX} {n}" for n in range(7)]
    scan = [
        hit("/wp-login.php", n, method="POST", client_ip="203.0.113.9", user_agent=agents[n % 7]) for n in range(35)
    ]
    (row, *_) = tables(*scan, under=folding(5))["attacks_daily"]
    assert (row["addresses"], row["country"]) == (1, OTHER)


def test_a_campaign_that_calls_itself_other_is_not_a_second_row_of_others() -> None:
    crowd = Crowd().add(6, ("/", {"query": "utm_source=a&utm_campaign=(other)"}))
    for name in "bcdefg":
        crowd.add(1, ("/", {"query": f"utm_source=a&utm_campaign={name}"}))
    found = crowd.tables()["sources_daily"]
    keys = [tuple(row[key] for key in ("vhost", "source_kind", "source", "campaign")) for row in found]
    assert len(keys) == len(set(keys)) == 2


def test_ties_are_broken_by_names_and_not_by_who_came_first() -> None:
    first = Crowd().add(6, "/a", "/x").add(9, "/a", "/k").add(9, "/c", "/k").hits
    second = Crowd().add(6, "/b", "/x").add(9, "/b", "/k").add(1, "/c", "/x").hits
    for row in second:
        row["client_ip"] = row["client_ip"].replace("198.51.", "203.0.")
    assert tables(*first, *second, under=folding(5)) == tables(*second, *first, under=folding(5))


def test_the_visit_log_shows_a_path_only_on_the_host_and_to_the_kind_of_hit_that_a_table_shows_it_for() -> None:
    crowd = Crowd().add(20, "/", "/contact").add(20, "/", vhost="b.example").add(1, "/contact", vhost="b.example")
    crowd.add(6, ("/secret", {"status": 404, "user_agent": "Googlebot/2.1"})).add(1, "/secret").add(5, "/rare")
    found = visit_log(*crowd.hits, under=folding(5))["hits"]
    pairs = {(row["vhost"], row["path"], row["status"]) for row in found}
    assert ("www.example.org", "/contact", 200) in pairs
    assert ("b.example", "/contact", 200) not in pairs
    assert ("www.example.org", "/secret", 404) in pairs
    assert ("www.example.org", "/secret", 200) not in pairs
