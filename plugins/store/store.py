"""A store: everything that Lethe keeps, opened from its policy."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyarrow as pa

from plugins.keys.day_keys import PROCESS_ONLY, DayKeys
from plugins.policy_file import read_policy
from plugins.store.audit import Audit
from plugins.store.calendar import Calendar
from plugins.store.door import PRIVATE, Folder, Place
from plugins.store.file_days import FileDays
from plugins.store.locks import Locks
from plugins.store.records import Imports, Marks, Receipts, read_record, write_record
from plugins.store.replay import replay_clock
from plugins.store.switch import refuse_restoring
from plugins.store.terms import Terms
from plugins.store.window import Window
from schemas.policy import Policy
from schemas.receipts import Record, generation_of
from schemas.refusals import RefusedError

# What lies under [places] store, with the rights of its folders: a group may be let into one and not into another.
RIGHTS: Final = {
    "window": PRIVATE,
    "receipts": PRIVATE,
    "state": PRIVATE,
    "visit_log": 0o750,
    "exports": 0o750,
    "audit": 0o750,
    "reports": 0o750,
    "statistics": 0o755,
}
OUTSIDE: Final = ("keys", "key_mirror", "backups")  # places of their own, which outlive the store
PASSABLE: Final = 0o711  # the store itself: to go through, not to look around in
S3: Final = "s3://"
Tell = Callable[[str], None]  # hears how far long work is


def utc_now() -> datetime:
    return datetime.now(UTC)


class Setting(Record):
    """What may not change while the window holds data; `store_key` is a hash by which the store's own key is known."""

    timezone: str
    store_key: str = ""


@dataclass(frozen=True)
class Store:
    """The places of a policy and what is kept in them; `base` is the policy's folder, where relative paths begin."""

    policy: Policy
    base: Path
    clock: Callable[[], datetime]
    places: dict[str, Place]
    keys: DayKeys
    locks: Locks
    calendar: Calendar
    receipts: Receipts
    marks: Marks
    imports: Imports
    window: Window
    audit: Audit
    is_replay: bool = False
    wall_clock: Callable[[], datetime] = utc_now

    def place(self, name: str) -> Place:
        return self.places[name]

    def open_days(self) -> list[date]:
        """Days with keys or sealed objects and no mark, oldest first; an unfinished import opens nothing."""
        sealed = {name.split("/")[0] for name in self.window.names() if generation_of(name) != PROCESS_ONLY}
        found = self.keys.days() | {date.fromisoformat(day) for day in sealed}
        return sorted(found - self.marks.all_days())

    def readable_days(self) -> set[date]:
        """The open days whose time is not over."""
        return {day for day in self.open_days() if not self.calendar.is_past(day)}

    def file_days(self, from_memory: bool = False) -> FileDays:
        """Which days the receipts of each file name; where a mistake would lose lines, all receipts are read for it."""
        return FileDays(self.receipts, self.place("state"), from_memory)

    def ended_days_with_keys(self) -> list[date]:
        """Days that nobody may open any more and of which a key is left all the same, oldest first."""
        return [day for day in sorted(self.keys.days()) if self.marks.get(day) or self.calendar.is_past(day)]

    @contextmanager
    def writing(self, *days: date, patience: float | None = None) -> Iterator[None]:
        """Hold the locks of these days; BusyError if that takes longer than `patience` (seconds; None waits)."""
        with self.locks.all_held(days, patience):
            yield

    def check_setting(self) -> None:
        """Raise where the policy's zone is another than that of the days in the window; remember its [keep]."""
        self.calendar.terms.note(self.clock())
        before = read_record(self.place("state"), "setting.json", Setting)
        known_key = self.keys.store_key_hash() or (before.store_key if before else "")
        now = Setting(timezone=self.policy.site.timezone, store_key=known_key)
        if before == now:
            return
        if before and before.timezone != now.timezone and (days := self.open_days()):
            raise RefusedError(
                f"site.timezone is {now.timezone}, and the window holds {len(days)} days of {before.timezone}; a day "
                f"would change its hours. Set it back until these days are closed (the last one is {days[-1]})"
            )
        write_record(self.place("state"), "setting.json", now)


def open_store(policy_file: Path, clock: Callable[[], datetime] = utc_now, is_restoring: bool = False) -> Store:
    """The store of a policy; relative paths in it begin at the policy's folder. Nothing is written yet.

    A replay store has a clock of its own. RefusedError where a restore is not complete, but for whoever `is_restoring`.
    """
    pa.set_memory_pool(pa.system_memory_pool())  # gives memory back that others keep for themselves
    policy = read_policy(policy_file)
    base = policy_file.absolute().parent
    root = policy.places.store
    places = {name: open_place(f"{root}/{name}", base, mode) for name, mode in RIGHTS.items()}
    for name in OUTSIDE:
        places[name] = open_place(getattr(policy.places, name), base, PRIVATE)
    if not is_restoring:
        refuse_restoring(places["state"])
    return assemble_store(policy, base, places, Locks(_lock_folder(root, base)), clock)


def assemble_store(
    policy: Policy, base: Path, places: dict[str, Place], locks: Locks, clock: Callable[[], datetime]
) -> Store:
    """The store that these places hold: all of RIGHTS and OUTSIDE."""
    marks, replayed = Marks(places["state"]), replay_clock(places["state"], clock)
    now = replayed or clock
    calendar = Calendar(policy, marks, Terms(places["state"], policy.keep), now)
    return Store(
        policy=policy,
        base=base,
        clock=now,
        places=places,
        keys=DayKeys(places["keys"], places["key_mirror"], calendar.admit),
        locks=locks,
        calendar=calendar,
        receipts=Receipts(places["receipts"]),
        marks=marks,
        imports=Imports(places["state"]),
        window=Window(places["window"]),
        audit=Audit(places["audit"], places["backups"], locks.held),
        is_replay=replayed is not None,
        wall_clock=clock,
    )


def open_place(where: str, base: Path, mode: int) -> Place:
    """A folder, or `s3://bucket/prefix`."""
    if not where.startswith(S3):
        return Folder(base / where, mode)
    from plugins.store.bucket import open_bucket  # noqa: PLC0415 - boto3 takes a second, and most stores are folders

    return open_bucket(where)


def _lock_folder(root: str, base: Path) -> Path:
    """Beside the data where that is a folder; else where all processes of this machine find it."""
    if not root.startswith(S3):
        folder = base / root
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(PASSABLE)
        return folder / "locks"
    return Path(tempfile.gettempdir()) / f"lethe-{sha256(root.encode()).hexdigest()[:12]}"
