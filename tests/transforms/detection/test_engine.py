"""The engine against the plain definition, for every way to group and to count, for sequences, and for outcomes."""

from datetime import timedelta
from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.scenario import Bucket, Match, Scenario
from tests.transforms.detection.plainly import alerts_of
from tests.transforms.detection.tables import START, make_events, make_hits
from transforms.detection.count import find_alerts
from transforms.detection.load import load_scenarios
from transforms.detection.match import match_events

OWNERS = {"192.0.2.1": "AS64496", "192.0.2.2": "AS64496", "198.51.100.1": "AS64497", "2001:db8::1": "AS64496"}
COUNTS = ("events", "distinct path", "distinct target", "distinct address", "distinct user_agent")
RULES = [
    Scenario(
        name=f"{group}-{count.split()[-1].replace('_', '-')}-{'sequence' if within else 'burst'}",
        description="x",
        severity="low",
        group_by=group,
        count=count,
        bucket=Bucket(capacity=1, leak="PT4S"),
        match=(Match(),),
        **({"then": (Match(methods=("POST",)),), "within": within} if within else {}),
    )
    for group, count, within in product(("address", "network", "owner"), COUNTS, (None, "PT6S"))
]
events = st.fixed_dictionaries(
    {
        "occurred_at": st.integers(0, 40).map(lambda second: START + timedelta(seconds=second)),
        "client_ip": st.sampled_from([*OWNERS, "2001:db8::2"]),
        "distinct": st.sampled_from(
            ["/a?q=do", "/a?q=doc", "/b?q=a&l=n", "/b?q=ab&l=n", "/b?q=a&l=", "/b?q=ab&l=", None]
        ),
        "user_agent": st.sampled_from(["x", "y"]),
        "step": st.sampled_from([0, 0, 0, 1]),
        "log": st.just("www"),
        "file": st.sampled_from(["a.log", "b.log"]),
    }
)


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
@settings(max_examples=60, deadline=None)
@given(st.lists(events, max_size=25), st.data())
def test_the_engine_agrees_with_counting_one_by_one(rule, rows, data):
    numbered = [{**row, "scenario": rule.name, "line_number": number} for number, row in enumerate(rows, 1)]
    if rule.within is None:
        numbered = [{**row, "step": 0} for row in numbered]
    shuffled = data.draw(st.permutations(numbered))
    cut = data.draw(st.integers(0, len(rows)))
    shards = pa.concat_tables([make_events(shuffled[:cut]), make_events(shuffled[cut:])])

    alerts, evidence = find_alerts(shards, [rule], [], OWNERS.get)

    keys = ("scenario", "target", "first_seen", "last_seen", "overflowed_at", "events")
    assert sorted(tuple(row[key] for key in keys) for row in alerts.to_pylist()) == alerts_of(
        numbered, rule, OWNERS.get
    )
    assert len(evidence) == sum(alerts["events"].to_pylist())


def test_without_an_owner_nothing_is_counted_by_one():
    rule = next(rule for rule in RULES if rule.group_by == "owner")
    rows = make_events([{"scenario": rule.name}] * 9)

    assert len(find_alerts(rows, [rule], [], lambda _: "AS64496")[0]) == 1
    assert len(find_alerts(rows, [rule], [], lambda _: None)[0]) == len(find_alerts(rows, [rule], [])[0]) == 0


SECRETS = Scenario(
    name="secret-files",
    description="x",
    severity="low",
    count="distinct path",
    bucket=Bucket(capacity=2, leak="PT10S"),
    match=(Match(path=("^/\\.",)),),
    success=(Match(status=(200,), min_bytes=1),),
)


def outcome_of(*answers: tuple[str, int, int]) -> str:
    hits = make_hits([{"path": path, "status": status, "bytes_sent": size} for path, status, size in answers])
    alerts, _ = find_alerts(match_events(hits, [SECRETS]), [SECRETS], [])
    (outcome,) = alerts["outcome"].to_pylist()
    return outcome


def test_a_secret_file_that_was_sent_is_a_success_as_it_seems():
    assert outcome_of(("/.env", 404, 9), ("/.git/config", 200, 92), ("/.aws", 404, 9)) == "success suspected"


def test_a_site_that_answers_everything_with_one_page_gave_nothing_away():
    assert outcome_of(("/.env", 200, 812), ("/.git/config", 200, 812), ("/.aws", 200, 812)) == "attempted"


def test_a_file_of_another_size_than_that_page_is_a_success():
    same = [(f"/.{name}", 200, 812) for name in "abc"]

    assert outcome_of(*same, ("/.env", 200, 71)) == "success suspected"


def test_one_file_fetched_again_and_again_stays_a_success():
    assert outcome_of(*[("/.env", 200, 71)] * 5, ("/.a", 404, 9), ("/.b", 404, 9)) == "success suspected"


def test_only_refusals_are_blocked_and_an_empty_answer_gives_nothing():
    assert outcome_of(("/.env", 403, 9), ("/.git", 404, 9), ("/.aws", 503, 9)) == "blocked"
    assert outcome_of(("/.env", 200, 0), ("/.git", 404, 9), ("/.aws", 404, 9)) == "attempted"


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "blocked"), (405, "blocked"), (499, "attempted"), (408, "attempted")]
)
def test_a_refusal_is_an_answer(status, outcome):
    assert outcome_of(*[(f"/.{name}", status, 0) for name in "abc"]) == outcome


def test_a_search_while_somebody_types_is_one_target():
    rule = SECRETS.model_copy(update={"name": "sql-injection", "count": "distinct target", "success": ()})
    word = "document.cookie = x"
    typed = [{"path": "/.suggest", "query": f"q={word[:n]}&lang=nb"} for n in range(1, len(word) + 1)]
    others = [{"path": "/.suggest", "query": f"q={query}&lang=nb"} for query in ("1'--", "' or 1=1", "sleep(3)")]

    assert len(find_alerts(match_events(make_hits(typed), [rule]), [rule], [])[0]) == 0
    assert len(find_alerts(match_events(make_hits(others), [rule]), [rule], [])[0]) == 1


def test_nobody_types_a_hundred_requests_of_one_attack():
    rule = SECRETS.model_copy(update={"name": "sql-injection", "count": "distinct target", "success": ()})
    typed = [{"path": "/.suggest", "query": f"q={'x' * n}"} for n in range(1, 102)]

    assert len(find_alerts(match_events(make_hits(typed[:100]), [rule]), [rule], [])[0]) == 0
    assert len(find_alerts(match_events(make_hits(typed), [rule]), [rule], [])[0]) == 1


def test_a_failure_after_the_bucket_ran_dry_hides_no_success():
    (rule,) = (one for one in load_scenarios() if one.name == "login-success")
    login = {"method": "POST", "path": "/wp-login.php"}

    def alerts(*failed: int) -> pa.Table:
        hits = [{**login, "status": 200, "requested_at": START + timedelta(seconds=second)} for second in failed]
        hits.append({**login, "status": 302, "requested_at": START + timedelta(seconds=110)})
        return find_alerts(match_events(make_hits(hits), [rule]), [rule], [])[0]

    assert len(alerts(*range(8))) == len(alerts(*range(8), 100)) == 1
