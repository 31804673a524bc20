"""What Airflow loads from this folder: Lethe's pages and their entries in its menu. It only registers."""

from typing import Any, Final

from airflow.plugins_manager import AirflowPlugin

from plugins.access.menu import OwnMenu
from plugins.access.roles import BLOCKLIST, STATUS


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """The app, imported at the first request: this file runs in the process of every task."""
    from plugins.pages.app import app  # noqa: PLC0415

    await app(scope, receive, send)


APPS: Final = [{"name": "Lethe", "app": pages, "url_prefix": "/lethe"}]
MIDDLEWARES: Final = [{"name": "Lethe menu", "middleware": OwnMenu, "args": [], "kwargs": {}}]
ENTRY: Final = {"destination": "nav", "nav_top_level": True}
VIEWS: Final = [
    ENTRY | {"name": "Blocklist", "href": "lethe/blocklist", "url_route": "lethe-blocklist", "resource": BLOCKLIST},
    ENTRY | {"name": "Status", "href": "lethe/status", "url_route": "lethe-status", "resource": STATUS},
]


class LethePlugin(AirflowPlugin):
    """The pages at /lethe, and the way to them for those who may go there."""

    name = "lethe"
    fastapi_apps = APPS
    fastapi_root_middlewares = MIDDLEWARES
    external_views = VIEWS
