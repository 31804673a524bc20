"""The blocklist as files for servers and people, each of which says until when it may be used."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from plugins.blocklist.breaker import admit
from plugins.blocklist.decisions import Decision, Decisions
from plugins.blocklist.formats.firewalls import write_ipset, write_nftables
from plugins.blocklist.formats.servers import write_apache, write_deny, write_geo, write_haproxy
from plugins.blocklist.formats.table import write_csv
from plugins.store.store import Store
from schemas.refusals import RefusedError

FOLDER: Final = "blocklist"
BOUNCERS: Final = "bouncers"  # what each was told, which expires as well
EXPIRES: Final = re.compile(rb"# .* expires (never|[0-9T:-]{19})Z?\n")


class Format(NamedTuple):
    """A kind of file; `write` makes its text from decisions, of which it takes the active ones."""

    title: str
    file_name: str
    media_type: str
    write: Callable[[list[Decision], datetime], str]


FORMATS: Final = {
    "nginx": Format("nginx deny", "nginx.conf", "text/plain", write_deny),
    "geo": Format("nginx geo", "nginx-geo.conf", "text/plain", write_geo),
    "apache": Format("Apache", "apache.conf", "text/plain", write_apache),
    "haproxy": Format("HAProxy map", "haproxy.map", "text/plain", write_haproxy),
    "nftables": Format("nftables", "blocklist.nft", "text/plain", write_nftables),
    "ipset": Format("ipset", "blocklist.ipset", "text/plain", write_ipset),
    "csv": Format("CSV", "blocklist.csv", "text/csv", write_csv),
}


def published(store: Store, now: datetime) -> list[Decision]:
    """Whom to block now, newest first, for every list that leaves: files, API, stream and command."""
    return admit(store, Decisions(store).active(now))


def publish_exports(store: Store) -> int:
    """Write every format anew, and return how many decisions are active.

    Where decisions cannot be read, or a format not written, what is published already stays until it expires; then it
    is removed. One format holds up no other: OSError is raised when the others are written.
    """
    with store.locks.held("exports"):
        try:
            now = store.clock()
            active = published(store, now)
            _write(store, active, now)
        finally:
            _remove_expired(store)
    return len(active)


def _write(store: Store, active: list[Decision], now: datetime) -> None:
    failures = []
    for kind in FORMATS.values():
        try:
            store.place("exports").put(f"{FOLDER}/{kind.file_name}", kind.write(active, now).encode())
        except OSError as error:
            failures.append(error)
    if failures:
        raise failures[0]


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
    names = [name for folder in (FOLDER, BOUNCERS) for name in place.names(f"{folder}/")]
    return [name for name in names if _is_expired(store, name)]


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
