"""How other machines let us in: an Airflow connection, as Airflow or `AIRFLOW_CONN_…` in the environment gives it."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from schemas.refusals import RefusedError

VARIABLE: Final = "AIRFLOW_CONN_"


@dataclass(frozen=True)
class Connection:
    """What we are told of one; its text holds no secret."""

    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def find_connection(name: str) -> Connection | None:
    """The connection of this name; None where nobody knows one. RefusedError for one that cannot be read.

    Airflow is asked only where it runs this process: a cron job need not start one for that.
    """
    written = os.environ.get(f"{VARIABLE}{name.upper()}")
    try:
        if written:
            return _of_json(json.loads(written)) if written.lstrip().startswith("{") else _of_address(written)
        return _of_airflow(name) if "airflow.sdk" in sys.modules else None
    except (ValueError, TypeError, AttributeError):
        raise RefusedError(f"connection {name} cannot be read; write it as JSON or as a URI, as Airflow does") from None


def _of_json(given: Mapping[str, Any]) -> Connection:
    extra = given.get("extra") or {}
    return Connection(
        host=given.get("host") or "",
        port=int(given["port"]) if given.get("port") else None,
        login=given.get("login") or "",
        password=given.get("password") or "",
        extra=json.loads(extra) if isinstance(extra, str) else dict(extra),
    )


def _of_address(written: str) -> Connection:
    """Airflow's own form: `type://login:password@host:port/?extra=value`, each part percent-encoded."""
    parts = urlsplit(written)
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    extra |= json.loads(extra.pop("__extra__", "{}"))
    return Connection(
        host=unquote(parts.hostname or ""),
        port=parts.port,
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        extra=extra,
    )


def _of_airflow(name: str) -> Connection | None:
    from airflow.sdk import Connection as Known  # noqa: PLC0415 - only where it is there already
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415

    try:
        known = Known.get(name)
    except AirflowNotFoundException:
        return None
    return _of_json({part: getattr(known, part) for part in ("host", "port", "login", "password", "extra")})
