"""Finds the lines of the open days that fit: columns first, for all hits of the time, and whole rows of few."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from plugins.steps.days import day_receipts
from plugins.store.store import Store
from plugins.store.window import DamagedError
from plugins.troubleshooting.fitting import (
    NO,
    YES,
    Mask,
    columns_for_hits,
    fit_errors,
    fit_hits,
    instants,
    is_within,
)
from plugins.troubleshooting.nearness import Nearness
from plugins.troubleshooting.newest import Newest, instant_since
from plugins.troubleshooting.pairing import Entry, Row, time_line
from plugins.troubleshooting.summing import Summary
from plugins.troubleshooting.wanted import Wanted
from schemas.forgetting import CANARY_LOG
from schemas.receipts import Receipt, Sealed
from schemas.window import ERRORS, HITS

SHOWN: Final = 200  # entries of the time line, the newest
LOOKED_AT: Final = 2 * SHOWN  # lines, since two of them may become one entry
OF_ERRORS: Final = 20 * SHOWN  # lines, where most hits that are near an error entry belong to another one
MOST_BESIDE: Final = 20_000  # error entries that are tried beside these
A_MINUTE: Final = 60_000_000  # microseconds
AN_HOUR: Final = timedelta(hours=1)
FURTHER_LINES: Final = 100  # of one error entry


@dataclass(frozen=True)
class Found:
    """The newest entries in order of time, how many lines fit, and whether older ones are left out.

    Where error entries do not say what is asked for, those that `stand_beside` the hits shown are counted, and no more.
    """

    entries: list[Entry]
    hits: int
    errors: int
    stand_beside: bool
    has_older: bool
    summary: Summary


def reach(store: Store) -> tuple[date, date] | None:
    """The first and the last day whose lines can be read."""
    days = sorted(store.readable_days())
    return (days[0], days[-1]) if days else None


def newest_hour(store: Store) -> datetime:
    """When the hour of the newest line ends, or now where that comes first."""
    hours = [one.newest + AN_HOUR for one in store.receipts.newest() if one.newest and one.log != CANARY_LOG]
    return min(max(hours, default=store.clock()), store.clock())


def find_lines(store: Store, wanted: Wanted) -> Found:
    """The lines that fit; looked for once more where a shard was merged into another one meanwhile."""
    try:
        return Search(store, wanted).run()
    except DamagedError:
        return Search(store, wanted).run()


class Search:
    """One look through the days of a time."""

    def __init__(self, store: Store, wanted: Wanted) -> None:
        self.store, self.wanted = store, wanted
        self.shards = list(_shards(store, wanted))
        self.summary = Summary(wanted)
        self.most = OF_ERRORS if wanted.is_of_errors else LOOKED_AT

    def run(self) -> Found:
        errors, fits = self._errors()
        is_own = fits == YES
        nearness = Nearness(errors)
        hits, newest = 0, Newest(self.most)
        for number, (day, sealed) in enumerate(self._sealed("hits")):
            rows, table = self._fitting_hits(day, sealed)
            if self.wanted.is_of_errors:
                near = nearness.near(table)
                rows, table = rows[near], table.filter(pa.array(near))
            hits += len(table)
            self.summary.add_hits(table)
            newest.add(number, rows, instants(table["requested_at"]))
        entries = self._time_line(newest, errors, is_own)
        shown = entries[-SHOWN:]
        self._add_continuations([error for entry in shown for error in entry.errors])
        own = errors.filter(pa.array(is_own))
        beside = [error["place"] for entry in shown for error in entry.errors if not is_own[error["place"]]]
        self.summary.add_errors(own)
        self.summary.add_errors(errors.take(pa.array(beside, pa.int64())))
        has_older = len(entries) > SHOWN or hits + len(own) > self.most
        return Found(shown, hits, len(own) + len(beside), bool((~is_own).any()), has_older, self.summary)

    def _time_line(self, newest: Newest, errors: pa.Table, is_own: Mask) -> list[Entry]:
        """Of the newest lines; an entry that only a hit could let in is shown beside it, or not at all."""
        moments = instants(errors["logged_at"])
        since = instant_since(np.concatenate([newest.moments, moments[is_own]]), self.most)
        hits = self._rows(newest, since)
        nearness = Nearness(errors)
        nearness.near(hits)
        places = np.flatnonzero((is_own & (moments >= since)) | (~is_own & nearness.errors_near()))[-MOST_BESIDE:]
        chosen = errors.take(pa.array(places))
        rows = chosen.to_pylist()
        for place, row in zip(places, rows, strict=True):
            row["place"] = int(place)
        others = self._others(chosen, since)
        entries = time_line([*hits.to_pylist(), *others], rows)
        strange = {id(hit) for hit in others}
        return [entry for entry in entries if self._is_shown(entry, is_own, id(entry.hit) in strange)]

    def _is_shown(self, entry: Entry, is_own: Mask, is_strange: bool) -> bool:
        if entry.hit and not is_strange:
            return bool(entry.errors) or not self.wanted.is_of_errors
        return any(is_own[error["place"]] for error in entry.errors)

    def _others(self, errors: pa.Table, since: int) -> list[Row]:
        """Hits that do not fit: an entry may belong to one of them, and then to none that fits."""
        found, nearness = [HITS.empty_table()], Nearness(errors)
        for day, sealed in self._sealed("hits") if self.wanted.asks_about_hits and len(errors) else ():
            table = self._open(day, sealed)
            moments = instants(table["requested_at"])
            table = table.filter(
                pa.array((moments >= max(since, A_MINUTE) - A_MINUTE) & is_within(table["requested_at"], self.wanted))
            )
            table = table.filter(pa.array(~fit_hits(table, self.wanted, self.store.policy.site.name)))
            found.append(table.filter(pa.array(nearness.near(table))))
        newest = pa.concat_tables(found).unify_dictionaries().sort_by([("requested_at", "descending")])
        rows: list[Row] = newest.slice(0, MOST_BESIDE).to_pylist()
        return rows

    def _errors(self) -> tuple[pa.Table, NDArray[np.int8]]:
        """Entries of the time that fit or may fit, in order of time, and which is which."""
        tables = [ERRORS.empty_table()]
        for day, sealed in self._sealed("errors"):
            table = self._open(day, sealed)
            tables.append(table.filter(pa.array(is_within(table["logged_at"], self.wanted))))
        errors = pa.concat_tables(tables).unify_dictionaries().combine_chunks().sort_by("logged_at")
        fits = fit_errors(errors, self.wanted)
        return errors.filter(pa.array(fits != NO)), fits[fits != NO]

    def _fitting_hits(self, day: date, sealed: Sealed) -> tuple[NDArray[np.int64], pa.Table]:
        """Their places in the object, and some of their columns."""
        table = self._open(day, sealed, columns_for_hits(self.wanted))
        rows = np.flatnonzero(is_within(table["requested_at"], self.wanted))
        if len(rows) < len(table):
            table = table.take(pa.array(rows))
        fits = fit_hits(table, self.wanted, self.store.policy.site.name)
        return (rows, table) if fits.all() else (rows[fits], table.filter(pa.array(fits)))

    def _rows(self, newest: Newest, since: int) -> pa.Table:
        """Whole hits, of the objects that hold any of them."""
        found = [HITS.empty_table()]
        for number, (day, sealed) in enumerate(self._sealed("hits")):
            rows = newest.rows[(newest.numbers == number) & (newest.moments >= since)]
            if len(rows):
                found.append(self._open(day, sealed).take(pa.array(np.sort(rows))))
        return pa.concat_tables(found).unify_dictionaries()

    def _add_continuations(self, errors: Sequence[Row]) -> None:
        """The further lines of entries, such as a stack trace, as `further`; the last may be in the next shard."""
        of_entry: dict[tuple[str, int], Row] = {(error["file"], error["line_number"]): error for error in errors}
        files = {file for file, _ in of_entry}
        for error in errors:
            error["further"] = []
        for day, sealed in self._sealed("continuations", files):
            table = self._open(day, sealed, ["file", "line_number", "continues", "text"])
            wanted = pa.array([line for _, line in of_entry])
            lines = table.filter(pc.is_in(table["continues"], wanted)).sort_by("line_number")
            for line in lines.to_pylist():
                entry = of_entry.get((line["file"], line["continues"]))
                if entry is not None and len(entry["further"]) < FURTHER_LINES:
                    entry["further"].append(line["text"] or "")

    def _sealed(self, kind: str, files: set[str] | None = None) -> Iterator[tuple[date, Sealed]]:
        for day, receipt in self.shards:
            if files is None or receipt.file in files:
                yield from ((day, one) for one in receipt.of_day(day) if one.kind == kind)

    def _open(self, day: date, sealed: Sealed, columns: list[str] | None = None) -> pa.Table:
        """A reader holds no lock, so a key that one side lacks stays so."""
        return self.store.window.get(sealed, self.store.keys.look(day, sealed.generation), columns)


def _shards(store: Store, wanted: Wanted) -> Iterator[tuple[date, Receipt]]:
    """Of the days of the time; not those whose newest line, known to the hour, is older."""
    zone = store.calendar.zone
    first, last = (moment.astimezone(zone).date() for moment in (wanted.begin, wanted.end - timedelta.resolution))
    for day in sorted(store.readable_days()):
        if first <= day <= last:
            for receipt in day_receipts(store, day):
                is_late = receipt.newest is None or receipt.newest + AN_HOUR > wanted.begin
                if is_late and wanted.log in ("", receipt.log):
                    yield day, receipt
