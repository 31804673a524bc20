"""A day's data out of the window, and its tables into the store."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from itertools import groupby
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from plugins.databases import open_databases
from plugins.keys.day_keys import DayKey
from plugins.publishing import as_parquet
from plugins.steps.checked import check_day
from plugins.store.door import Place
from plugins.store.file_days import FileDays
from plugins.store.parquet import read_parquet
from plugins.store.store import Store
from plugins.store.window import KINDS, Window
from schemas.forgetting import CANARY_LOG
from schemas.policy import policy_version
from schemas.receipts import Receipt, Sealed
from schemas.scenario import Scenario
from schemas.window import ERRORS, LATE
from transforms.detection.load import scenarios_version
from transforms.statistics.blocks import Blocks, join_all
from transforms.statistics.coded import Context
from transforms.statistics.compute import compute_final_day
from transforms.statistics.day import Day

LINES: Final = ("hits", "errors", "continuations", "quarantine")  # the kinds whose rows are lines of the day


def day_receipts(store: Store, day: date, file_days: FileDays | None = None) -> list[Receipt]:
    """The receipts of all shards that hold lines of the day, file by file; those of canaries count nowhere."""
    return receipts_of_days(store, [day], file_days)[day]


def receipts_of_days(
    store: Store, days: Iterable[date], file_days: FileDays | None = None
) -> dict[date, list[Receipt]]:
    """As `day_receipts` of each of the days; what a file's receipts say is read once for all of them."""
    found: dict[date, list[Receipt]] = {day: [] for day in days}
    files = (file_days or store.file_days()).of(found)
    for receipt in store.receipts.of_files({(log, file) for log, file in files if log != CANARY_LOG}):
        for day in found.keys() & {sealed.day for sealed in receipt.objects}:
            found[day].append(receipt)
    return found


def every_receipt(store: Store, day: date) -> list[Receipt]:
    """The receipts of all that is sealed of the day, those of canaries too.

    A file's objects may all be lost, so it is not the window that says which files they are.
    """
    return [receipt for receipt in store.receipts.of_files(store.file_days().of([day])) if receipt.of_day(day)]


def count_lines(receipts: Iterable[Receipt], day: date) -> int:
    """How many lines of the day are receipted."""
    return sum(sealed.rows for receipt in receipts for sealed in receipt.of_day(day) if sealed.kind in LINES)


def load_open_day(store: Store, day: date, receipts: Sequence[Receipt]) -> Day:
    """As `load_day`, with the keys of the store, which refuse a day that may not be opened any more."""
    return load_day(store.window, day, receipts, lambda generation: store.keys.get(day, generation))


def look_at_day(store: Store, day: date) -> Day:
    """As `load_day`, for a reader: it holds no lock, so a key that one side lacks stays so."""
    receipts = day_receipts(store, day, store.file_days(from_memory=True))
    return load_day(store.window, day, receipts, partial(store.keys.look, day))


def load_day(window: Window, day: date, receipts: Sequence[Receipt], key_of: Callable[[str], DayKey]) -> Day:
    """All lines of a day, as its receipts name them; `key_of` gives the key of a generation.

    Hits and events are opened when they are looked at, object by object. Files follow each other by log and by their
    first instant of the day, so that neither the order of reading them nor how a log was cut into files changes
    anything, also where two servers answer in one second.
    """
    files = []
    for _, shards in groupby(receipts, key=lambda receipt: (receipt.log, receipt.file)):
        sealed = [one for receipt in shards for one in receipt.of_day(day)]
        opens = [(one, partial(window.get, one, key_of(one.generation))) for one in sealed]
        files.append({kind: _blocks(kind, [one for one in opens if one[0].kind == kind]) for kind in KINDS})
    if len(files) > 1:
        files.sort(key=_place_of)
    whole = {kind: join_all(_blocks(kind, []), *(file[kind] for file in files)) for kind in KINDS}
    return Day(
        day=day,
        hits=whole["hits"],
        errors=whole["errors"].select(ERRORS.names),
        continuations=len(whole["continuations"]["line_number"]),
        quarantined=len(whole["quarantine"]["line_number"]),
        late=whole["late"].select(LATE.names),
        events=whole["events"],
    )


def _blocks(kind: str, opens: Sequence[tuple[Sealed, Callable[[Sequence[str]], pa.Table]]]) -> Blocks:
    return Blocks([read for _, read in opens], sum(one.rows for one, _ in opens), KINDS[kind])


def version_of(
    day: date, receipts: Iterable[Receipt], store: Store, scenarios: Sequence[Scenario], kinds: Collection[str] = KINDS
) -> str:
    """Changes with everything that the day's tables are computed from; a merge of shards changes nothing.

    Rows are only ever added to a file, become others when they are read once more, or go by an erasure, under a new
    key: so their numbers say whether they are the same.
    """
    rows: Counter[str] = Counter()
    for receipt in receipts:
        for sealed in receipt.of_day(day):
            if sealed.kind in kinds:
                rows[f"{receipt.log}/{receipt.file} {sealed.kind} {sealed.generation}"] += sealed.rows
    parts = [json.dumps(rows, sort_keys=True), policy_version(store.policy), scenarios_version(scenarios)]
    return sha256(" ".join(parts).encode()).hexdigest()


def publish_final(store: Store, data: Day, scenarios: Sequence[Scenario], with_visit_log: bool = True) -> None:
    """The last tables of a day, checked, and what it leaves in the visit log."""
    with open_databases(store.policy) as databases:
        tables, visit_log = compute_final_day(data, scenarios, Context(store.policy, *databases))
    check_day(store, data.day, tables)
    if with_visit_log:
        publish_day(store.place("visit_log"), data.day, visit_log)
    publish_day(store.place("statistics"), data.day, tables)


def publish_day(place: Place, day: date, tables: Mapping[str, pa.Table]) -> None:
    """One Parquet file a table, `<table>/<day>.parquet`, each old or new."""
    for name, table in tables.items():
        place.put(f"{name}/{day}.parquet", as_parquet(table))


def published_day(place: Place, day: date) -> pa.Table | None:
    """The row of `days` that was published last."""
    try:
        return read_parquet(place.get(f"days/{day}.parquet"))
    except FileNotFoundError:
        return None


def _place_of(file: Mapping[str, Blocks]) -> tuple[str, int, str]:
    """By log, instant and request: the ids of files are random, and the order has to be the same every time."""
    rows, column = (file["hits"], "requested_at") if len(file["hits"]) else (file["errors"], "logged_at")
    if not len(rows):
        return "", 0, ""
    first = next(rows.read(("log", "request_line"), at_once=1))
    return str(first["log"][0]), pc.min(rows[column]).value, str(first["request_line"][0])
