"""The blocklist as files for servers and people, each of which says until when it may be used."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from plugins.blocklist.decisions import Decision, Decisions
from plugins.store.store import Store
from schemas.refusals import RefusedError
from transforms.detection.targets import Network, read_network

FOLDER: Final = "blocklist"
EXPIRES: Final = re.compile(rb"# .* expires (never|[0-9T:-]{19})Z?\n")
COLUMNS: Final = ("decision", "target", "scenario", "decided_at", "until", "first_seen", "last_seen", "events")
WORDS: Final = ("outcome", "decided_by", "reason")
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # a spreadsheet may run what begins so


class Format(NamedTuple):
    """A kind of file; `write` makes its text from decisions, of which it takes the active ones."""

    file_name: str
    media_type: str
    write: Callable[[list[Decision], datetime], str]


def write_nginx(decisions: list[Decision], now: datetime) -> str:
    """`deny` lines to include, one a target, each written from its numbers, whatever text a target may hold."""
    active = [one for one in decisions if one.is_active(now)]
    networks = sorted({_by_number(one.target) for one in active}, key=lambda one: (one.version, one))
    lines = [f"deny {_short(str(network))};\n" for network in networks]
    return _heading(active, len(lines), "addresses and networks", now) + "".join(lines)


def write_csv(decisions: list[Decision], now: datetime) -> str:
    """A first line with expiry and count, then a table with its heading, in UTC."""
    active = [one for one in decisions if one.is_active(now)]
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    table.writerow([*COLUMNS, *WORDS])
    for one in active:
        table.writerow([_cell(getattr(one, name)) for name in (*COLUMNS, *WORDS)])
    return _heading(active, len(active), "decisions", now) + text.getvalue()


FORMATS: Final = {
    "nginx": Format("nginx.conf", "text/plain", write_nginx),
    "csv": Format("blocklist.csv", "text/csv", write_csv),
}


def publish_exports(store: Store) -> int:
    """Write every format anew, and return how many decisions are active.

    Where they cannot be read or written, what is published already stays until it expires; then it is removed.
    """
    with store.locks.held("exports"):
        try:
            now = store.clock()
            active = Decisions(store).active(now)
            for kind in FORMATS.values():
                store.place("exports").put(f"{FOLDER}/{kind.file_name}", kind.write(active, now).encode())
        finally:
            _remove_expired(store)
    return len(active)


def renew_exports(store: Store) -> list[str]:
    """As `publish_exports`; what goes wrong is returned as a sentence, for whoever has more to do."""
    try:
        publish_exports(store)
    except RefusedError as error:
        return [f"the exported blocklist is not renewed: {error}"]
    except OSError as error:
        return [f"the exported blocklist is not renewed: {error.filename}: {error.strerror}"]
    return []


def expired_exports(store: Store) -> list[str]:
    """The files whose first ban has ended, or that do not say until when they may be used."""
    place = store.place("exports")
    return [name for name in place.names(f"{FOLDER}/") if _is_expired(store, name)]


def remove_expired(store: Store) -> None:
    """Remove them, whatever else may not be done; to end a ban early harms nobody."""
    with store.locks.held("exports"):
        _remove_expired(store)


def _remove_expired(store: Store) -> None:
    for name in expired_exports(store):
        store.place("exports").remove(name)


def _is_expired(store: Store, name: str) -> bool:
    try:
        return _expiry(store.place("exports").get(name)) <= store.clock()
    except (OSError, ValueError):
        return True


def _expiry(content: bytes) -> datetime:
    """What the first line says; ValueError where it says nothing."""
    found = EXPIRES.match(content)
    if found is None:
        raise ValueError("no expiry")
    if found[1] == b"never":
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC)


def _heading(active: list[Decision], count: int, what: str, now: datetime) -> str:
    """It expires when the first ban in it ends; an empty list bans nobody and never does."""
    expires = min((one.until for one in active), default=None)
    return f"# Lethe blocklist: {count} {what}, written {_iso(now)}, expires {_iso(expires) if expires else 'never'}\n"


def _iso(moment: datetime) -> str:
    """To the second, downwards: a file may expire early, never late."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _cell(value: object) -> str:
    """In plain letters, and without the separator of half of Europe's spreadsheets, behind which a cell would begin."""
    text = _iso(value) if isinstance(value, datetime) else str(value)
    text = "".join(char if char.isprintable() else " " for char in text).replace(";", ",").strip()
    return f"'{text}" if text.startswith(FORMULA) else text


def _by_number(target: str) -> Network:
    found = read_network(target)
    return type(found)((int(found.network_address), found.prefixlen))


def _short(network: str) -> str:
    return network.removesuffix("/32") if "." in network else network.removesuffix("/128")
