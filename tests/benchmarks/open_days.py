"""Whether work costs more the more days are open: a store as a year-round site's, at several ages of its window."""

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from plugins.blocklist.bouncers import tell
from plugins.blocklist.decisions import Decision, Decisions, new_handle
from plugins.blocklist.exporting import publish_exports
from plugins.steps.detecting import detect
from plugins.store.store import Store
from schemas.receipts import Counts, Fingerprint, Receipt
from schemas.window import EVENTS
from tests.benchmarks import tables
from tests.stores import Site, hit, silent, utc

NOW: Final = utc(2026, 11, 28, 12)
A_YEAR, SHARDS, DECISIONS = 365, 32, 500  # days of receipts; a day's shards, once merged (1 GB); its decisions
LINES: Final = 20_000
POLICY: Final = tables.POLICY.replace("access.log", "logs/access*")


def print_growth(ages: tuple[int, ...] = (2, 30), decisions: int = DECISIONS) -> None:
    """CPU seconds of each run, in this process."""
    print(
        f"\nopen days, {decisions:,} decisions a day | detect, no news | new lines | a new attack | exports | a bouncer"
    )
    print("--- | --- | --- | --- | --- | ---")
    for age in ages:
        with tempfile.TemporaryDirectory() as folder:
            site = _aged(Path(folder), age, decisions)
            print(f"{age} | {' | '.join(f'{seconds:.2f}' for seconds in _costs(site))}", flush=True)


def _costs(site: Site) -> Iterator[float]:
    yield _seconds(lambda: detect(site.open(), "operations", silent))
    _detect_attack(site, "203.0.113.9")  # loads what all later runs use
    yield _detect_attack(site, "203.0.113.9")
    yield _detect_attack(site, "203.0.113.8")
    publish_exports(site.open())
    yield _seconds(lambda: publish_exports(site.open()))
    tell(site.open(), "bouncer", "a token", from_the_start=True)
    yield _seconds(lambda: tell(site.open(), "bouncer", "a token", from_the_start=False))


def _detect_attack(site: Site, address: str) -> float:
    site.write("access.log", hit(NOW, address, "/?x=${jndi:ldap://x/a}"))
    site.ingest()
    return _seconds(lambda: detect(site.open(), "operations", silent))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _aged(folder: Path, age: int, decisions: int) -> Site:
    """Today's lines are read; of days before there are receipts, and of open ones what was seen and decided."""
    site = Site(folder, NOW, POLICY)
    site.write(
        "access.log", *(hit(NOW - timedelta(seconds=n), f"192.0.2.{n % 200}", f"/{n % 50}") for n in range(LINES))
    )
    site.ingest()
    store = site.open()
    for back in range(A_YEAR):
        day = NOW.date() - timedelta(days=back)
        with store.writing(day):
            _read(store, day, SHARDS if back < age else 1, is_open=back < age)
            if back < age:
                Decisions(store).add(_decision(day, number) for number in range(decisions))
    detect(site.open(), "operations", silent)
    return site


def _read(store: Store, day: date, shards: int, is_open: bool) -> None:
    """Receipts of a file of a log that the policy has no more, so that nothing merges them."""
    known = Fingerprint(head_bytes=4096, head="0" * 64, starts=("0" * 16,) * 8, tail="0" * 64)
    for number in range(shards):
        receipt = Receipt(
            log="old",
            file=f"{day:%Y%m%d}",
            begin=number * 1000,
            end=number * 1000 + 1000,
            first_line=number * 10 + 1,
            counts=Counts(hits=10),
            objects=(),
            layouts=("combined",),
            fingerprint=known,
            read_on=day,
        )
        if is_open:
            events = store.window.put("events", receipt.source, EVENTS.empty_table(), store.keys.current(day))
            receipt = receipt.model_copy(update={"objects": (events,)})
        store.receipts.put(receipt)


def _decision(day: date, number: int) -> Decision:
    """One in seven on a target that comes again."""
    since = min(NOW, utc(day.year, day.month, day.day) + timedelta(minutes=number * 3 % 1440))
    again, other = f"203.0.113.{number % 250}", f"198.18.{number // 250}.{number % 250}"
    return Decision(
        decision=new_handle(),
        day=day,
        target=other if number % 7 else again,
        scenario="path-scan",
        decided_at=since,
        until=since + timedelta(hours=4),
        first_seen=since - timedelta(minutes=5),
        last_seen=since,
        events=12,
        outcome="blocked",
        reason="Many different addresses that do not exist",
        decided_by="scenario",
    )
