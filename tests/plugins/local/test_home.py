"""What a home holds, and for whom."""

import json
import os
import socket
import stat
from configparser import ConfigParser
from pathlib import Path

import pytest
from airflow.sdk import DAG, Asset

from plugins.access.roles import ROLES
from plugins.local.home import Home, free_port, write_private
from plugins.local.schedules import dag_policy
from schemas.refusals import RefusedError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "run", None)


def settings(home: Home) -> ConfigParser:
    found = ConfigParser()
    found.read(home.airflow / "airflow.cfg")
    return found


def test_each_role_has_a_user_with_a_password_of_its_own(home: Home) -> None:
    assert home.prepare(8080) is True
    passwords = home.passwords()
    assert passwords.keys() == ROLES.keys()
    assert len(set(passwords.values())) == len(ROLES)
    assert all(len(password) >= 16 for password in passwords.values())


def test_only_the_owner_may_read_what_is_secret_whatever_the_umask(home: Home) -> None:
    before = os.umask(0)
    try:
        home.prepare(8080)
    finally:
        os.umask(before)
    for path in (home.folder, *home.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_later_start_keeps_passwords_and_secrets_and_takes_the_new_port(home: Home) -> None:
    home.prepare(8080)
    passwords, before = home.passwords(), settings(home)
    assert home.prepare(8081) is False
    after = settings(home)
    assert home.passwords() == passwords
    assert after["core"]["fernet_key"] == before["core"]["fernet_key"]
    assert after["api_auth"]["jwt_secret"] == before["api_auth"]["jwt_secret"]
    assert (before["api"]["port"], after["api"]["port"]) == ("8080", "8081")
    assert after["core"]["execution_api_server_url"] == "http://127.0.0.1:8081/execution/"


def test_two_homes_share_no_secret(tmp_path: Path) -> None:
    homes = [Home(tmp_path / name, None) for name in "ab"]
    for home in homes:
        home.prepare(8080)
    first, second = (json.loads((home.airflow / "secrets.json").read_text()) for home in homes)
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first)


def test_a_percent_sign_in_the_folders_name_is_no_interpolation(tmp_path: Path) -> None:
    home = Home(tmp_path / "100% (demo)", None)
    home.prepare(8080)
    assert settings(home)["logging"]["base_log_folder"] == f"{home.airflow}/logs"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"admin": "x"}'])
def test_a_damaged_file_of_passwords_is_refused_with_what_to_do(home: Home, content: str) -> None:
    home.prepare(8080)
    write_private(home.passwords_file, content)
    with pytest.raises(RefusedError, match="remove it"):
        home.passwords()


def test_a_proxy_of_the_environment_does_not_come_between_the_components(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "example.org")
    environment = home.environment(has_schedules=False)
    assert "127.0.0.1" in environment["NO_PROXY"]
    assert environment["LETHE_POLICY"] == str(home.folder / "policy.toml")


def test_settings_for_another_airflow_stay_outside(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://elsewhere")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("AIRFLOW_CONN_LETHE_SMTP", "smtp://mail.example.org")
    environment = home.environment(has_schedules=True)
    assert "elsewhere" not in str(environment)
    assert "AIRFLOW_CONN_LETHE_SMTP" in environment


def test_a_port_that_is_taken_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) <= port + 50


@pytest.mark.parametrize(("switch", "schedule"), [("off", None), ("on", "*/5 * * * *"), ("", "*/5 * * * *")])
def test_without_schedules_a_dag_starts_by_hand_or_after_an_asset_only(
    monkeypatch: pytest.MonkeyPatch, switch: str, schedule: str | None
) -> None:
    monkeypatch.setenv("LETHE_SCHEDULES", switch)
    by_clock, by_asset = DAG("a", schedule="*/5 * * * *"), DAG("b", schedule=[Asset("hits")])
    for dag in (by_clock, by_asset):
        dag_policy(dag)
    assert getattr(by_clock.timetable, "expression", None) == schedule
    assert by_asset.timetable.asset_condition
