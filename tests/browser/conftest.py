"""A real `airflow api-server` on this machine, and Debian's Chromium to look at it; nothing else is reached."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.seeding import seed
from tests.browser.serving import Server, serving

PORT = 18081
HOST = f"http://127.0.0.1:{PORT}"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("airflow")
    site = seed(tmp_path_factory.mktemp("site"))
    with serving(site, home, PORT) as found:
        yield found


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
