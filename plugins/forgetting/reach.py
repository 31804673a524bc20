"""Whether the places themselves can be read: decoys, which are of no day, are put there and have to be found."""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from plugins.forgetting.canaries import Canaries
from plugins.forgetting.scanner import Canary, Scanner
from plugins.forgetting.traces import Outside, folder_contents, opened_database, place_contents, table_contents
from plugins.store.door import TEMPORARY, Folder, Place
from plugins.store.store import Store
from schemas.refusals import RefusedError

PROOF: Final = "proof/"  # below a place in an object store; it is empty between two proofs


def unreached(scanner: Scanner, decoys: Canaries, store: Store, outside: Outside, scratch: Path) -> list[str]:
    """The kinds of places in which the decoys were not found."""
    content = "\n".join([*map(str, decoys.addresses), *decoys.words]).encode()
    wanted = {Canary(decoys.day, number) for number in decoys.numbers}
    missed = [] if _finds_in_folder(scanner, wanted, content, scratch / "decoys") else ["files in folders"]
    buckets = {place.where: place for place in store.places.values() if not isinstance(place, Folder)}
    missed += [where for where, place in buckets.items() if not _finds_in_bucket(scanner, wanted, content, place)]
    if outside.database and not _finds_in_database(scanner, wanted, content, outside.database):
        missed.append("Airflow's database")
    return missed


def _finds_in_folder(scanner: Scanner, wanted: set[Canary], content: bytes, folder: Path) -> bool:
    """In an object, in half of one, in a file that hides, and in a folder that is no place."""
    place = Folder(folder)
    names = ("an/object", f"an/{TEMPORARY}0-half", "an/.hidden")
    place.put(names[0], content)
    for name in names[1:]:
        (folder / name).write_bytes(content)
    as_place = {name for name, found in place_contents(place) if wanted <= scanner.scan(found)}
    as_folder = {name for name, found in folder_contents(folder, only_own=True) if wanted <= scanner.scan(found)}
    return as_place == set(names) and len(as_folder) == len(names)


def _finds_in_bucket(scanner: Scanner, wanted: set[Canary], content: bytes, place: Place) -> bool:
    """In an object; where there are versions, also in one that a later one and a delete marker hide."""
    name = f"{PROOF}{secrets.token_hex(8)}"
    try:
        place.put(name, content)
        is_found = _count(scanner, wanted, place, name) == 1
        place.put(name, b"later")
        versions = len(list(place.traces(name)))
        return is_found and _count(scanner, wanted, place, name) == versions - 1
    finally:
        _sweep(place)


def _count(scanner: Scanner, wanted: set[Canary], place: Place, name: str) -> int:
    return sum(wanted <= scanner.scan(found) for _, found in place_contents(place, name))


def _sweep(place: Place) -> None:
    """Also what a killed proof left."""
    for trace in sorted(place.traces(PROOF), key=lambda trace: trace.is_newest):
        with suppress(FileNotFoundError):
            place.erase(trace)


def _finds_in_database(scanner: Scanner, wanted: set[Canary], content: bytes, address: str) -> bool:
    """In a table that only this connection sees, and that goes with it."""
    found: set[Canary] = set()
    with suppress(RefusedError), opened_database(address) as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE lethe_proof (value TEXT)")
        for line in content.decode().split("\n"):
            connection.exec_driver_sql(f"INSERT INTO lethe_proof VALUES ('{line}')")  # noqa: S608 - our own decoys
        found = found.union(*(scanner.scan(text) for text in table_contents(connection, "lethe_proof")))
        connection.rollback()
    return wanted <= found
