"""What is known before a restore: the newest backup, what ended since, and which keys still open what they sealed."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from plugins.access.tokens import FOLDER, all_tokens
from plugins.backups.backup import Backup, newest_backup
from plugins.backups.choosing import Choice, Facts, choose, sealed_day, trail
from plugins.backups.target import Target
from plugins.steps.expiring import ended
from plugins.store.audit import Lost
from plugins.store.records import read_record
from plugins.store.store import Setting, Store
from plugins.store.window import KEPT, unseal
from schemas.receipts import Mark, Sealed, generation_of
from schemas.refusals import RefusedError

WINDOW: Final = "window/"


@dataclass(frozen=True)
class Plan:
    """What will be brought back of `backup`, and what is told of the rest.

    `closings`: days closed since, by their records; `lost`: entries of the audit trail that nothing brings back;
    `view`: the backup as a store, with its own clock and calendar; `passed`: manifests that cannot be read.
    """

    backup: Backup
    view: Store
    facts: Facts
    choice: Choice
    closings: dict[date, Mark]
    lost: Lost
    passed: list[str]

    def without(self, damaged: set[str]) -> "Plan":
        """Decided again, when these objects turned out to be damaged."""
        facts = replace(self.facts, lost=self.facts.lost | damaged)
        return replace(self, facts=facts, choice=choose(facts))


def plan_restore(store: Store, takes_trail: bool = True, backup: Backup | None = None) -> Plan:
    """Read all that decides, and decide; nothing is written. Without a `backup` it is the newest.

    RefusedError without a backup, with a key that has to be mended first, and (TamperedError) where the audit trail of
    the backup is not the one of the roots.
    """
    target, passed = Target(store.place("backups")), list[str]()
    if backup is None:
        backup, passed = newest_backup(target, store.clock())
    if "state/replay.json" in backup.lost:
        raise RefusedError("the clock of this replay is damaged in its backup; begin the replay anew")
    view = backup.as_store(store, backup.objects.keys() - backup.lost)
    closings = target.closings()
    facts = _facts(store, view, backup, closings, takes_trail)
    has_roots = any(store.place("backups").names("audit/"))
    lost = backup.as_store(store, trail(facts)).audit.look_for_lost() if takes_trail else Lost()
    facts = replace(facts, takes_trail=takes_trail and has_roots)
    return Plan(backup, view, facts, choose(facts), closings, lost, passed)


def _facts(store: Store, view: Store, backup: Backup, closings: dict[date, Mark], takes_trail: bool) -> Facts:
    receipts = [receipt for shard in view.receipts.shards() if (receipt := view.receipts.get(shard))]
    for name in view.imports.names():
        if decided := view.imports.get(name):
            receipts += decided.receipts
    days = {sealed.day for receipt in receipts for sealed in receipt.objects}
    days |= {sealed_day(name) for name in backup.objects if name.startswith(WINDOW)}
    past = frozenset(day for day in days if view.calendar.is_past(day))
    erased, known = backup.target.erased_generations(), backup.manifest.erased
    return Facts(
        names={name: backed.digest for name, backed in backup.objects.items()},
        receipts=receipts,
        ended=frozenset(_ended(view) | _removed_tokens(view, backup.target)),
        past=past,
        closed=frozenset(day for day in closings if not view.calendar.has_ended("statistics", day)),
        erased=erased,
        erased_since=frozenset(day for day, generation in erased.items() if generation > known.get(day, 0)),
        renewed=frozenset(day for day in store.keys.days() if store.keys.generations(day)[-1] != "1"),
        keys=frozenset(_opening_keys(view, backup, past)),
        knows_files=_knows_files(store, view),
        today=view.calendar.today(),
        takes_trail=takes_trail,
        lost=frozenset(backup.lost),
    )


def _ended(view: Store) -> set[str]:
    """What is past its [keep], as whoever expires a store finds it."""
    roots = {id(view.place(root)): root for root in ("statistics", "visit_log", "receipts", "reports")}
    found = {f"{roots[id(place)]}/{name}" for place, name in ended(view)}
    marks = (day for day in view.marks.days("closed") if view.calendar.has_ended("statistics", day))
    found |= {f"state/days/{day}.json" for day in marks}
    trails = [name for name in view.place("audit").names() if name.endswith(".jsonl")][:-1]
    return found | {
        f"audit/{name}" for name in trails if view.calendar.has_ended("audit", date.fromisoformat(name[:10]))
    }


def _removed_tokens(view: Store, target: Target) -> set[str]:
    """What somebody took back must not open anything again."""
    removed = target.removals()
    dead = [one.name for one in all_tokens(view) if one.name in removed and one.added_at <= removed[one.name]]
    return {f"state/{FOLDER}{name}.json" for name in dead}


def _knows_files(store: Store, view: Store) -> bool:
    """Whether receipts are of use: without the store's key no file is known again, and every line would count twice.

    With receipts and no setting nobody knows whose key they are of.
    """
    setting = read_record(view.place("state"), "setting.json", Setting)
    if setting is None and any(view.receipts.place.names()):
        return False
    before, now = setting.store_key if setting else "", store.keys.store_key_hash()
    return now != "" and before in ("", now)


def _opening_keys(view: Store, backup: Backup, past: frozenset[date]) -> set[str]:
    """The keys that open the smallest object of their day and generation; bans are in the last ones to be asked."""
    sealed = [name for name in backup.objects if name.startswith(WINDOW) and sealed_day(name) not in past]
    sealed.sort(key=lambda name: (name.split("/")[2] not in KEPT, -backup.objects[name].size))
    smallest = {f"{sealed_day(name)}.{generation_of(name)}": name.removeprefix(WINDOW) for name in sealed}
    return {key for key, name in smallest.items() if _opens(view, name)}


def _opens(view: Store, name: str) -> bool:
    """RefusedError for a key that is there and cannot be used: somebody has to mend it before its day is given up."""
    one = Sealed(name=name, digest="", rows=0)
    if view.marks.get(one.day) or one.generation not in view.keys.generations(one.day):
        return False
    secret = view.keys.look(one.day, one.generation).secret
    try:
        unseal(view.window.place.get(name), secret, one)
    except RefusedError:
        return False
    return True
