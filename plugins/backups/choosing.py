"""Which objects of a backup may exist again: decided from what is known of them, before anything is written.

What ended since the backup was taken stays ended: closed days, days that were written anew for an erasure, whatever is
past its [keep]. A day is brought back whole or not at all.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from plugins.store.window import KEPT
from schemas.receipts import Receipt, Sealed, generation_of, source_in

How = Literal["expired", "given up"]
MARKS: Final = ("state/days/", "state/closing/")


@dataclass(frozen=True)
class Facts:
    """What decides.

    `names`: the manifest's, with digests; `receipts`: those that can be read, of unfinished imports too; `ended`: names
    of what may not be kept any more; `past`: days past their deadline; `closed`: days closed since; `erased`: by day,
    the generation under which it was written after its last erasure; `erased_since`: days of which the backup does not
    know that; `renewed`: days that ever had more than one key; `keys`: `<day>.<generation>` of keys that open what they
    sealed;
    `knows_files`: whether the store's own key is the one of the receipts; `takes_trail`: whether the audit trail is
    brought back; `lost`: names whose bytes cannot be read.
    """

    names: Mapping[str, str]
    receipts: Sequence[Receipt]
    ended: frozenset[str]
    past: frozenset[date]
    closed: frozenset[date]
    erased: Mapping[date, int]
    erased_since: frozenset[date]
    renewed: frozenset[date]
    keys: frozenset[str]
    knows_files: bool
    today: date
    takes_trail: bool = True
    lost: frozenset[str] = frozenset()

    @property
    def marked(self) -> set[date]:
        """The days that had ended when the backup was taken; the name says so, whatever became of the bytes."""
        return {date.fromisoformat(name[-15:-5]) for name in self.names if name.startswith(MARKS)}


@dataclass(frozen=True)
class Choice:
    """The names of what comes back; the days that were open then and are not opened again, with the reason."""

    names: frozenset[str]
    given_up: Mapping[date, How]


def choose(facts: Facts) -> Choice:
    """Decide on every object of a backup; again with more `lost`, it never brings back more."""
    named = _objects_by_day(facts)
    opened = {sealed_day(name) for name in facts.names if name.startswith("window/")} | named.keys()
    opened -= facts.marked | facts.closed
    endangered = _endangered(facts, named)
    usable = {day for day in opened if _is_usable(facts, day, named.get(day, ()))} - endangered
    fresh = {facts.today} - _rewritten(facts) if not facts.knows_files else set()
    opened |= endangered
    given_up: dict[date, How] = {day: "expired" if day in facts.past else "given up" for day in opened - usable - fresh}
    without_visit_log = (facts.closed - facts.marked).union(given_up)
    names = {f"window/{sealed.name}" for day in usable for sealed in named.get(day, ())}
    names |= {name for day in usable | (fresh & opened) for name in _kept(facts, day)}
    names |= {name for name in facts.names if _is_allowed(facts, name, without_visit_log)}
    names |= set(trail(facts)) if facts.takes_trail else set()
    return Choice(frozenset(names.difference(facts.lost)), given_up)


def trail(facts: Facts) -> list[str]:
    """The audit trail's files up to the newest that can be read, as far back as none is missing in between."""
    files = sorted(name for name in facts.names if name.startswith("audit/"))
    while files and files[-1] in facts.lost:
        files.pop()
    gaps = [number for number, name in enumerate(files) if name in facts.lost or name in facts.ended]
    return files[gaps[-1] + 1 :] if gaps else files


def sealed_day(name: str) -> date:
    """The day of an object by its name `window/<day>/…`."""
    return date.fromisoformat(name.split("/")[1])


def _endangered(facts: Facts, named: Collection[date]) -> set[date]:
    """Days of erased people whom a log would bring back, since nothing says that their lines were read."""
    found = {day for day in facts.erased_since if day not in named}  # else the generation of its objects tells
    known = facts.renewed | facts.erased.keys()
    found |= {day for day in known if day not in named and not _is_erased_whole(facts, day)}
    if not facts.knows_files or _lost_sources(facts):
        found |= _rewritten(facts)
    return found - facts.marked - facts.closed - facts.past


def _is_erased_whole(facts: Facts, day: date) -> bool:
    """Whether it has no objects because all its lines were erased: then a receipt counts them, and they stay read."""
    return any(one.counts.erased and (one.last_day or day) >= day for one in facts.receipts)


def _lost_sources(facts: Facts) -> set[str]:
    """What receipts that cannot be read are called in names of objects."""
    lost = (name for name in facts.lost if name.startswith("receipts/"))
    return {name.removeprefix("receipts/").removesuffix(".json") for name in lost}


def _objects_by_day(facts: Facts) -> dict[date, list[Sealed]]:
    """What receipts name of the days that may still be open."""
    found: dict[date, list[Sealed]] = {}
    for receipt in facts.receipts:
        for sealed in receipt.objects:
            if sealed.day not in facts.past:
                found.setdefault(sealed.day, []).append(sealed)
    return found


def _is_usable(facts: Facts, day: date, objects: Collection[Sealed]) -> bool:
    """Whether all that receipts name of it is there, was not erased from since, and can be opened."""
    return (
        facts.knows_files
        and day not in facts.past
        and not _is_doubtful(facts, day)
        and all(
            facts.names.get(name := f"window/{sealed.name}") == sealed.digest
            and name not in facts.lost
            and _may_open(facts, sealed.name)
            for sealed in objects
        )
    )


def _is_doubtful(facts: Facts, day: date) -> bool:
    """Whether a receipt of it cannot be read, so that its lines are not known."""
    sources = _lost_sources(facts)
    objects = (name for name in facts.names if name.startswith(f"window/{day}/"))
    return any(source_in(name.removeprefix("window/")) in sources for name in objects)


def _rewritten(facts: Facts) -> set[date]:
    """The days from which somebody was erased, before or since."""
    sealed = (name for name in facts.names if name.startswith("window/"))
    return {sealed_day(name) for name in sealed if int(generation_of(name)) > 1}.union(facts.erased, facts.renewed)


def _may_open(facts: Facts, name: str) -> bool:
    """Whether an object `<day>/…` has the generation of the last erasure or a later one, and a key that opens it."""
    day, generation = date.fromisoformat(name.split("/", maxsplit=1)[0]), generation_of(name)
    return int(generation) >= facts.erased.get(day, 0) and f"{day}.{generation}" in facts.keys


def _kept(facts: Facts, day: date) -> Iterator[str]:
    """Decisions and incidents that counted; without them it is decided anew, so they hold up no day."""
    for kind in KEPT:
        found = [name for name in facts.names if name.startswith(f"window/{day}/{kind}/")]
        newest = max(found, key=lambda name: int(generation_of(name)), default="")
        if newest and _may_open(facts, newest.removeprefix("window/")):
            yield newest


def _is_allowed(facts: Facts, name: str, without_visit_log: frozenset[date]) -> bool:
    """Of all that is neither in the window nor the audit trail."""
    root = name.split("/", maxsplit=1)[0]
    if name in facts.ended or root in ("window", "audit"):
        return False
    if root == "receipts" or name.startswith("state/imports/"):
        return facts.knows_files
    if root == "visit_log":
        return name[-18:-8] not in map(str, without_visit_log)
    return root in ("state", "statistics", "reports")
