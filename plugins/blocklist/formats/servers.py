"""For web servers and proxies. Each line ends with its ban, where the reload script takes it out."""

from collections.abc import Callable, Iterable
from datetime import datetime

from plugins.blocklist.decisions import Decision
from plugins.blocklist.formats.bans import Ban, bans_of, whole


def write_deny(decisions: Iterable[Decision], now: datetime) -> str:
    """nginx: `deny` lines, to be included in http, server or location."""
    return _lines(decisions, now, lambda ban: f"deny {ban.target}; # until {ban.ends}")


def write_geo(decisions: Iterable[Decision], now: datetime) -> str:
    """nginx: a variable for http, empty or with handle and end of the ban."""
    around = ('geo $lethe_block {\n    default "";\n', "}\n")
    return _lines(decisions, now, lambda ban: f'    {ban.target} "{ban.decision} {ban.ends}";', around)


def write_apache(decisions: Iterable[Decision], now: datetime) -> str:
    """Apache: variables of the request, to which `Require not env lethe_block` and a page of errors can refer."""
    return _lines(
        decisions,
        now,
        lambda ban: f"SetEnvIfExpr \"-R '{ban.target}'\" lethe_block={ban.decision} lethe_until={ban.ends}",
    )


def write_haproxy(decisions: Iterable[Decision], now: datetime) -> str:
    """HAProxy: a map of addresses to handle, end, and the end in seconds since 1970, which it compares by itself."""
    return _lines(decisions, now, lambda ban: f"{ban.target} {ban.decision} {ban.ends} {int(ban.until.timestamp())}")


def _lines(
    decisions: Iterable[Decision],
    now: datetime,
    line: Callable[[Ban], str],
    around: tuple[str, str] = ("", ""),
) -> str:
    bans = bans_of(decisions, now)
    return whole(bans, "".join(f"{line(ban)}\n" for ban in bans).join(around))
