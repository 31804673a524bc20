"""Airflow's access log without the query of a bouncer's request, in which an address may stand."""

from typing import Any, Final

BOUNCERS: Final = ("v1", "decisions")  # as parts of a path, however it is put together


class Unlogged:
    """Middleware of Airflow's API server, which logs what the scope says once the answer is sent: whoever asked where.

    Also where the bouncer asks at a wrong path, or shows no key.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and all(part in scope["path"] for part in BOUNCERS):
                scope["query_string"] = b""
