"""What somebody looks for among the lines of the window, by the fields of a form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Final
from zoneinfo import ZoneInfo

from schemas.refusals import RefusedError
from transforms.detection.targets import Network

LONGEST: Final = 200  # characters of what is typed
USUAL: Final = timedelta(hours=1)
LEVELS: Final = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")  # the worst first
STATUS: Final = re.compile(r"[1-5](?:xx|[0-9]{2})")
FIELDS: Final = ("from", "until", "status", "path", "vhost", "log", "level", "method", "request_id", "client")


@dataclass(frozen=True)
class Wanted:
    """Lines from `begin` until before `end`; an empty text, or None, asks for nothing.

    `status` holds numbers and classes such as "5xx"; `level` is that or a worse one; `path` and `vhost` are a part of
    it, or a pattern with * and ?.
    """

    begin: datetime
    end: datetime
    status: tuple[str, ...] = ()
    path: str = ""
    vhost: str = ""
    log: str = ""
    level: str = ""
    method: str = ""
    request_id: str = ""
    client: Network | None = None
    errors_only: bool = False

    @property
    def is_of_errors(self) -> bool:
        """Whether hits are shown only for the error entries that belong to them."""
        return self.errors_only or bool(self.level)

    @property
    def asks_about_hits(self) -> bool:
        """Whether anything is asked for that most error entries do not say."""
        return bool(self.status or self.path or self.vhost or self.method or self.request_id)


def typed_in(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed, to be shown again; what a button next to a list asks for wins."""
    typed = {name: (fields.get(f"only_{name}") or fields.get(name, "")).strip()[:LONGEST] for name in FIELDS}
    return typed | {"errors_only": "1" if fields.get("errors_only") else ""}


def read_wanted(typed: Mapping[str, str], newest: datetime, zone: ZoneInfo) -> Wanted:
    """RefusedError, with what to write instead, for what means nothing; without times the last hour of data."""
    end = _instant(typed["until"], zone, fold=1)
    begin = _instant(typed["from"], zone, fold=0)
    end = end + timedelta(seconds=1) if end else max(newest, begin + USUAL) if begin else newest
    begin = begin or end - USUAL
    if begin >= end:
        raise RefusedError("the time from which to look is after the one until which; exchange them")
    level = typed["level"]
    if level and level not in LEVELS:
        raise RefusedError(f"the level is one of {', '.join(LEVELS)}")
    return Wanted(
        begin=begin,
        end=end,
        status=_statuses(typed["status"]),
        path=typed["path"],
        vhost=typed["vhost"],
        log=typed["log"],
        level=level,
        method=typed["method"].upper(),
        request_id=typed["request_id"],
        client=_network(typed["client"]),
        errors_only=bool(typed["errors_only"]),
    )


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """As a field for a date and time has it."""
    return f"{instant.astimezone(zone):%Y-%m-%dT%H:%M:%S}"


def _instant(text: str, zone: ZoneInfo, fold: int) -> datetime | None:
    """An hour that comes twice in a night of autumn begins with its first and ends with its second time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        raise RefusedError("a time is written as 2026-11-28T09:30, in the site's zone") from None


def _statuses(text: str) -> tuple[str, ...]:
    written = text.lower().replace(",", " ").split()
    if not all(map(STATUS.fullmatch, written)):
        raise RefusedError("a status is a number such as 404, or a class such as 5xx; several are set apart by blanks")
    return tuple(written)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False) if text else None
    except ValueError:
        raise RefusedError("a client is an address, or a network such as 192.0.2.0/24") from None
