"""The table of roles: on paper, to Airflow, and for whom it does not know."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.exceptions import AirflowConfigException

from plugins.access.auth_manager import LetheAuthManager
from plugins.access.roles import (
    BLOCKLIST,
    CHANGE,
    FORGETTING,
    NOBODY,
    READ,
    REPORT,
    ROLES,
    STATUS,
    TROUBLESHOOTING,
    is_allowed,
    role_of,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "roles.md"
WORDS = {READ: "read", CHANGE: "change"}


@pytest.fixture
def manager() -> LetheAuthManager:
    return LetheAuthManager()


def somebody(role: str | None) -> SimpleAuthManagerUser:
    return SimpleAuthManagerUser(username="somebody", role=role)


def test_the_document_and_the_code_say_the_same() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \|$",
        DOCUMENT.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    said = {role: (airflow, *pages) for role, airflow, *pages in rows}
    pages = {
        name: [
            ", ".join(WORDS[method] for method in role.pages.get(page, ())) or "–"
            for page in (REPORT, BLOCKLIST, TROUBLESHOOTING, STATUS, FORGETTING)
        ]
        for name, role in ROLES.items()
    }
    assert said == {name: (role.airflow, *pages[name]) for name, role in ROLES.items()}


def test_everybody_in_the_table_reads_dags_and_only_op_and_admin_start_them(manager: LetheAuthManager) -> None:
    assert [name for name in ROLES if manager.is_authorized_dag(method="GET", user=somebody(name))] == list(ROLES)
    assert [name for name in ROLES if manager.is_authorized_dag(method="POST", user=somebody(name))] == ["op", "admin"]
    assert [name for name in ROLES if manager.is_authorized_connection(method="GET", user=somebody(name))] == [
        "op",
        "admin",
    ]


@pytest.mark.parametrize("role", ["user", "root", "", None, "SECURITY "])
def test_whom_the_table_does_not_know_may_nothing(role: str | None, manager: LetheAuthManager) -> None:
    user = somebody(role)
    assert not manager.is_authorized_dag(method="GET", user=user)
    assert not manager.is_authorized_view(access_view=AccessView.WEBSITE, user=user)
    assert not manager.is_authorized_custom_view(method="GET", resource_name=BLOCKLIST, user=user)
    assert not manager.is_authorized_custom_view(method="GET", resource_name="something else", user=user)
    assert not manager._is_admin(user)


def test_a_page_that_the_table_does_not_know_is_nobodys() -> None:
    assert not any(is_allowed(name, READ, "something else") for name in ROLES)
    assert not any(is_allowed(name, "DELETE", BLOCKLIST) for name in ROLES)


def test_who_may_read_a_page_sees_its_entry_in_the_menu() -> None:
    assert [name for name in ROLES if is_allowed(name, "MENU", STATUS)] == ["security", "dpo", "op", "admin"]
    assert [name for name in ROLES if is_allowed(name, "MENU", BLOCKLIST)] == ["security", "op", "admin"]
    assert [name for name in ROLES if is_allowed(name, "MENU", TROUBLESHOOTING)] == ["security", "op", "admin"]
    assert [name for name in ROLES if is_allowed(name, "MENU", FORGETTING)] == ["dpo", "op", "admin"]


def test_a_role_that_does_not_exist_stops_the_server(
    manager: LetheAuthManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "kari:security,ola:oop")
    with pytest.raises(AirflowConfigException, match="oop: no such role; there are viewer, analyst, security"):
        manager.init()


def test_somebody_acts_under_a_name_of_the_table_whatever_the_auth_manager() -> None:
    assert role_of(somebody("OP")) == "op"
    several = SimpleNamespace(roles=[SimpleNamespace(name="Public"), SimpleNamespace(name="Security")])
    assert role_of(several) == "security"
    assert role_of(SimpleNamespace(roles=[SimpleNamespace(name="192.0.2.1")])) == NOBODY
    assert role_of(SimpleNamespace()) == NOBODY
