"""Which files hold lines that would be read otherwise by now, and in which layouts."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from plugins.logs.reading import log_reading, secret_keys_of
from plugins.store.store import Store
from schemas.policy_model import Log
from schemas.receipts import Receipt
from schemas.refusals import FormatError
from transforms.parsing.digests import format_digest
from transforms.parsing.formats import SAMPLE_LINES, detect_layouts
from transforms.parsing.layout import Layout
from transforms.parsing.naming import error_layouts, named_layout


class Due(NamedTuple):
    """A file of a log with all its receipts, and the layouts in which its lines are read now."""

    log: Log
    receipts: list[Receipt]
    layouts: tuple[Layout, ...]


def due_files(store: Store, log: Log, again: bool) -> Iterator[Due]:
    """The files of a log that have shards to read anew; all where it is done `again`."""
    open_days = store.readable_days()
    if not open_days:
        return
    how = log_reading(log, store.clock(), secret_keys_of(store.policy))
    young = [one for one in store.receipts.newest(log.name) if one.read_on >= min(open_days)]
    for newest in young:
        receipts = store.receipts.of_file(newest.log, newest.file)
        if any(_has_quarantine(one, open_days) for one in receipts):
            layouts = _present_layouts(store, log, receipts, open_days)
            digest = format_digest([layout.name for layout in layouts], how)
            if any(is_due(one, open_days, digest, again) for one in receipts):
                yield Due(log, receipts, layouts)


def _present_layouts(store: Store, log: Log, receipts: Sequence[Receipt], open_days: set[date]) -> tuple[Layout, ...]:
    """As the policy says; where it says `detect`, also those that are found in the lines that could not be read.

    Lines that can only be of an error log were read under the wrong key of their log.
    """
    before = [named_layout(name) for name in receipts[-1].layouts]
    found = _detected(store, receipts, open_days)
    is_error = [layout.kind == "error" for layout in found or before]
    if all(is_error) and log.error:
        return error_layouts(log.error_format)
    if log.format != "detect":
        return (named_layout(log.format),)
    return (*before, *(layout for layout in found if layout not in before))


def _detected(store: Store, receipts: Sequence[Receipt], open_days: set[date]) -> tuple[Layout, ...]:
    try:
        return detect_layouts(b"\n".join(islice(_sample(store, receipts, open_days), SAMPLE_LINES))).layouts
    except FormatError:
        return ()


def _sample(store: Store, receipts: Sequence[Receipt], open_days: set[date]) -> Iterator[bytes]:
    for one in (sealed for receipt in receipts for sealed in receipt.objects):
        if one.kind == "quarantine" and one.day in open_days:
            yield from store.window.get(one, store.keys.get(one.day, one.generation))["raw"].to_pylist()


def is_due(receipt: Receipt, open_days: set[date], digest: str, again: bool) -> bool:
    return _has_quarantine(receipt, open_days) and (again or receipt.format != digest)


def _has_quarantine(receipt: Receipt, open_days: set[date]) -> bool:
    return any(one.kind == "quarantine" and one.day in open_days for one in receipt.objects)
