"""What else the tables say: errors, robots, attackers, response times, and what they never say."""

import math

import pyarrow as pa
import pytest

from schemas.statistics import OTHER, TABLES
from schemas.window import LATE
from tests.transforms.statistics.day import error, folding, hit, only, policy, tables

GPTBOT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"


def test_tables_have_exactly_their_columns() -> None:
    for name, rows in tables(hit(request_seconds=0.5), errors=(error("x"),)).items():
        for row in rows:
            assert [*row] == [*TABLES[name].keys, *TABLES[name].figures]


def test_a_day_without_any_line_still_has_every_table() -> None:
    found = tables()
    assert found.keys() == TABLES.keys()
    assert only(found["days"], lines=0, hits=0, errors=0, state="final")


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0.001), (0.001, 0.001), (0.00101, 10**-2.9), (0.5, 10**-0.3), (1000.0, 1000.0), (1000.1, math.inf)],
)
def test_a_bucket_is_the_upper_bound_of_a_tenth_of_a_decade(seconds: float, bucket: float) -> None:
    (row,) = tables(hit(request_seconds=seconds))["response_times_daily"]
    assert row["bucket"] == pytest.approx(bucket, rel=1e-12)
    assert row["request_seconds"] == pytest.approx(seconds)


def test_hits_without_status_or_host_are_under_0_and_the_sites_name() -> None:
    assert only(tables(hit(status=None))["status_daily"], vhost="www.example.org", status=0, agent_kind="human", hits=1)


def test_ai_crawlers_and_robots_are_told_from_people() -> None:
    found = tables(hit(), hit(user_agent=GPTBOT), hit(user_agent=None))["agents_daily"]
    assert {(row["agent_kind"], row["agent"]) for row in found} == {
        ("human", "Firefox"),
        ("ai", "GPTBot"),
        ("bot", "unknown"),
    }


def test_every_hit_of_an_attacker_is_an_attack_that_day() -> None:
    attempts = [hit("/wp-login.php", n, method="POST", client_ip="203.0.113.9") for n in range(20)]
    found = tables(hit("/", client_ip="203.0.113.9"), *attempts, hit("/"))
    kinds = {row["agent_kind"]: row["hits"] for row in found["status_daily"]}
    assert kinds == {"attack": 21, "human": 1}
    assert only(found["visits_daily"], visits=1)
    (attack,) = found["attacks_daily"]
    assert (attack["scenario"], attack["outcome"], attack["alerts"], attack["hits"]) == (
        *("login-bruteforce", "attempted", 1),
        20,
    )


def test_an_allow_listed_address_is_no_attacker() -> None:
    attempts = [hit("/wp-login.php", n, method="POST", client_ip="203.0.113.9") for n in range(20)]
    under = policy('[blocklist]\nallowlist = ["203.0.113.0/24"]')
    found = tables(*attempts, under=under)
    assert found["attacks_daily"] == []
    assert only(found["status_daily"], agent_kind="human")


def test_errors_are_counted_by_template_under_the_host_that_the_log_names() -> None:
    found = tables(
        errors=(
            error('open() "/srv/a" failed (2: No such file or directory)', vhost="a.example"),
            error('open() "/srv/b" failed (2: No such file or directory)', vhost="a.example"),
            error("AH00128: File does not exist: /srv/ola", module="core"),
        )
    )["errors_daily"]
    assert {(row["vhost"], row["module"], row["message_template"], row["errors"]) for row in found} == {
        ("a.example", "unknown", "open() {} failed ({}: No such file or directory)", 2),
        ("www.example.org", "core", "AH00128: File does not exist: {}", 1),
    }


def test_broken_links_are_listed_with_the_host_that_has_them() -> None:
    (row,) = tables(hit("/gone", status=404, referrer="https://www.example.net/a?b=c"))["not_found_daily"]
    assert (row["path"], row["referrer_host"], row["hits"]) == ("/gone", "example.net", 1)


def test_values_of_few_people_are_folded_with_exact_figures() -> None:
    crowd = [hit("/a", client_ip=f"192.0.2.{n}") for n in range(5)]
    few = [hit("/b", 10, client_ip=f"192.0.2.{n}") for n in range(4)]
    few += [hit("/c", 20, client_ip=f"192.0.2.{n}") for n in (0, 4)]
    found = tables(
        *crowd,
        *few,
        under=folding(5),
    )
    pages = {row["path"]: (row["views"], row["unique_visitors"], row["dwell_median"]) for row in found["pages_daily"]}
    assert pages == {"/a": (5, 5, 10), OTHER: (6, 5, 10)}


def test_nothing_of_a_visitor_is_in_any_table() -> None:
    secrets = ["192.0.2.77", "2001:db8::77", "ola.nordmann@example.net", "s3cr3t", "rare-agent"]
    hits = [
        hit(
            "/u/ola.nordmann@example.net", client_ip="192.0.2.77", query="token=s3cr3t", user_agent="rare-agent/1.0 (x)"
        ),
        hit("/ip/192.0.2.77", referrer="http://192.0.2.77/s3cr3t", vhost="192.0.2.77"),
        hit("/a", query="utm_source=ola.nordmann@example.net&utm_campaign=2001:db8::77"),
        hit("/gone/2001:db8::77", status=404, referrer="https://ola.nordmann@example.net@example.net/?s3cr3t"),
        hit("/%32001:db8::77", remote_user="ola.nordmann@example.net", vhost="ola.nordmann@example.net"),
    ]
    entries = (
        error("user ola.nordmann@example.net not found: /s3cr3t", client_ip="192.0.2.77"),
        error("said 's3cr3t' to [2001:db8::77]:80 from 192.0.2.77:443"),
    )
    text = repr(tables(*hits, errors=entries))
    assert [secret for secret in secrets if secret in text] == []


def test_late_lines_are_counted_by_log_and_reason_and_in_nothing_else() -> None:
    parts = [[("www", "closed", 2)], [("shop", "expired", 4), ("www", "closed", 3), ("www", "expired", 1)]]
    rows = [[dict(zip(LATE.names, row, strict=True)) for row in part] for part in parts]
    late = pa.concat_tables([pa.Table.from_pylist(part, schema=LATE) for part in rows])
    found = tables(hit(), late=late)
    assert [tuple(row.values()) for row in found["late_daily"]] == [
        ("shop", "expired", 4),
        ("www", "closed", 5),
        ("www", "expired", 1),
    ]
    assert only(found["days"], lines=1, hits=1, late=10)
    assert only(tables(hit())["days"], late=0)
