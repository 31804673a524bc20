"""What Airflow loads from this folder: Lethe's pages and their entries in its menu. It only registers."""

from typing import Any, Final

from airflow.plugins_manager import AirflowPlugin

from plugins.access.menu import OwnMenu
from plugins.access.roles import BLOCKLIST, FORGETTING, REPORT, STATUS, TROUBLESHOOTING
from plugins.access.unlogged import Unlogged


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """The app, imported at the first request: this file runs in the process of every task."""
    from plugins.pages.app import app  # noqa: PLC0415

    await app(scope, receive, send)


APPS: Final = [{"name": "Lethe", "app": pages, "url_prefix": "/lethe"}]
MIDDLEWARES: Final[list[dict[str, Any]]] = [
    {"name": name, "middleware": middleware, "args": [], "kwargs": {}}
    for name, middleware in (("Lethe menu", OwnMenu), ("Lethe log", Unlogged))
]
VIEWS: Final = [
    {
        "name": name,
        "href": f"lethe/{page}",
        "icon": f"lethe/static/{page}.svg",
        "url_route": f"lethe-{page}",
        "destination": "nav",
        "nav_top_level": True,
        "resource": resource,  # OwnMenu shows the entry to whoever may read this
    }
    for name, page, resource in (
        ("Statistics", "report", REPORT),
        ("Blocklist", "blocklist", BLOCKLIST),
        ("Troubleshooting", "troubleshooting", TROUBLESHOOTING),
        ("Status", "status", STATUS),
        ("Forgetting", "forgetting", FORGETTING),
    )
]


class LethePlugin(AirflowPlugin):
    """The pages at /lethe, and the way to them for those who may go there."""

    name = "lethe"
    fastapi_apps = APPS
    fastapi_root_middlewares = MIDDLEWARES
    external_views = VIEWS
