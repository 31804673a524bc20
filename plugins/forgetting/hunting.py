"""The hunt: every place where a line may have left something is searched, and what was found where is noted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Final

from plugins.forgetting.canaries import NO_DAY, first_planted
from plugins.forgetting.scanner import Canary, Scanner
from plugins.forgetting.traces import Outside, database_contents, folder_contents, place_contents
from plugins.forgetting.unpacking import Content
from plugins.store.door import PRIVATE
from plugins.store.store import RIGHTS, Store, Tell, open_place
from schemas.forgetting import Searched
from schemas.refusals import RefusedError

STORE: Final = "store"
OPENED: Final = "window"  # with its key
SCRATCH: Final = "scratch statistics"
WITH_A_KEY: Final = "backups, with a key"
AIRFLOW: Final = ("airflow database", "airflow logs")
TEMPORARY: Final = "temporary"
ELSEWHERE: Final = ("keys", "key_mirror", "backups")  # places that do not lie below the store


@dataclass
class Hunt:
    """What was found so far, by kind of place, and how much was searched there."""

    scanner: Scanner
    found: dict[str, set[Canary]] = field(default_factory=lambda: defaultdict(set))
    objects: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    bytes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def look_at(self, place: str, contents: Iterable[Content]) -> None:
        self.objects[place] += 0
        self.found[place] |= {one for one in self.scanner.scan_all(self._counted(place, contents)) if one.day != NO_DAY}

    def _counted(self, place: str, contents: Iterable[Content]) -> Iterator[Content]:
        for content in contents:
            self.objects[place] += 1
            self.bytes[place] += len(content)
            yield content

    def places_of(self, day: date) -> list[str]:
        """Where canaries of a day were found."""
        return sorted(place for place, found in self.found.items() if any(one.day == day for one in found))

    def count(self, *places: str) -> int:
        """How many canaries were found in some kinds of places."""
        return len(set().union(*(self.found.get(place, set()) for place in places)))

    def searched(self, is_proven: bool) -> tuple[Searched, ...]:
        return tuple(
            Searched(place=place, objects=number, bytes=self.bytes[place], is_proven=is_proven)
            for place, number in self.objects.items()
        )


def hunt_everywhere(hunt: Hunt, store: Store, outside: Outside, tell: Tell) -> list[str]:
    """Search all of the store, keys, backups, and what is outside of them, with no key; what could not be searched."""
    problems: list[str] = []
    for kind, contents in _places(store, outside):
        tell(f"searching {kind}")
        try:
            hunt.look_at(kind, ())  # also an empty place is searched
            for part, of_part in groupby(contents, key=lambda one: _kind_of(one[0]) if kind == STORE else kind):
                hunt.look_at(part, (content for _, content in of_part))
        except RefusedError as error:
            problems.append(f"{kind}: not everything could be searched: {error}")
        except OSError as error:
            problems.append(f"{kind}: not everything could be searched: {error.filename}: {error.strerror}")
    return problems


def _places(store: Store, outside: Outside) -> Iterator[tuple[str, Iterator[tuple[str, Content]]]]:
    yield STORE, place_contents(open_place(store.policy.places.store, store.base, PRIVATE))
    yield from ((kind, place_contents(store.place(kind))) for kind in ELSEWHERE)
    if outside.database:
        yield AIRFLOW[0], (("", content) for content in database_contents(outside.database))
    if outside.logs:
        yield AIRFLOW[1], folder_contents(outside.logs)
    since = first_planted(store.place("state"))
    for folder in outside.temporary:
        yield TEMPORARY, folder_contents(folder, only_own=True, since=since.timestamp())


def _kind_of(name: str) -> str:
    """What lies beside the roots of a store counts as the store's."""
    root = name.split("/", maxsplit=1)[0]
    return raw(root) if root in RIGHTS else STORE


def raw(root: str) -> str:
    """What lies in the window is found there without a key, which is another thing than with one."""
    return f"{root}, without a key" if root == OPENED else root
