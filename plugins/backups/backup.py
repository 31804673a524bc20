"""A backup as a store: what a manifest names, read from its blobs, which nobody changes."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final, NoReturn

from plugins.backups.target import DamagedBackupError, Target
from plugins.store.door import Place, Trace
from plugins.store.store import OUTSIDE, RIGHTS, Store, assemble_store
from schemas.backups import Backed, Manifest
from schemas.refusals import RefusedError

DECIDING: Final = ("receipts/", "state/", "audit/")  # small; read at once, and kept in memory for the copy


class Backup:
    """One manifest, and `lost`: the names of those objects that decide what may come back and cannot be read."""

    def __init__(self, target: Target, manifest: Manifest) -> None:
        self.target, self.manifest, self.objects = target, manifest, manifest.objects
        self._known: dict[str, bytes] = {}
        self.lost = {name for name in self.objects if name.startswith(DECIDING) and not self._learn(name)}

    def get(self, name: str) -> bytes:
        """An object by `<root>/<name>`; DamagedBackupError where its bytes are missing or others."""
        return self._known[name] if name in self._known else self.target.blob(self.objects[name])

    def as_store(self, store: Store, names: Collection[str]) -> Store:
        """As if a store held these objects and nothing else: with the keys and backups of `store`, to be read only."""
        objects = {name: self.objects[name] for name in names}
        places: dict[str, Place] = {root: BackedPlace(self, objects, root) for root in RIGHTS}
        places |= {name: store.place(name) for name in OUTSIDE}
        return assemble_store(store.policy, store.base, places, store.locks, store.wall_clock)

    def is_readable(self, name: str) -> bool:
        try:
            self.get(name)
        except DamagedBackupError:
            return False
        return True

    def _learn(self, name: str) -> bool:
        """Keep it; false where it cannot be read."""
        try:
            self._known[name] = self.target.blob(self.objects[name])
        except DamagedBackupError:
            return False
        return True


class BackedPlace:
    """A root of the store as it was."""

    def __init__(self, backup: Backup, objects: dict[str, Backed], root: str) -> None:
        self.backup, self.root = backup, root
        self.objects = {
            name.removeprefix(f"{root}/"): one for name, one in objects.items() if name.startswith(f"{root}/")
        }
        self.where = f"{backup.target.place.where}, backup of {backup.manifest.taken_at:%Y-%m-%d %H:%M} UTC: {root}"

    def get(self, name: str) -> bytes:
        if name not in self.objects:
            raise FileNotFoundError(name)
        return self.backup.get(f"{self.root}/{name}")

    def names(self, prefix: str = "") -> Iterator[str]:
        return iter(sorted(name for name in self.objects if name.startswith(prefix)))

    def stamps(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        return ((name, self.objects[name].digest) for name in self.names(prefix))

    def traces(self, prefix: str = "") -> Iterator[Trace]:
        return (Trace(name, "object") for name in self.names(prefix))

    def read(self, trace: Trace) -> bytes:
        return self.get(trace.name)

    def put(self, name: str, content: bytes) -> NoReturn:
        raise RefusedError(f"{self.where} is a backup, which nobody changes")

    def remove(self, name: str) -> NoReturn:
        self.put(name, b"")

    def erase(self, trace: Trace) -> NoReturn:
        self.put(trace.name, b"")

    def clock(self) -> datetime | None:
        return None

    def sweep(self) -> int:
        return 0


def newest_backup(target: Target, now: datetime) -> tuple[Backup, list[str]]:
    """The newest one whose manifest can be read, and the manifests that were passed over; RefusedError for none."""
    passed: list[str] = []
    for manifest in readable_manifests(target, now, passed):
        return Backup(target, manifest), passed
    if passed:
        raise RefusedError(f"no backup in {target.place.where} can be used; passed over: {', '.join(passed)}")
    raise RefusedError(f"there is no backup in {target.place.where}")


def readable_manifests(target: Target, now: datetime, passed: list[str]) -> Iterator[Manifest]:
    """Those taken by now that can be read, newest first; what is passed over on the way is added to `passed`."""
    credible = set(target.credible(now))
    for name in reversed(target.manifests()):
        which = f"manifest of {name.rpartition('/')[2][:10]}"
        if name not in credible:
            passed.append(f"{which}, which is in the future")
            continue
        try:
            manifest = target.manifest(name)
        except DamagedBackupError:
            passed.append(which)
            continue
        yield manifest
