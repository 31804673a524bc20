"""A real `airflow api-server` on this machine, and Debian's Chromium to look at it; nothing else is reached."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.seeding import seed
from tests.stores import Site

ROOT = Path(__file__).parents[2]
PORT = 18081
HOST = f"http://127.0.0.1:{PORT}"
ROLES = ("viewer", "analyst", "security", "dpo", "op", "admin")
PASSWORD = "only on this machine"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@dataclass(frozen=True)
class Server:
    """The API server, and the site whose store it shows."""

    site: Site
    log: Path
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("airflow")
    site = seed(tmp_path_factory.mktemp("site"))
    (home / "passwords.json").write_text(json.dumps(dict.fromkeys(ROLES, PASSWORD)))
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "LETHE_POLICY": str(site.policy),
        "AIRFLOW__CORE__AUTH_MANAGER": "plugins.access.auth_manager.LetheAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    airflow = str(Path(sys.executable).parent / "airflow")
    subprocess.run([airflow, "db", "migrate"], env=environment, check=True, capture_output=True)
    log = home / "api-server.log"
    command = [airflow, "api-server", "--host", "127.0.0.1", "--port", str(PORT), "--workers", "1"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait(process, log)
        yield Server(site, log, {role: _log_in(role) for role in ROLES})
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(server: Server, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A window of somebody in a role (or of nobody); the test fails if it asked anybody but the server."""
    contexts: list[BrowserContext] = []
    asked: list[str] = []

    def open_window(role: str | None, size: str = "desktop", scheme: str = "light", scripts: bool = True) -> Page:
        context = chromium.new_context(
            viewport=SIZES[size],  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        if role:
            context.add_cookies([{"name": "_token", "value": server.tokens[role], "url": HOST}])
        context.on("request", lambda request: asked.append(request.url))
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith((HOST, "data:", "blob:"))] == []


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urlopen(f"{HOST}/api/v2/monitor/health") as answer:
                if answer.status == 200:
                    return
        except (URLError, ConnectionError):
            time.sleep(1)
    raise AssertionError("the API server does not answer")


def _log_in(role: str) -> str:
    body = json.dumps({"username": role, "password": PASSWORD}).encode()
    request = Request(f"{HOST}/auth/token", body, {"Content-Type": "application/json"})
    with urlopen(request) as answer:
        return str(json.loads(answer.read())["access_token"])
