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

    `level` is that or a worse one; `path` and `vhost` are a part of
    it, or a pattern with * and ?.
    """

    begin: datetime
    end: datetime
    status: tuple[int, ...] = ()
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


def typed_in(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed, to be shown again; what a button next to a list asks for wins."""
    typed = {name: (fields.get(f"only_{name}") or fields.get(name, "")).strip()[:LONGEST] for name in FIELDS}
    return typed | {"errors_only": "1" if fields.get("errors_only") else ""}


def read_wanted(typed: Mapping[str, str], newest: datetime, zone: ZoneInfo) -> Wanted:
    """RefusedError, with what to write instead, for what means nothing; without times the last hour of data."""
    begin, end = _instant(typed["from"], zone, fold=0), _instant(typed["until"], zone, fold=1)
    end = end + timedelta(seconds=1) if end else max(newest, begin + USUAL) if begin else newest
    begin = begin or end - USUAL
    if begin >= end:
        raise RefusedError("the time from which to look is after the one until which; exchange them")
    if typed["level"] not in ("", *LEVELS):
        raise RefusedError(f"the level is one of {', '.join(LEVELS)}")
    return Wanted(
        begin,
        end,
        status=_statuses(typed["status"]),
        method=typed["method"].upper(),
        client=_network(typed["client"]),
        errors_only=bool(typed["errors_only"]),
        **{name: typed[name] for name in ("path", "vhost", "log", "level", "request_id")},
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


def _statuses(text: str) -> tuple[int, ...]:
    """All that are meant: a class is a hundred of them."""
    found: list[int] = []
    for written in text.lower().replace(",", " ").split():
        if not STATUS.fullmatch(written):
            raise RefusedError("a status is a number such as 404, or a class such as 5xx; set several apart by blanks")
        found += range(int(written[0]) * 100, int(written[0]) * 100 + 100) if "x" in written else [int(written)]
    return tuple(found)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False) if text else None
    except ValueError:
        raise RefusedError("a client is an address, or a network such as 192.0.2.0/24") from None
