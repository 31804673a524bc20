"""What is copied into a backup: only what the store names, and nothing is read again that did not change."""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from itertools import product
from typing import Final, NamedTuple

from pydantic import ValidationError

from plugins.backups.backup import readable_manifests
from plugins.backups.target import Target
from plugins.store.store import Store, Tell
from plugins.store.window import KEPT as KEPT_IN_WINDOW
from schemas.backups import Backed, Manifest
from schemas.receipts import Import, Receipt, Sealed
from schemas.refusals import RefusedError

WINDOW: Final = "window"
RECEIPTS: Final = "receipts"
IMPORTS: Final = "state/imports/"
LONGEST_WINDOW: Final = timedelta(days=31)
# What nobody named here is in no backup: keys, exports (plain addresses), and hints that any run makes anew. A mark
# moves from `closing/` to `days/`, so it is looked for in this order.
KEPT: Final = (
    (RECEIPTS, ""),
    *(("state", prefix) for prefix in ("closing/", "days/", "imports/", "tokens/", "canaries/", "incidents/")),
    *(("state", name) for name in ("setting.json", "terms.json", "clock.json", "replay.json")),
    *((root, "") for root in ("visit_log", "statistics", "reports", "audit")),
)
TELL_EACH: Final = 100  # objects


class Named(NamedTuple):
    """What a receipt, or an unfinished import, says: how many lines count, and which objects young days have."""

    lines: int
    objects: tuple[Sealed, ...]


class Copies:
    """The copies of a store's objects in a target; `new` is how many blobs were written for them.

    `last` is the newest backup before.
    """

    def __init__(self, store: Store, target: Target, tell: Tell) -> None:
        self.store, self.target, self.tell = store, target, tell
        self.new = 0
        self._blobs = target.blobs()
        self.last = next(readable_manifests(target, store.clock(), passed=[]), None)
        self._before = _whole_window(self.last, self._blobs) if self.last else {}
        self._copied: dict[str, tuple[str, Backed]] = {}  # stamp and copy
        self._named: dict[str, Named] = {}
        self._failed: list[Sealed] = []
        self._days: set[date] = set()

    @property
    def lines(self) -> int:
        """How many lines the receipts name that were copied last."""
        return sum(named.lines for named in self._named.values())

    def copy(self) -> dict[str, Backed]:
        """Copy what changed since the last time; all that is there now, by `<root>/<name>`."""
        self._days = self.store.readable_days()
        self._failed = []
        found: dict[str, Backed] = {}
        for root, prefix in KEPT:
            found.update(self._copy_root(root, prefix))
        self._named = {name: one for name, one in self._named.items() if name in found}
        for copied in (self._copy_sealed(), self._copy_kept()):
            found.update(copied)
        return found

    def problems(self) -> list[str]:
        """The objects that receipts name and that are lost or damaged; a day that was closed meanwhile has none."""
        return [
            f"one of {sealed.day} ({sealed.kind}, {sealed.rows} rows) is lost or not what was written; bring back "
            f"{sealed.name}, or give the day up with: lethe close --give-up {sealed.day}"
            for sealed in self._failed
            if not self.store.marks.get(sealed.day)
        ]

    def _copy_root(self, root: str, prefix: str) -> Iterator[tuple[str, Backed]]:
        replaced = set(self.store.receipts.replaced()) if root == RECEIPTS else ()
        for name, stamp in list(self.store.place(root).stamps(prefix)):
            is_kept = name not in replaced and (name == prefix or not prefix or prefix.endswith("/"))
            if is_kept and (backed := self._copy_changed(root, name, stamp)):
                yield f"{root}/{name}", backed

    def _copy_changed(self, root: str, name: str, stamp: str) -> Backed | None:
        """None where it was removed meanwhile."""
        before = self._copied.get(f"{root}/{name}")
        if before and before[0] == stamp:
            return before[1]
        try:
            content = self.store.place(root).get(name)
        except FileNotFoundError:
            return None
        if f"{root}/{name}".startswith((f"{RECEIPTS}/", IMPORTS)):
            self._named[f"{root}/{name}"] = self._read_named(root, name, content)
        backed = self._put(content)
        self._copied[f"{root}/{name}"] = stamp, backed
        return backed

    def _read_named(self, root: str, name: str, content: bytes) -> Named:
        """The lines of an import count as soon as its receipts are there."""
        try:
            if root == RECEIPTS:
                receipts: tuple[Receipt, ...] = (Receipt.model_validate_json(content),)
                lines = receipts[0].counts.lines
            else:
                receipts, lines = Import.model_validate_json(content).receipts, 0
        except ValidationError:
            raise RefusedError(f"{self.store.place(root).where}/{name} is damaged; no backup was taken") from None
        oldest = self.store.calendar.today() - LONGEST_WINDOW
        return Named(lines, tuple(one for receipt in receipts for one in receipt.objects if one.day >= oldest))

    def _copy_sealed(self) -> Iterator[tuple[str, Backed]]:
        """The ciphertext that receipts name; what is in the last backup is not read again."""
        for named in self._named.values():
            for sealed in named.objects:
                if sealed.day in self._days and (backed := self._copy_one(sealed)):
                    yield f"{WINDOW}/{sealed.name}", backed

    def _copy_one(self, sealed: Sealed) -> Backed | None:
        name = f"{WINDOW}/{sealed.name}"
        if (before := self._before.get(name)) and before.digest == sealed.digest:
            return before
        try:
            content = self.store.window.place.get(sealed.name)
        except FileNotFoundError:
            content = b""
        if sha256(content).hexdigest() != sealed.digest:
            self._failed.append(sealed)
            return None
        self._before[name] = self._put(content)
        return self._before[name]

    def _copy_kept(self) -> Iterator[tuple[str, Backed]]:
        for day, kind in product(sorted(self._days), KEPT_IN_WINDOW):
            if not (name := self.store.window.kept_of(kind, day)):
                continue
            for _, stamp in list(self.store.window.place.stamps(name)):
                if backed := self._copy_changed(WINDOW, name, stamp):
                    yield f"{WINDOW}/{name}", backed

    def _put(self, content: bytes) -> Backed:
        backed = Backed(digest=sha256(content).hexdigest(), size=len(content))
        if backed.digest not in self._blobs:
            self.target.put_blob(content)
            self._blobs.add(backed.digest)
            self.new += 1
            if self.new % TELL_EACH == 0:
                self.tell(f"backing up: {self.new:,} new objects")
        return backed


def _whole_window(last: Manifest, blobs: set[str]) -> dict[str, Backed]:
    """What a backup has of the window, and has whole."""
    return {
        name: backed
        for name, backed in last.objects.items()
        if name.startswith(f"{WINDOW}/") and backed.digest in blobs
    }
