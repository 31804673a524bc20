"""Who comes in: every route of the app, by each role and by nobody."""

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from airflow import plugins_manager
from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from plugins.access.forms import form_token
from plugins.access.roles import ROLES
from plugins.pages.app import app
from plugins.steps.days import publish_day
from tests.plugins.pages.conftest import HOST, NOW, ROOT, decision, fill, keep
from tests.published import make_tables
from tests.stores import Site

Client = Callable[..., TestClient]
BLOCKLIST = {"security", "op", "admin"}
REPORT = {"analyst", "security", "dpo", "op", "admin"}
MAY = {  # who may what; a route that is not here fails the test
    ("GET", "/blocklist"): BLOCKLIST,
    ("POST", "/blocklist"): BLOCKLIST,
    ("GET", "/decisions/{handle}"): BLOCKLIST,
    ("POST", "/decisions/{handle}"): BLOCKLIST,
    ("POST", "/decisions/{handle}/lift"): BLOCKLIST,
    ("POST", "/ban"): BLOCKLIST,
    ("POST", "/export/{name}"): BLOCKLIST,
    ("GET", "/scenarios"): BLOCKLIST,
    ("POST", "/scenarios/backtest"): BLOCKLIST,
    ("GET", "/incidents"): BLOCKLIST,
    ("POST", "/incidents"): BLOCKLIST,
    ("GET", "/incidents/{handle}"): BLOCKLIST,
    ("POST", "/incidents/{handle}"): BLOCKLIST,
    ("POST", "/incidents/{handle}/assess"): BLOCKLIST,
    ("GET", "/troubleshooting"): BLOCKLIST,
    ("POST", "/troubleshooting"): BLOCKLIST,
    ("GET", "/report"): REPORT,
    ("GET", "/report/file"): REPORT,
    ("GET", "/report/csv/{table}"): REPORT,
    ("GET", "/status"): {"security", "dpo", "op", "admin"},
    ("GET", "/forgetting"): {"dpo", "op", "admin"},
    ("GET", "/forgetting/report.html"): {"dpo", "op", "admin"},
    ("GET", "/forgetting/report.json"): {"dpo", "op", "admin"},
    ("GET", "/static/{name}"): set(ROLES),
    ("GET", "/api/decisions"): set(),  # tokens only, whoever is logged in
    ("GET", "/api/decisions/{handle}"): set(),
    ("GET", "/api/blocklist"): set(),
    ("HEAD", "/api/blocklist"): set(),
    ("GET", "/v1/decisions"): set(),
    ("HEAD", "/v1/decisions"): set(),
    ("GET", "/v1/decisions/stream"): set(),
    ("HEAD", "/v1/decisions/stream"): set(),
}
ROUTES = [
    (method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in sorted(route.methods)
]


NAMES = {"handle": "0123456789ab", "name": "lethe.css", "table": "pages_daily"}


def place(path: str) -> str:
    return "/lethe" + re.sub(r"\{(\w+)\}", lambda part: NAMES[part[1]], path)


def test_the_app_has_the_routes_that_are_tested_and_no_other() -> None:
    assert sorted(ROUTES) == sorted(MAY)
    assert all(isinstance(route, APIRoute) for route in app.routes), "no mounted app, no documentation of the API"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_route_refuses_nobody_and_each_wrong_role(method: str, path: str, client: Client, site: Site) -> None:
    keep(site, decision(target="203.0.113.9"))
    publish_day(site.open().place("statistics"), NOW.date(), make_tables(NOW.date(), paths=3))
    answers = {role: client(role).request(method, place(path)) for role in (None, *ROLES)}
    assert answers[None].status_code == (403 if path.startswith("/v1/") else 401), "403 is what a bouncer understands"
    assert all("203.0.113.9" not in answer.text for answer in answers.values())
    in_ = {role for role, answer in answers.items() if role and answer.status_code == 200}
    refused = {role for role in ROLES if answers[role].status_code in (401, 403)}
    if method == "GET":
        assert in_ == MAY[method, path]
        assert refused == set(ROLES) - in_
    else:
        assert refused == set(ROLES), "without our form nobody changes or reads anything"


@pytest.mark.parametrize(("method", "path"), [pair for pair in ROUTES if pair[0] == "POST"])
def test_our_own_form_lets_in_whom_the_table_lets_in(method: str, path: str, client: Client, site: Site) -> None:
    keep(site, decision(decision="0123456789ab"))
    fields = fill(client("security"))
    for role in ROLES:
        browser = client(role)
        own = fill(browser) if role in BLOCKLIST else fields
        answer = browser.post(place(path).replace("lethe.css", "csv"), data=own)
        assert (answer.status_code != 403) == (role in MAY[method, path])


def test_a_person_without_a_login_is_sent_to_airflows(client: Client) -> None:
    answer = client().get("/lethe/blocklist", headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/auth/login?next=")
    assert client().post("/lethe/blocklist", headers={"Accept": "text/html"}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": ""},
        {"Sec-Fetch-Site": "", "Origin": "http://[::1"},
        {"Sec-Fetch-Site": "", "Origin": "//127.0.0.1:18081"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_a_good_token(headers: dict[str, str], client: Client) -> None:
    browser = client("security")
    fields = fill(browser)
    assert browser.post("/lethe/blocklist", data=fields).status_code == 200
    assert browser.post("/lethe/blocklist", data=fields, headers=headers).status_code == 403


def test_a_browser_that_says_only_its_origin_is_believed(client: Client) -> None:
    browser = client("security")
    fields = fill(browser)
    answer = browser.post("/lethe/blocklist", data=fields, headers={"Sec-Fetch-Site": "", "Origin": HOST})
    assert answer.status_code == 200


def test_a_form_of_somebody_else_or_of_nobody_is_refused(client: Client, site: Site) -> None:
    others = fill(client("op"))
    browser = client("security")
    for fields in (others, fill(browser, token=""), fill(browser, token="0" * 64), {"purpose": "block"}):
        answer = browser.post("/lethe/ban", data=fields | {"target": "203.0.113.9", "reason": "a test"})
        assert answer.status_code == 403
        assert "203.0.113.9" not in answer.text


def test_a_form_outlives_midnight_and_no_second_one(client: Client) -> None:
    browser = client("security")
    today = datetime.now(UTC).date()
    answers = [
        browser.post("/lethe/blocklist", data={"purpose": "block", "token": form_token("security-person", day)})
        for day in (today, today - timedelta(days=1), today - timedelta(days=2), today + timedelta(days=1))
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 403, 403]


def test_another_auth_manager_decides_by_two_resources_and_methods(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[tuple[str, str]] = set()

    class Other:
        def is_authorized_custom_view(self, *, method: str, resource_name: str, user: object) -> bool:
            asked.add((method, resource_name))
            return (method, resource_name) == ("GET", "lethe_blocklist")

    monkeypatch.setattr("plugins.pages.gate.get_auth_manager", Other)
    browser = client("viewer")
    fields = fill(browser, target="203.0.113.9", reason="a test")
    assert browser.post("/lethe/blocklist", data=fields).status_code == 200
    assert "Ban by hand" not in browser.post("/lethe/blocklist", data=fields).text
    assert browser.post("/lethe/ban", data=fields).status_code == 403
    assert browser.get("/lethe/status").status_code == 403
    assert asked == {("GET", "lethe_blocklist"), ("POST", "lethe_blocklist"), ("GET", "lethe_status")}


def test_every_answer_has_the_headers_that_lock_the_page(client: Client) -> None:
    answers = [
        client("security").get("/lethe/blocklist"),
        client("viewer").get("/lethe/blocklist"),
        client().get("/lethe/blocklist"),
        client("security").get("/lethe/static/lethe.css"),
        client("security").get("/lethe/nothing"),
        client().get("/lethe/api/decisions"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';")
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_the_menu_shows_each_role_its_own_pages_only(client: Client) -> None:
    shown = {}
    for role in ROLES:
        answer = client(role).get("/api/v2/plugins")
        plugin = next(one for one in answer.json()["plugins"] if one["name"] == "lethe")
        shown[role] = [view["name"] for view in plugin["external_views"]]
    all_of_them = ["Statistics", "Blocklist", "Troubleshooting", "Status", "Forgetting"]
    assert shown == {
        "viewer": [],
        "analyst": all_of_them[:1],
        "security": all_of_them[:4],
        "dpo": ["Statistics", "Status", "Forgetting"],
        "op": all_of_them,
        "admin": all_of_them,
    }
    assert client().get("/api/v2/plugins").status_code == 401


def test_airflow_runs_the_registration_file_and_no_other_below_plugins(airflow: FastAPI) -> None:
    loaded, errors = plugins_manager._get_plugins()
    assert [str(one.source) for one in loaded if one.source] == ["$PLUGINS_FOLDER/lethe_plugin.py"]
    assert errors == {}
    assert not {"gate", "showing", "decisions", "policy_file"} & sys.modules.keys(), "no module by its bare name"
    assert str(ROOT) not in str(sys.modules["token"].__file__), "plugins/cli/token.py replaces no standard module"


def test_a_mistake_tells_its_place_and_nothing_that_it_holds(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("203.0.113.9 was in this")

    browser = client("security")
    fields = fill(browser)
    monkeypatch.setattr("plugins.pages.blocklist.page_of", fail)
    answer = browser.post("/lethe/blocklist", data=fields)
    assert answer.status_code == 500
    assert "ValueError in fail" in caplog.text
    assert "203.0.113" not in caplog.text + answer.text


def test_a_login_of_whom_there_is_no_more_or_in_another_role_is_that_of_today(client: Client, site: Site) -> None:
    manager = get_auth_manager()
    gone, promoted = client(), client()
    gone.cookies.set("_token", manager.generate_jwt(SimpleAuthManagerUser(username="gone-person", role="op")))
    promoted.cookies.set("_token", manager.generate_jwt(SimpleAuthManagerUser(username="viewer-person", role="op")))
    assert gone.get("/lethe/blocklist").status_code == 403
    assert promoted.get("/lethe/blocklist").status_code == 403
    assert promoted.get("/api/v2/connections").status_code == 403


def test_what_is_wrong_with_the_policy_is_not_told_to_anybody(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.dependency_overrides.clear()
    site.policy.write_text('[blocklist]\nallowlist = ["203.0.113.300"]\n')
    monkeypatch.setenv("LETHE_POLICY", str(site.policy))
    stranger, program = client(), client()
    app.dependency_overrides.clear()
    assert stranger.get("/lethe/api/decisions").status_code == 401
    for answer in (
        program.get("/lethe/api/decisions", headers={"Authorization": "Bearer lethe_x"}),
        client("op").get("/lethe/status"),
    ):
        assert answer.status_code == 503
        assert "203.0.113" not in answer.text
        assert str(site.folder) not in answer.text


def test_only_the_listing_itself_is_filtered(client: Client) -> None:
    assert client().get("/x/api/v2/plugins").status_code == 200, "a page of Airflow's, for its router to say no"
    assert client().get("/api/v2/plugins").status_code == 401
