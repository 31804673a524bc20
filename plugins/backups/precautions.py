"""Before anything of a store is removed: what it still holds, and whether a backup can bring it back."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from plugins.access.tokens import FOLDER
from plugins.backups.backup import Backup, readable_manifests
from plugins.backups.planning import Plan, plan_restore
from plugins.backups.target import Target
from plugins.store.store import Store, Tell
from schemas.backups import Manifest
from schemas.refusals import RefusedError

LIVING: Final = {
    "receipts": ("receipts", ""),
    "objects of the window": ("window", ""),
    "tables of statistics": ("statistics", ""),
    "tables of the visit log": ("visit_log", ""),
    "tokens": ("state", FOLDER),
}
DUE: Final = ("statistics/", "receipts/", "state/", "audit/")  # of these nothing may be missing
FEW: Final = 5  # others, whose days are given up or which are told


def living(store: Store) -> dict[str, int]:
    """What is there and may be newer than any backup: how many of each kind."""
    found = {kind: sum(1 for _ in store.place(root).names(prefix)) for kind, (root, prefix) in LIVING.items()}
    return {kind: count for kind, count in found.items() if count}


def refuse_living(found: Mapping[str, int]) -> None:
    if found:
        raise RefusedError(
            f"the store still holds {_listed(found)}, so it is not gone; if they are to be removed for good, say so "
            "with --replace. Nothing was done"
        )


def plan_whole(store: Store, takes_trail: bool, reads_all: bool, tell: Tell) -> Plan:
    """The plan of the newest backup that is whole; with `reads_all` that is each blob's digest, else that it is there.

    RefusedError where none is, and where `plan_restore` refuses.
    """
    target, passed = Target(store.place("backups")), list[str]()
    there, first = target.blobs(), dict[str, int]()
    for manifest in readable_manifests(target, store.clock(), passed):
        lacking = _unlisted(manifest, _due(manifest.objects, takes_trail), there)
        if not lacking:
            plan = plan_restore(store, takes_trail, Backup(target, manifest))
            lacking = _lacking(plan, takes_trail, there, reads_all)
            if len(lacking) <= FEW and not _due(lacking, takes_trail):
                return replace(plan, passed=passed)
        counts = Counter(name.split("/")[0] for name in lacking)
        first = first or dict(counts)
        which = f"backup of {store.calendar.words(manifest.taken_at)}, which lacks {counts.total()} objects"
        tell(f"passing over the {which}")
        passed.append(which)
    if not first:
        return plan_restore(store, takes_trail)  # which says why there is none
    raise RefusedError(
        f"the newest backup lacks {sum(first.values())} objects ({_listed(first)}), and no older one is whole; nothing "
        "was done. Put the place of backups in order, or bring back what is left with --accept-damage"
    )


def _lacking(plan: Plan, takes_trail: bool, there: Collection[str], reads_all: bool) -> set[str]:
    """What should come back and cannot; of what decides, what cannot be read is not chosen any more."""
    lacking = _unlisted(plan.backup.manifest, plan.choice.names, there)
    if reads_all:
        lacking |= _due(plan.backup.lost - plan.facts.ended, takes_trail)
        lacking |= {name for name in plan.choice.names - lacking if not plan.backup.is_readable(name)}
    return lacking


def _unlisted(manifest: Manifest, names: Collection[str], there: Collection[str]) -> set[str]:
    return {name for name in names if manifest.objects[name].digest not in there}


def _due(names: Collection[str], takes_trail: bool) -> set[str]:
    return {name for name in names if name.startswith(DUE) and (takes_trail or not name.startswith("audit/"))}


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
