"""Matching by distinct values, in masks and in pieces, against the plain definition."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.scenario import Bucket, Match, Scenario
from tests.transforms.detection.matched_plainly import events_of
from tests.transforms.detection.tables import make_hits
from transforms.detection.match import match_events
from transforms.distinct import Remembered

PATHS = ["/", "/wp-login.php", "/WP%2dlogin.php", "/a/../../etc/passwd", "/%2e%2e/%252e%252e/etc/passwd", "/a/*x*/b"]
QUERIES = ["", "id=1", "ID=1%27+union/**/select+1,2--", "x=%24%7Bjndi:ldap://x/a%7D", "a=<script>alert(1)</script>"]
AGENTS = ["Mozilla/5.0 Firefox/128.0", "sqlmap/1.8", "${jndi:ldap://x/a}", "Googlebot/2.1"]
rows = st.fixed_dictionaries(
    {
        "client_ip": st.sampled_from(["192.0.2.1", "192.0.2.77", "2001:db8::1", "2001:db8:1::1", None]),
        "method": st.sampled_from(["GET", "POST", "PUT", None]),
        "path": st.sampled_from([*PATHS, None]),
        "query": st.sampled_from([*QUERIES, None]),
        "protocol": st.sampled_from(["HTTP/1.1", "HTTP/2.0", None]),
        "status": st.sampled_from([200, 302, 401, 404, 500, None]),
        "bytes_sent": st.integers(0, 3),
        "referrer": st.sampled_from(["https://spam.example/", None]),
        "user_agent": st.sampled_from([*AGENTS, None]),
    }
)


def some(*values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


KEYS = {
    "methods": some("GET", "POST"),
    "not_methods": some("GET", "PUT"),
    "status": some(200, 404, "4xx", "5xx"),
    "min_bytes": st.integers(0, 2),
    "path": some("^/wp-", r"\.php$", "etc/passwd"),
    "not_path": some("^/$", "login"),
    "query": some("^$", "union", "^id="),
    "target": some(r"\?id", "^/wp-login.php$", " b"),
    "not_target": some(r"\?q=1$", "^/$"),
    "protocol": some(r"^http/1\.", "^$"),
    "referrer": some("spam", "^$"),
    "user_agent": some("sqlmap", "bot", "^$"),
    "not_user_agent": some("firefox", "^$"),
    "payload": st.sampled_from(["log4shell", "sql-injection"]),
    "outside": st.sampled_from([("192.0.2.64/26", "2001:db8::/48", "192.0.2.64/28"), "google"]),
}
matches = (
    st.lists(st.sampled_from([*KEYS]), max_size=3, unique=True)  # of more, nothing would be seen
    .flatmap(lambda names: st.fixed_dictionaries({name: KEYS[name] for name in names}))
    .map(lambda keys: Match(**keys))
)
lists = st.lists(matches, max_size=2).map(tuple)
rules = st.builds(
    lambda match, then, success, count: Scenario(
        name="x",
        description="x",
        severity="low",
        bucket=Bucket(capacity=1, leak="PT1S"),
        match=match,
        then=then,
        **({"within": "PT1M"} if then else {}),
        count=count,
    ).model_copy(update={"success": success}),  # also those that no file may ask for
    st.lists(matches, min_size=1, max_size=2).map(tuple),
    lists,
    lists,
    st.sampled_from(["events", "distinct path", "distinct target", "distinct address"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, max_size=12), st.lists(rules, min_size=1, max_size=3), st.integers(0, 12))
def test_matching_agrees_with_looking_at_one_hit_after_the_other(hits, written, cut):
    scenarios = [rule.model_copy(update={"name": f"x-{number}"}) for number, rule in enumerate(written)]
    table = make_hits(hits)
    known = Remembered()
    expected = events_of(table.to_pylist(), scenarios)

    assert [as_event(row) for row in match_events(table, scenarios).to_pylist()] == expected
    pieces = [match_events(part, scenarios, known) for part in (table.slice(0, cut), table.slice(cut))]
    assert sorted(as_event(row) for piece in pieces for row in piece.to_pylist()) == sorted(expected)


def as_event(row):
    return row["scenario"], row["line_number"], row["distinct"], row["step"], row["success"]
