"""Airflow's menu without the pages that somebody may not open.

Airflow gives everybody the same list of views. This is for the eye only: the pages check for themselves.
"""

import json
from typing import Any, Final

LISTING: Final = "/api/v2/plugins"  # what the UI asks for the entries of its menu


class OwnMenu:
    """Middleware of Airflow's API server that takes entries with a `resource` out of the answer, unless allowed."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or _path(scope) != LISTING:
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = b""

        async def keep(message: dict[str, Any]) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                shown = await _shown(body, scope) if start["status"] == 200 else body
                start["headers"] = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
                start["headers"].append((b"content-length", str(len(shown)).encode()))
                await send(start)
                await send({"type": "http.response.body", "body": shown})

        await self.app(scope, receive, keep)


def _path(scope: dict[str, Any]) -> str:
    """Without what stands before it, where a proxy has not cut that off already."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


async def _shown(body: bytes, scope: dict[str, Any]) -> bytes:
    from airflow.api_fastapi.app import get_auth_manager  # noqa: PLC0415 - plugins load in every task's process
    from airflow.api_fastapi.core_api.security import bearer_scheme, get_user  # noqa: PLC0415
    from fastapi import Request  # noqa: PLC0415

    request = Request(scope)
    user = await get_user(request, None, await bearer_scheme(request))
    may: Any = get_auth_manager().is_authorized_custom_view
    listing = json.loads(body)
    for plugin in listing["plugins"]:
        plugin["external_views"] = [
            view
            for view in plugin["external_views"]
            if "resource" not in view or may(method="MENU", resource_name=view["resource"], user=user)
        ]
    return json.dumps(listing).encode()
