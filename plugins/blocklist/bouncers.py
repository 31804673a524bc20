"""What a bouncer was told, so that it hears what changed since: kept sealed with its own token, which nobody else has.

What it has to take back may be gone from the window, erased or closed; only here is it still known whom that banned.
"""

import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa

from plugins.blocklist.decisions import Decision
from plugins.blocklist.exporting import BOUNCERS, published
from plugins.blocklist.formats.bans import iso
from plugins.store.parquet import read_parquet
from plugins.store.store import Store
from plugins.store.window import seal

OVERLAP: Final = timedelta(minutes=10)  # of answers that may have been lost on the way
ROWS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("target", "decision", "scenario")),
        ("day", pa.date32()),
        *((name, pa.timestamp("us", "UTC")) for name in ("until", "at")),
        ("is_gone", pa.bool_()),
    ]
)
ASKED: Final = b"asked"


@dataclass(frozen=True)
class Told:
    """A target with its longest ban; `at` is when the bouncer first heard so, or that it `is_gone`."""

    target: str
    decision: str
    scenario: str
    day: date
    until: datetime
    at: datetime
    is_gone: bool = False


@dataclass(frozen=True)
class Changes:
    """For one answer: whom to block, and whom no more."""

    new: list[Told]
    gone: list[Told]


def tell(store: Store, name: str, token: str, from_the_start: bool) -> Changes:
    """What is new and gone since this bouncer asked last, and what it may have missed; or all, from the start.

    `name` is that of its token. Whoever has no memory here, or one under another token, is told all too.
    """
    with store.locks.held(f"bouncer-{name}"):
        now, memory = store.clock(), _Memory(store, name, token)
        before, asked = memory.read()
        since = min(now - OVERLAP, asked or now)
        bans = longest(published(store, now), now)
        kept = {target: _known(before.get(target), ban) for target, ban in bans.items()}
        gone = [_gone(one, now) for one in before.values() if one.target not in bans]
        gone = [one for one in gone if one.at >= since]
        shorter = [before[one] for one, ban in bans.items() if one in before and before[one].until > ban.until]
        if asked is None or now - asked > timedelta(minutes=1) or [*kept.values(), *gone] != list(before.values()):
            with suppress(OSError):  # a full disk: the next answer says more than it needs to
                memory.write([*kept.values(), *gone], now)
    new = [one for one in kept.values() if from_the_start or asked is None or one.at >= since]
    return Changes(new, [*gone, *(one for one in shorter if not one.is_gone)])


def longest(decisions: Iterable[Decision], now: datetime) -> dict[str, Told]:
    """By target."""
    found: dict[str, Told] = {}
    for one in sorted(decisions, key=lambda one: one.until):
        found[one.target] = Told(one.target, one.decision, one.scenario, one.day, one.until, now)
    return found


def _known(before: Told | None, ban: Told) -> Told:
    return before if before and not before.is_gone and before.decision == ban.decision else ban


def _gone(before: Told, now: datetime) -> Told:
    return before if before.is_gone else replace(before, at=now, is_gone=True)


class _Memory:
    """A file of the exports. Its first line says when it is removed: with the last day of what is in it."""

    def __init__(self, store: Store, name: str, token: str) -> None:
        self.store, self.name = store, f"{BOUNCERS}/{name}.sealed"
        self.secret = hmac.digest(token.encode(), b"what this bouncer was told", "sha256")

    def read(self) -> tuple[dict[str, Told], datetime | None]:
        """By target, and when it asked last; nothing where the file is not there, damaged, or another token's."""
        try:
            content = self.store.place("exports").get(self.name).partition(b"\n")[2]
        except FileNotFoundError:
            return {}, None
        try:
            table = read_parquet(content, self.secret, self.name)
            asked = datetime.fromisoformat(table.schema.metadata[ASKED].decode())
            return {row["target"]: Told(**row) for row in table.to_pylist()}, asked
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
            return {}, None

    def write(self, told: list[Told], now: datetime) -> None:
        table = pa.Table.from_pylist([asdict(one) for one in told], schema=ROWS)
        table = table.replace_schema_metadata({ASKED: now.isoformat().encode()})
        ends = [self.store.calendar.deadline(one.day) for one in told]
        heading = f"# Lethe bouncer: {len(told)} sealed bans, expires {iso(max(ends, default=now + OVERLAP))}\n"
        self.store.place("exports").put(self.name, heading.encode() + seal(table, self.secret, self.name))
