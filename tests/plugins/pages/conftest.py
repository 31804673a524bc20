"""Airflow's real API server app with our auth manager and plugin, in this process, on a store of its own."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow import plugins_manager
from airflow import settings as airflow_settings
from airflow.api_fastapi.app import create_app, get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models import import_all_models
from airflow.models.base import Base
from fastapi import FastAPI
from fastapi.testclient import TestClient

from plugins.blocklist.decisions import Decision, Decisions, new_handle
from plugins.pages.app import app
from plugins.pages.gate import opened
from tests.stores import Site, utc

ROOT = Path(__file__).parents[3]
NOW = utc(2026, 11, 20, 12)
ROLES = ("viewer", "analyst", "security", "dpo", "op", "admin")
SETTINGS = {
    "CORE__AUTH_MANAGER": "plugins.access.auth_manager.LetheAuthManager",
    "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}-person:{role}" for role in ROLES),
    "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "CORE__LOAD_EXAMPLES": "False",
    "API__SECRET_KEY": "a secret for tests",
    "API_AUTH__JWT_SECRET": "another secret for tests, " * 4,
}
HOST = "http://127.0.0.1:18081"
FROM_HERE = {"Sec-Fetch-Site": "same-origin", "Origin": HOST}


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The app, as `airflow api-server` builds it; its database is new."""
    home = tmp_path_factory.mktemp("airflow")
    settings = SETTINGS | {
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(f"AIRFLOW__{name}", value)
        airflow_settings.configure_vars()
        airflow_settings.configure_orm()
        import_all_models()
        Base.metadata.create_all(airflow_settings.engine)
        for cached in (
            plugins_manager._get_plugins,
            plugins_manager.get_fastapi_plugins,
            plugins_manager._get_ui_plugins,
        ):
            cached.cache_clear()
        yield create_app(apps="core")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site", NOW)


@pytest.fixture
def client(airflow: FastAPI, site: Site) -> Iterator[Callable[..., TestClient]]:
    """A browser of somebody in a role, or of nobody."""
    app.dependency_overrides[opened] = site.open

    def make(role: str | None = None) -> TestClient:
        browser = TestClient(airflow, base_url=HOST, headers=FROM_HERE, raise_server_exceptions=False)
        if role:
            user = SimpleAuthManagerUser(username=f"{role}-person", role=role)
            browser.cookies.set("_token", get_auth_manager().generate_jwt(user))
        return browser

    yield make
    app.dependency_overrides.clear()


def decision(number: int = 1, **other: Any) -> Decision:
    """A valid decision of the store's day."""
    since = NOW - timedelta(minutes=number)
    usual: dict[str, Any] = {
        "decision": new_handle(),
        "day": NOW.date(),
        "target": f"198.51.100.{number % 250}",
        "scenario": "path-scan",
        "decided_at": since,
        "until": NOW + timedelta(hours=4),
        "first_seen": since - timedelta(minutes=5),
        "last_seen": since,
        "events": 12,
        "outcome": "blocked",
        "reason": "Many different addresses that do not exist",
        "decided_by": "scenario",
    }
    return Decision(**(usual | other))


def keep(site: Site, *decisions: Decision) -> list[Decision]:
    store = site.open()
    with store.writing(*{one.day for one in decisions}):
        Decisions(store).add(decisions)
    return list(decisions)


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found, "the page has a form"
    return found[1]


def fill(browser: TestClient, **fields: str) -> dict[str, str]:
    """The fields of our own form."""
    return {"token": token_in(browser.get("/lethe/blocklist").text), "purpose": "block", "state": ""} | fields
