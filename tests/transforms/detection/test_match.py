from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.scenario import Bucket, Match, Scenario
from schemas.window import EVENTS, HITS
from tests.transforms.detection.tables import make_hits
from transforms.detection.count import find_alerts
from transforms.detection.load import load_scenarios
from transforms.detection.match import frequent_events, match_events, match_together
from transforms.distinct import Remembered

Row = dict[str, object]


def scenario(*matches: Row, **keys: str) -> Scenario:
    bucket = Bucket(capacity=1, leak="PT1S")
    found = tuple(Match(**match) for match in matches)
    return Scenario(name="test", description="x", severity="low", bucket=bucket, match=found, **keys)


def in_pieces(table: pa.Table, rows: int = 7) -> Callable[[Sequence[str]], Iterator[pa.Table]]:
    return lambda columns: (table.slice(row, rows).select(columns) for row in range(0, len(table), rows))


def lines_matched(rows: Iterable[Row], *matches: Row) -> list[int]:
    return match_events(make_hits(rows), [scenario(*matches)])["line_number"].to_pylist()


@pytest.mark.parametrize(
    ("match", "fits", "does_not"),
    [
        ({"methods": ["POST", "PUT"]}, {"method": "POST"}, {"method": "GET"}),
        ({"methods": ["POST"]}, {"method": "POST"}, {"method": None}),
        ({"status": [401, "5xx"]}, {"status": 503}, {"status": 403}),
        ({"status": [401, "5xx"]}, {"status": 401}, {"status": None}),
        ({"path": ["^/admin/"]}, {"path": "/%61DMIN/"}, {"path": "/x/admin/"}),
        ({"not_path": [r"\.css$"]}, {"path": "/a"}, {"path": "/a.CSS"}),
        ({"not_path": ["x"]}, {"path": None}, {"path": "/x"}),
        ({"not_target": [r"\?a"]}, {"path": "/b", "query": "b=1"}, {"path": "/b", "query": "%61=1"}),
        ({"query": ["^$"]}, {"query": None}, {"query": "a=1"}),
        ({"query": ["^a b$"]}, {"query": "A+B"}, {"query": "ab"}),
        ({"user_agent": ["scan"]}, {"user_agent": "A Scanner"}, {"user_agent": None}),
        ({"payload": "log4shell"}, {"query": "x=${jndi:ldap://192.0.2.1/a}"}, {"query": "x=jndi"}),
        ({"payload": "log4shell"}, {"referrer": "${jndi:ldap://192.0.2.1/a}"}, {"referrer": "https://www.example.org"}),
        ({"payload": "log4shell"}, {"user_agent": "${jndi:ldap://192.0.2.1/a}"}, {"user_agent": "log4j"}),
        ({"payload": "sql-injection"}, {"query": "id=1+UNION/**/ALL/**/SELECT+1"}, {"query": "q=union+all"}),
    ],
)
def test_a_key_says_what_a_hit_must_be(match, fits, does_not):
    assert lines_matched([fits, does_not], match) == [1]


def test_all_keys_of_a_match_must_hold_and_one_match_is_enough():
    rows = [{"method": "POST", "status": 200}, {"method": "POST", "status": 404}, {"status": 401}, {"status": 200}]

    assert lines_matched(rows, {"methods": ["POST"], "status": [404]}, {"status": [401]}) == [2, 3]


def test_a_hit_without_an_address_is_no_event():
    assert lines_matched([{"client_ip": None}, {}], {"status": [200]}) == [2]


def test_an_event_tells_enough_to_be_counted_without_its_hit():
    row = {"path": "/a", "vhost": "www.example.org", "user_agent": "x", "status": 404}
    hits = make_hits([row])

    (event,) = match_events(hits, [scenario({}, count="distinct path")]).to_pylist()

    (hit,) = hits.to_pylist()
    assert event == {
        "scenario": "test",
        "occurred_at": hit["requested_at"],
        "distinct": "/a",
        "step": 0,
        "success": False,
        **{
            name: hit[name]
            for name in ("log", "file", "line_number", "client_ip", "user_agent", "vhost", "status", "bytes_sent")
        },
    }


def test_only_a_scenario_that_counts_distinct_paths_keeps_them():
    assert match_events(make_hits([{}]), [scenario({})])["distinct"].to_pylist() == [None]


def test_shards_with_dictionaries_of_their_own_match_like_one_table():
    rows = [{"path": path, "client_ip": f"192.0.2.{n}"} for n, path in enumerate(["/a", "/.env", "/b", "/.env", "/a"])]
    shards = pa.concat_tables([make_hits([row]).set_column(2, HITS.field(2), [[n]]) for n, row in enumerate(rows, 1)])

    together, apart = (match_events(hits, load_scenarios()) for hits in (make_hits(rows), shards))

    of_secret_files = [row["line_number"] for row in apart.to_pylist() if row["scenario"] == "secret-files"]
    assert of_secret_files == [2, 4]
    assert apart.drop_columns("occurred_at").to_pylist() == together.drop_columns("occurred_at").to_pylist()


def test_a_part_of_a_table_gives_events_of_that_part_and_no_other_address():
    hits = make_hits([{"client_ip": f"192.0.2.{number}"} for number in range(9)])

    events = match_events(hits.slice(3, 1), [scenario({})])

    assert events["client_ip"].combine_chunks().dictionary.to_pylist() == ["192.0.2.3"]


def test_a_great_many_paths_and_queries_are_not_mixed_up():
    many = 50_000  # squared, more than 32 bits hold
    columns = {name: [f"{name}{number}" for number in range(many)] for name in ("path", "query")}
    columns["query"][-1] = "x=${jndi:ldap://192.0.2.1/a}"
    hits = make_hits([{}]).take([0] * many)
    for name, values in columns.items():
        index = HITS.get_field_index(name)
        hits = hits.set_column(index, HITS.field(index), pa.array(values).dictionary_encode())

    events = match_events(hits, [scenario({"payload": "log4shell"}, count="distinct path")])

    assert events["distinct"].to_pylist() == [f"path{many - 1}"]


def test_nothing_gives_nothing_in_the_right_shape():
    for rules in ([], load_scenarios()):
        events = match_events(HITS.empty_table(), rules)
        assert (len(events), events.schema) == (0, EVENTS)


@settings(deadline=None)
@example([(0, 1, 404), (2, 2, 404)])  # one client, by two families
@example([(3, 1, 404), (4, 2, 404)])  # one subscriber
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30), st.sampled_from([200, 404])), max_size=60))
def test_hits_that_could_not_overflow_a_bucket_are_left_out_and_no_alert_with_them(requests):
    addresses = ["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
    hits = make_hits(
        {"client_ip": addresses[who], "path": f"/{what}.bak", "status": status} for who, what, status in requests
    )
    rules = [scenario({"status": [404]}), scenario({"path": [r"\.bak$"]}, count="distinct path")]
    rules = [rule.model_copy(update={"group_by": group}) for rule in rules for group in ("address", "network")]

    for rule in rules:
        all_events = match_events(hits, [rule])
        for needed in (
            match_together(in_pieces(hits), [rule], Remembered()),
            frequent_events(in_pieces(all_events), [rule]),
        ):
            for whole, part in zip(find_alerts(all_events, [rule], []), find_alerts(needed, [rule], []), strict=True):
                assert whole.to_pylist() == part.to_pylist()
            assert len(needed) <= len(all_events)


def test_any_number_of_scenarios_may_look_into_a_path():
    rules = [scenario({"path": [f"^/{number}$"]}) for number in range(100)]

    found = [match_events(make_hits([{"path": "/99"}, {"path": "/7"}]), wanted) for wanted in (rules, rules[:50])]

    assert [events["line_number"].to_pylist() for events in found] == [[2, 1], [2]]
