"""Whether all that the promise rests on is in order: keys, mirror, clock, rights, disk, and how old the logs are."""

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plugins.blocklist.breaker import refusal, unlisted
from plugins.blocklist.decisions import Decisions
from plugins.incidents.notices import waiting
from plugins.keys.day_keys import BYTES
from plugins.logs.finding import find_files
from plugins.scenarios import look_at_rules
from plugins.steps.checked import last_checks
from plugins.steps.closing import believe_clock
from plugins.steps.judging import odd_days
from plugins.steps.originals import oldest_day
from plugins.steps.results import results, unpublished, warnings
from plugins.steps.watching import listed_days
from plugins.store.door import Folder
from plugins.store.store import Store
from schemas.refusals import RefusedError

LITTLE: Final = 1 << 30  # bytes free
SECRET: Final = ("keys", "key_mirror", "window", "receipts", "state", "backups")  # for nobody else's eyes


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is (ok, warning, wrong), and in a sentence why and what to do."""

    subject: str
    state: str
    sentence: str


def examine(store: Store) -> list[Finding]:
    """All findings; nothing is changed. A check that cannot be made is a finding too."""
    checks: list[Callable[[Store], Iterator[Finding]]] = [
        *(_keys, _clock, _rights, _disk, _audit, _logs, _statistics, _scenarios, _blocklist, _incidents)
    ]
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check(store)
        except RefusedError as error:
            findings.append(Finding(check.__name__.strip("_"), "wrong", str(error)))
        except OSError as error:
            findings.append(Finding(check.__name__.strip("_"), "wrong", f"{error.filename}: {error.strerror}"))
    return findings


def _keys(store: Store) -> Iterator[Finding]:
    main, mirror = (set(place.names()) for place in (store.keys.main, store.keys.mirror))
    bad = [name for name in sorted(main & mirror) if store.keys.main.get(name) != store.keys.mirror.get(name)]
    bad += [name for name in sorted(main) if len(store.keys.main.get(name)) != BYTES]
    yield Finding("keys", "wrong" if bad else "ok", f"{len(main)} in {store.keys.main.where}{_listed(bad, 'damaged')}")
    alone = sorted(main ^ mirror)
    words = f"{len(mirror)} in {store.keys.mirror.where}{_listed(alone, 'on one side only')}"
    yield Finding("mirror", "warning" if alone else "ok", words)
    if _is_same_disk(store.keys.main, store.keys.mirror):
        yield Finding("mirror", "warning", "it lies on the same disk as the keys; one failure would take both")
    if ended := listed_days(store.ended_days_with_keys()):
        yield Finding("keys", "wrong", f"of {ended}, which ended, are still there; run: lethe close --overdue")


def _clock(store: Store) -> Iterator[Finding]:
    believe_clock(store, is_right=False)
    yield Finding("clock", "ok", f"{store.calendar.words(store.clock())} agrees with logs, places and the last run")


def _rights(store: Store) -> Iterator[Finding]:
    for name, place in store.places.items():
        if not isinstance(place, Folder) or not place.root.exists():
            continue
        found = stat.S_IMODE(place.root.stat().st_mode)
        if found & ~place.mode:
            words = f"{place.where} has the rights {found:o}; take some back: chmod {place.mode:o} {place.where}"
            yield Finding("rights", "wrong" if name in SECRET else "warning", words)
        elif not os.access(place.root, os.W_OK):
            yield Finding("rights", "wrong", f"{place.where} may not be written by this user")
    yield Finding("rights", "ok", f"{len(store.places)} places were looked at")


def _disk(store: Store) -> Iterator[Finding]:
    for name in ("window", "keys", "key_mirror", "backups"):
        place = store.place(name)
        if isinstance(place, Folder):
            free = shutil.disk_usage(_existing(place.root)).free
            words = f"{free / (1 << 30):,.1f} GB free for {place.where}"
            yield Finding("disk", "warning" if free < LITTLE else "ok", words)


def _audit(store: Store) -> Iterator[Finding]:
    found = store.audit.verify()
    yield Finding("audit", "ok", f"{found.entries} entries, as written")


def _logs(store: Store) -> Iterator[Finding]:
    for log in store.policy.logs:
        unreached: dict[str, str] = {}
        files = find_files(log, store.base, unreached)
        yield from (Finding("logs", "wrong", f"{log.name}: {sentence}") for sentence in unreached.values())
        if not files and not unreached:
            yield Finding("logs", "warning", f"{log.name}: no file fits access and error; correct the paths")
        days = {origin.name: day for kind, origin in files if (day := oldest_day(store, log, kind, origin))}
        if not days:
            continue
        name, oldest = min(days.items(), key=lambda item: item[1])
        words = f"{log.name}: the oldest line is of {oldest}, in {name}"
        if store.calendar.is_past(oldest):
            window = store.policy.keep.security_window.days
            words += f", older than the window of {window} days: let logrotate keep fewer files"
        yield Finding("logs", "warning" if store.calendar.is_past(oldest) else "ok", words)


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def _is_same_disk(*places: object) -> bool:
    roots = [_existing(place.root).stat().st_dev for place in places if isinstance(place, Folder)]
    return len(roots) == len(places) and len(set(roots)) == 1


def _statistics(store: Store) -> Iterator[Finding]:
    checks = last_checks(store)
    for sentence in unpublished(checks):
        yield Finding("statistics", "wrong", sentence)
    for sentence in warnings(checks, odd_days(store)):
        yield Finding("statistics", "warning", sentence)
    rules = sum(one.rules for one in results(checks))
    yield Finding(
        "statistics", "ok", f"{rules} rules were asked of each of the last {len(checks)} days that were checked"
    )


def _incidents(store: Store) -> Iterator[Finding]:
    """Nothing is said where there are none."""
    yield from (Finding("incidents", "warning", sentence) for sentence in waiting(store))


def _scenarios(store: Store) -> Iterator[Finding]:
    yield Finding("scenarios", *look_at_rules(store.policy))


def _blocklist(store: Store) -> Iterator[Finding]:
    active = Decisions(store).active(store.clock())
    if refused := refusal(store, active):
        yield Finding("blocklist", "wrong", refused)
    yield Finding("blocklist", "ok", f"{len(active) - len(unlisted(store, active)):,} bans are published")


def _listed(names: list[str], what: str) -> str:
    return f"; {what}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else ""
