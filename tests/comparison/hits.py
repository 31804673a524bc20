"""The hits of one log as plain rows, each with what Lethe makes of it: what a peer's definition is applied to."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from plugins.analysis import analyse, read_logs
from schemas.policy import Policy
from tests.days import split_days
from transforms.detection.load import load_scenarios
from transforms.parsing.parser import Parsed
from transforms.statistics.coded import Context
from transforms.statistics.day import code_day


class Hit(NamedTuple):
    """A line; `spelled` is its address as the log has it, `kind` ours: human, bot, ai, attack, ignored, quarantined."""

    line: int
    spelled: str
    client: str
    agent: str
    at: datetime  # local
    method: str
    path: str
    status: int
    bytes_sent: int
    vhost: str = ""
    kind: str = ""
    is_pageview: bool = False
    is_download: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is an action: what visits, and visitors, are made of."""
        return self.is_pageview or self.is_download


@dataclass(frozen=True)
class Log:
    """A log as it was read: its hits, the lines that were not trusted, and what Lethe publishes of it."""

    path: Path
    hits: list[Hit]
    quarantine: dict[int, str]
    tables: dict[str, list[dict[str, Any]]]

    def published(self, table: str, figure: str) -> int:
        """A figure summed over all rows of a table."""
        return sum(row[figure] for row in self.tables[table])


def read(path: Path, policy: Policy, log_format: str) -> Log:
    """Read one file by the parser, count it as published, and join the two line by line."""
    (file,) = read_logs([path], [], log_format, policy, datetime.now(UTC), lambda _: None)
    tables = analyse([file], policy, datetime.now(UTC), lambda _: None).tables
    lines = path.read_bytes().split(b"\n")
    kinds, zone = _kinds(file, policy), ZoneInfo(policy.site.timezone)
    unread = {row["line_number"]: row["raw"].decode(errors="replace") for row in file.quarantine.to_pylist()}
    return Log(
        path,
        [_hit(row, lines, kinds, zone) for row in file.hits.to_pylist()],
        unread,
        {name: table.to_pylist() for name, table in tables.items()},
    )


def _kinds(file: Parsed, policy: Policy) -> dict[int, tuple[str, bool, bool]]:
    """By line number: agent kind, pageview, download; lines that the policy ignores are missing."""
    found = {}
    for day in split_days([file], ZoneInfo(policy.site.timezone), datetime.now(UTC).date()):
        context = Context(policy)
        coded = code_day(day, load_scenarios(), context, with_visit_log=True)
        kinds = context.decode("agent_kind", coded.logged["agent_kind"].to_numpy()).to_pylist()
        flags = (coded.logged[name].to_pylist() for name in ("is_pageview", "is_download"))
        numbers = coded.window_hits["line_number"].to_pylist()
        found |= {number: row for number, *row in zip(numbers, kinds, *flags, strict=True)}
    return found


def _hit(row: dict[str, Any], lines: list[bytes], kinds: dict[int, Any], zone: ZoneInfo) -> Hit:
    kind, is_pageview, is_download = kinds.get(row["line_number"], ("ignored", False, False))
    words = lines[row["line_number"] - 1].split(maxsplit=2)
    return Hit(
        line=row["line_number"],
        spelled=words[1 if row["vhost"] else 0].decode(),
        client=_one_spelling(row["client_ip"]) if row["client_ip"] else row["client_host"],
        agent=row["user_agent"] or "",
        at=row["requested_at"].astimezone(zone),
        method=row["method"] or "",
        path=row["path"] or "",
        status=row["status"] or 0,
        bytes_sent=row["bytes_sent"],
        vhost=row["vhost"] or "",
        kind=kind,
        is_pageview=is_pageview,
        is_download=is_download,
    )


def _one_spelling(client: str) -> str:
    """::ffff:192.0.2.1 is 192.0.2.1, to a listener for both families."""
    address = ip_address(client)
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else client
