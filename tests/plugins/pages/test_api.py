"""The blocklist for programs."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from plugins.access.tokens import add_token, remove_token
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import FORMATS
from tests.plugins.pages.conftest import NOW, decision, keep
from tests.stores import Site

Client = Callable[..., TestClient]
CALLS = ("decisions", "decisions/0123456789ab", "blocklist", "blocklist?format=nginx", "blocklist?format=csv")


@pytest.fixture
def program(client: Client, site: Site) -> TestClient:
    """One that holds a token."""
    browser = client()
    token = add_token(site.open(), "firewall", "block attacks", "operations")
    browser.headers["Authorization"] = f"Bearer {token}"
    return browser


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer lethe_x", "Basic bGV0aGU6eA==", "Bearer é"])
def test_without_a_good_token_there_is_nothing(call: str, header: str, client: Client, site: Site) -> None:
    add_token(site.open(), "firewall", "block attacks", "operations")
    keep(site, decision(decision="0123456789ab", target="203.0.113.9"))
    answer = client("admin").get(f"/lethe/api/{call}", headers={"Authorization": header.encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "203.0.113.9" not in answer.text


def test_a_removed_token_reads_no_more(program: TestClient, site: Site) -> None:
    assert program.get("/lethe/api/decisions").status_code == 200
    remove_token(site.open(), "firewall", "operations")
    assert program.get("/lethe/api/decisions").status_code == 401


def test_a_token_opens_no_page(program: TestClient) -> None:
    assert program.get("/lethe/blocklist").status_code in (401, 403)
    assert program.get("/lethe/status").status_code in (401, 403)


def test_decisions_come_newest_first_in_parts_by_state(program: TestClient, site: Site) -> None:
    keep(
        site,
        decision(1, target="203.0.113.1"),
        decision(2, target="203.0.113.2"),
        decision(3, target="203.0.113.3", until=NOW),
    )
    newer = program.get("/lethe/api/decisions", params={"state": "not yet published"}).json()
    program.get("/lethe/api/blocklist")  # whoever asks for the list has it brought up to date
    answer = program.get("/lethe/api/decisions").json()
    assert [one["target"] for one in answer["decisions"]] == ["203.0.113.1", "203.0.113.2"]
    assert answer["total"] == newer["total"] == 2
    part = program.get("/lethe/api/decisions?state=all&limit=1&offset=2").json()
    assert [(one["target"], one["state"]) for one in part["decisions"]] == [("203.0.113.3", "over")]
    assert part["total"] == 3
    handle = part["decisions"][0]["decision"]
    assert program.get(f"/lethe/api/decisions/{handle}").json() == part["decisions"][0]
    assert program.get("/lethe/api/decisions/0123456789ab").status_code == 404


def test_the_blocklist_comes_as_list_and_as_the_exported_files(program: TestClient, site: Site) -> None:
    keep(
        site,
        decision(target="203.0.113.9"),
        decision(target="2001:db8::/64"),
        decision(target="203.0.113.8", until=NOW),
    )
    listed = program.get("/lethe/api/blocklist").json()
    assert [one["target"] for one in listed["targets"]] == ["203.0.113.9", "2001:db8::/64"]
    assert (listed["replay"], listed["count"], listed["expires"]) == (False, 2, "2026-11-20T16:00:00Z")
    nginx = program.get("/lethe/api/blocklist?format=nginx")
    denied = [line.partition(";")[0] for line in nginx.text.splitlines()[1:-1]]
    assert denied == ["deny 203.0.113.9", "deny 2001:db8::/64"]
    assert nginx.headers["content-type"].startswith("text/plain")
    assert program.get("/lethe/api/blocklist?format=csv").text.count("\n") == 4
    active = Decisions(site.open()).active(NOW)
    for name, kind in FORMATS.items():
        assert program.get(f"/lethe/api/blocklist?format={name}").text == kind.write(active, NOW)


@pytest.mark.parametrize("form", ["json", "csv", "nginx", "geo", "apache", "haproxy"])
def test_whoever_has_the_list_gets_it_again_only_when_it_is_another(form: str, program: TestClient, site: Site) -> None:
    url = f"/lethe/api/blocklist?format={form}"
    keep(site, decision(target="203.0.113.9"))
    first = program.get(url)
    known = {"If-None-Match": first.headers["etag"]}
    assert first.headers["cache-control"] == "private, no-cache"
    site.now += timedelta(minutes=5)
    same = program.get(url, headers=known)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert program.get(url, headers={"If-None-Match": '"x"'}).text == first.text
    head = program.head(url)
    assert (head.headers["etag"], head.content) == (first.headers["etag"], b"")
    keep(site, decision(target="203.0.113.9", until=NOW + timedelta(hours=9)))
    longer = program.get(url, headers=known)
    assert longer.status_code == 200
    assert longer.headers["etag"] != first.headers["etag"]


def test_an_unknown_format_is_not_repeated(program: TestClient) -> None:
    answer = program.get("/lethe/api/blocklist?format=203.0.113.9")
    assert answer.status_code == 422
    assert "nftables" in answer.text
    assert "203.0.113.9" not in answer.text


@pytest.mark.parametrize("query", ["state=x", "limit=0", "limit=99999", "offset=-1", "limit=203.0.113.9"])
def test_a_wrong_parameter_is_not_repeated(query: str, program: TestClient) -> None:
    answer = program.get(f"/lethe/api/decisions?{query}")
    assert answer.status_code == 422
    assert answer.json() == {"detail": "A parameter is not one that is allowed here."}


def test_reading_with_a_token_is_in_the_trail_once_an_hour(program: TestClient, site: Site) -> None:
    for call in (*CALLS, *CALLS):
        program.get(f"/lethe/api/{call}")
    site.now += timedelta(hours=1)
    program.get("/lethe/api/blocklist")
    place = site.open().place("audit")
    lines = [json.loads(line) for name in place.names() for line in place.get(name).splitlines()]
    found = [(one["actor"], one["facts"]) for one in lines if one["action"] == "read blocklist"]
    assert found == [("program", {"reader": "firewall", "purpose": "block attacks"})] * 2
