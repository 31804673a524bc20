"""What a visit is: Matomo's definitions, on a handful of hits each."""

import pytest

from tests.transforms.statistics.day import FIREFOX, hit, only, policy, tables

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(("silence", "visits"), [(1799, 1), (1799.999999, 1), (1800, 2), (1801, 2)])
def test_thirty_silent_minutes_start_a_new_visit(silence: float, visits: int) -> None:
    found = tables(hit("/a"), hit("/b", silence))
    assert only(found["visits_daily"], visits=visits, unique_visitors=1, pageviews=2, bounces=visits == 2 and 2)


def test_assets_and_errors_keep_no_visit_alive() -> None:
    found = tables(hit("/a"), hit("/style.css", 900), hit("/gone", 1000, status=404), hit("/b", 1801))
    assert only(found["visits_daily"], visits=2, pageviews=2)


@pytest.mark.parametrize(
    ("differences", "pageviews"),
    [
        ({}, 1),
        ({"method": "POST"}, 1),
        ({"method": "HEAD"}, 0),
        ({"status": 304}, 1),
        ({"status": 206}, 1),
        ({"status": 302}, 0),
        ({"status": 404}, 0),
        ({"status": None}, 0),
        ({"user_agent": GOOGLEBOT}, 0),
        ({"user_agent": None}, 0),
        ({"path": "/a.css"}, 0),
        ({"path": "/wp-login.php"}, 0),
        ({"path": None}, 0),
    ],
)
def test_a_pageview_is_a_page_that_a_person_got(differences: dict[str, object], pageviews: int) -> None:
    found = tables(hit(**differences))
    assert sum(row["pageviews"] for row in found["traffic_hourly"]) == pageviews
    assert sum(row["views"] for row in found["pages_daily"]) == pageviews
    assert sum(row["hits"] for row in found["traffic_hourly"]) == 1


def test_dwell_is_the_time_to_the_next_action_in_whole_seconds_and_none_for_the_last() -> None:
    found = tables(hit("/a"), hit("/a", 10.9), hit("/report.pdf", 13), hit("/b", 20))
    by_path = {row["path"]: row for row in found["pages_daily"]}
    assert (by_path["/a"]["dwell_seconds"], by_path["/a"]["dwell_views"], by_path["/a"]["dwell_median"]) == (12, 2, 6)
    assert (by_path["/b"]["dwell_views"], by_path["/b"]["dwell_median"]) == (0, None)
    assert found["visits_daily"][0]["visit_seconds"] == 20


def test_entries_exits_and_bounces_belong_to_pages_not_to_downloads() -> None:
    found = tables(hit("/report.pdf"), hit("/a", 5), hit("/b", 9), hit("/x.zip", 10), hit("/c", 4000))
    by_path = {row["path"]: (row["entries"], row["exits"], row["bounces"]) for row in found["pages_daily"]}
    assert by_path == {"/a": (1, 0, 0), "/b": (0, 1, 0), "/c": (1, 1, 1)}
    assert only(found["visits_daily"], visits=2, pageviews=3, downloads=2, bounces=1)


def test_transitions_join_consecutive_pages_over_downloads_and_count_reloads() -> None:
    found = tables(hit("/a"), hit("/a", 1), hit("/x.zip", 2), hit("/b", 3), hit("/c", 4000))
    moves = {(row["from_path"], row["to_path"]): row["transitions"] for row in found["transitions_daily"]}
    assert moves == {("/a", "/a"): 1, ("/a", "/b"): 1}


def test_equal_instants_are_ordered_by_their_place_in_the_log() -> None:
    found = tables(hit("/a"), hit("/b"), hit("/c"))
    assert [(row["from_path"], row["to_path"]) for row in found["transitions_daily"]] == [("/a", "/b"), ("/b", "/c")]


def test_exact_duplicates_are_two_hits() -> None:
    assert only(tables(hit("/a"), hit("/a"))["pages_daily"], views=2, unique_visitors=1)


def test_a_visit_counts_where_it_started_and_a_view_where_it_happened() -> None:
    found = tables(hit("/a", vhost="www.example.org"), hit("/b", 60, vhost="shop.example.org"))
    by_vhost = {row["vhost"]: row for row in found["visits_daily"]}
    assert [by_vhost["www.example.org"][name] for name in ("visits", "unique_visitors", "pageviews")] == [1, 1, 1]
    assert [by_vhost["shop.example.org"][name] for name in ("visits", "unique_visitors", "pageviews")] == [0, 1, 1]
    assert by_vhost["www.example.org"]["visit_seconds"] == 60


def test_visitors_are_pairs_of_address_and_agent() -> None:
    chrome = FIREFOX.replace("Firefox", "Chrome")
    found = tables(
        hit(), hit(user_agent=chrome), hit(client_ip="192.0.2.2"), hit(client_ip=None, client_host="a.example")
    )
    assert only(found["visits_daily"], visits=4, unique_visitors=4)


def test_an_address_is_one_visitor_in_both_its_spellings() -> None:
    found = tables(hit("/a"), hit("/b", 5, client_ip="::ffff:c000:201"))
    assert only(found["visits_daily"], visits=1, unique_visitors=1, pageviews=2)


def test_page_queries_have_one_spelling() -> None:
    hits = [hit("/a", query=query) for query in ("p=1&id=2", "id=2&p=1", "id=2&p=1&p=3")]
    found = tables(*hits, hit("/a", query="p=a%26id%3Db"), under=policy('page_query_keys = ["p", "id"]'))
    assert {row["path"]: row["views"] for row in found["pages_daily"]} == {"/a?p=1&id=2": 3, "/a?p=a%26id%3Db": 1}


@pytest.mark.parametrize(
    ("differences", "source"),
    [
        ({}, ("direct", "unknown", "unknown")),
        ({"referrer": "https://www.google.com/"}, ("search", "Google", "unknown")),
        ({"referrer": "https://chatgpt.com/"}, ("ai", "ChatGPT", "unknown")),
        ({"referrer": "https://www.reddit.com/r/x"}, ("social", "reddit", "unknown")),
        ({"referrer": "https://www.Example.net/x?y"}, ("external", "example.net", "unknown")),
        ({"referrer": "https://example.org/x"}, ("resumed", "unknown", "unknown")),
        ({"query": "a=b&utm_source=letter&utm_campaign=may"}, ("campaign", "letter", "may")),
        ({"query": "utm_medium=mail", "referrer": "https://www.google.com/"}, ("campaign", "unknown", "unknown")),
    ],
)
def test_the_first_action_says_how_a_visit_began(differences: dict[str, str], source: tuple[str, str, str]) -> None:
    found = tables(hit("/a", **differences), hit("/b", 5, referrer="https://www.bing.com/"))["sources_daily"]
    assert [(row["source_kind"], row["source"], row["campaign"]) for row in found] == [source]
    assert only(found, visits=1, pageviews=2, bounces=0)


def test_page_query_keys_tell_pages_apart_and_others_do_not() -> None:
    hits = [hit("/blog", query=query) for query in ("p=1", "p=2&x=1", "x=1&p=1", None, "x=2")]
    found = tables(*hits, under=policy('page_query_keys = ["p"]'))["pages_daily"]
    assert {row["path"]: row["views"] for row in found} == {"/blog": 2, "/blog?p=1": 2, "/blog?p=2": 1}


def test_background_of_the_policy_is_hits_and_keeps_no_visit_alive() -> None:
    hits = [hit("/a"), *(hit("/api/poll", seconds) for seconds in range(600, 3600, 600)), hit("/b", 3600)]
    found = tables(*hits, under=policy('background_paths = ["/api/*"]'))
    assert only(found["visits_daily"], visits=2, pageviews=2)
    assert sum(row["hits"] for row in found["status_daily"]) == 7
    assert {row["path"] for row in found["pages_daily"]} == {"/a", "/b"}


def test_ignored_hits_are_counted_as_such_and_nowhere_else() -> None:
    under = policy('ignore_paths = ["/health"]\nexclude_networks = ["198.51.100.0/24"]')
    found = tables(hit("/health"), hit("/health/x"), hit("/", client_ip="198.51.100.9"), under=under)
    assert only(found["days"], lines=3, hits=1, ignored=2)
    assert sum(row["hits"] for row in found["status_daily"]) == 1
    assert [row["path"] for row in found["pages_daily"]] == ["/health/x"]
