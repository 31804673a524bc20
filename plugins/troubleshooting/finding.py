"""Finds the lines of the open days that fit: columns first, for all hits of the time, and whole rows of few."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from plugins.steps.days import receipts_of_days
from plugins.store.store import Store
from plugins.store.window import DamagedError
from plugins.troubleshooting.fitting import NO, OF_HITS, YES, Mask, fit_errors, fit_hits, instants
from plugins.troubleshooting.nearness import Nearness
from plugins.troubleshooting.pairing import Entry, Row, time_line
from plugins.troubleshooting.summing import Summary
from plugins.troubleshooting.wanted import Wanted
from schemas.forgetting import CANARY_LOG
from schemas.receipts import Receipt, Sealed
from schemas.window import ERRORS, HITS
from transforms.distinct import Codes

SHOWN: Final = 200  # entries of the time line, the newest
LOOKED_AT: Final = 2 * SHOWN  # lines, since two of them may become one entry
OF_ERRORS: Final = 20 * SHOWN  # lines, where most hits that are near an error entry belong to another one
BESIDE: Final = 8_000  # lines that may tell where others belong
NO_LINES: Final = np.empty((0, 3), np.int64)  # by instant, number of the object, and row in it
LATEST: Final = np.iinfo(np.int64).max
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
        errors = self._errors()
        is_own, nearness = np.asarray(errors["fits"]), Nearness(errors)
        hits, newest = 0, NO_LINES
        for lines, table, fits in self._hits():
            shown = fits & nearness.near(table) if self.wanted.is_of_errors else fits
            hits += int(shown.sum())
            self.summary.add_hits(table.filter(pa.array(shown)))
            newest = _newest(self.most, newest, lines[shown])
        entries = self._time_line(errors, nearness, newest)
        shown_errors = [error for entry in entries[-SHOWN:] for error in entry.errors]
        self._add_continuations(shown_errors)
        own, beside = errors.filter(pa.array(is_own)), [error for error in shown_errors if not error["fits"]]
        self.summary.add_errors(own)
        self.summary.add_errors(pa.Table.from_pylist(beside, ERRORS))
        has_older = len(entries) > SHOWN or hits + len(own) > self.most
        return Found(entries[-SHOWN:], hits, len(own) + len(beside), bool((~is_own).any()), has_older, self.summary)

    def _time_line(self, errors: pa.Table, nearness: Nearness, newest: Codes) -> list[Entry]:
        """Of the newest lines. An entry is shown beside the hit it belongs to: by itself, or where that fits."""
        moments, is_own = instants(errors["logged_at"]), np.asarray(errors["fits"])
        since = np.sort(np.concatenate([newest[:, 0], moments[is_own]]))[-self.most :].min(initial=LATEST)
        hits = self._rows(newest[newest[:, 0] >= since])
        chosen = np.flatnonzero((is_own & (moments >= since)) | (~is_own & nearness.errors_near(hits)))[-BESIDE:]
        errors = errors.take(pa.array(chosen))
        others = self._strangers(errors)
        if len(others) == BESIDE:  # an entry that is older than all of them could belong to any that is left out
            known = pc.greater(errors["logged_at"], pc.min(others["requested_at"]))
            errors = errors.filter(pc.or_(errors["fits"], known))
        rows = [row | {"fits": fits} for table, fits in ((hits, True), (others, False)) for row in table.to_pylist()]
        return [entry for entry in time_line(rows, errors.to_pylist()) if self._is_shown(entry)]

    def _strangers(self, errors: pa.Table) -> pa.Table:
        """Hits that do not fit and may be those that the entries belong to."""
        nearness, strangers = Nearness(errors), NO_LINES
        for lines, table, fits in self._hits() if len(errors) else ():
            strangers = _newest(BESIDE, strangers, lines[nearness.near(table) & ~fits])
        return self._rows(strangers)

    def _hits(self) -> Iterator[tuple[Codes, pa.Table, Mask]]:
        """Of each object where the hits of the time are, what is read of all of them, and whether they fit."""
        for number, (day, sealed) in enumerate(self._sealed("hits")):
            rows, table = self._of_time(self._open(day, sealed, OF_HITS), "requested_at")
            lines = np.column_stack([instants(table["requested_at"]), np.full(len(rows), number), rows])
            yield lines, table, fit_hits(table, self.wanted, self.store.policy.site.name)

    def _is_shown(self, entry: Entry) -> bool:
        if entry.hit and entry.hit["fits"]:
            return bool(entry.errors) or not self.wanted.is_of_errors
        return any(error["fits"] for error in entry.errors)

    def _errors(self) -> pa.Table:
        """Entries of the time in its order, those that do not fit left out; `fits` is false where a hit has to tell."""
        tables = [ERRORS.empty_table()]
        for day, sealed in self._sealed("errors"):
            tables.append(self._of_time(self._open(day, sealed), "logged_at")[1])
        errors = pa.concat_tables(tables).unify_dictionaries().combine_chunks().sort_by("logged_at")
        fits = fit_errors(errors, self.wanted)
        return errors.append_column("fits", pa.array(fits == YES)).filter(pa.array(fits != NO))

    def _of_time(self, table: pa.Table, column: str) -> tuple[Codes, pa.Table]:
        """The rows of the time that is looked at, and where they are."""
        begin, end = pc.greater_equal(table[column], self.wanted.begin), pc.less(table[column], self.wanted.end)
        rows = np.flatnonzero(pc.and_(begin, end))
        return rows, table if len(rows) == len(table) else table.take(pa.array(rows))

    def _rows(self, lines: Codes) -> pa.Table:
        """Whole hits, of the objects that hold any of them."""
        found = [HITS.empty_table()]
        for number, (day, sealed) in enumerate(self._sealed("hits")):
            places = lines[lines[:, 1] == number, 2]
            if len(places):
                found.append(self._open(day, sealed).take(pa.array(places)))
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

    def _open(self, day: date, sealed: Sealed, columns: Sequence[str] | None = None) -> pa.Table:
        """A reader holds no lock, so a key that one side lacks stays so."""
        return self.store.window.get(sealed, self.store.keys.look(day, sealed.generation), columns)


def _shards(store: Store, wanted: Wanted) -> Iterator[tuple[date, Receipt]]:
    """Of the days of the time; not those whose newest line, known to the hour, is older."""
    zone = store.calendar.zone
    first, last = (moment.astimezone(zone).date() for moment in (wanted.begin, wanted.end - timedelta.resolution))
    days = (day for day in sorted(store.readable_days()) if first <= day <= last)
    for day, receipts in receipts_of_days(store, days, store.file_days(from_memory=True)).items():
        for receipt in receipts:
            is_late = receipt.newest is None or receipt.newest + AN_HOUR > wanted.begin
            if is_late and wanted.log in ("", receipt.log):
                yield day, receipt


def _newest(most: int, lines: Codes, others: Codes) -> Codes:
    both = np.concatenate([lines, others])
    return both[np.argsort(both[:, 0], kind="stable")[-most:]]
