"""Entries of the error log → events: what each scenario with [[error]] saw."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.scenario import Entry, Scenario
from schemas.window import EVENTS
from transforms.detection.dictionaries import compact, unify
from transforms.detection.searching import occurs
from transforms.detection.subjects import Mask
from transforms.distinct import Codes, dictionary_codes

PLACES = ("log", "file", "line_number", "client_ip", "vhost")


def match_errors(errors: pa.Table, scenarios: Sequence[Scenario]) -> pa.Table:
    """Entries (ERRORS, in any chunks) → EVENTS, by scenario; an entry that names no client is none.

    What is counted as path or target is the request's, or, where the entry has none, its message.
    """
    errors = unify(errors.filter(pc.field("client_ip").is_valid()))
    seen = [_seen(errors, scenario) for scenario in scenarios if scenario.error] if len(errors) else []
    return pa.concat_tables([EVENTS.empty_table(), *seen])


def _seen(errors: pa.Table, scenario: Scenario) -> pa.Table:
    masks = [_fits(errors, entry) for entry in scenario.error]
    rows = np.flatnonzero(np.logical_or.reduce(masks))
    entries = errors.take(rows)
    columns = {name: entries[name] for name in PLACES}
    columns["scenario"] = pa.repeat(scenario.name, len(rows))
    columns["occurred_at"] = entries["logged_at"]
    columns["user_agent"] = pa.nulls(len(rows), pa.string())
    answers = np.zeros(len(rows), np.int32)
    for mask, entry in zip(masks[::-1], scenario.error[::-1], strict=True):
        answers[mask[rows]] = entry.status or 0
    columns["status"] = pa.array(answers)
    columns["bytes_sent"] = pa.nulls(len(rows), pa.int64())
    columns["distinct"] = _distinct_texts(entries, scenario)
    columns["step"] = pa.nulls(len(rows), pa.int8())
    columns["success"] = pa.nulls(len(rows), pa.bool_())
    return compact(columns, EVENTS)


def _distinct_texts(entries: pa.Table, scenario: Scenario) -> pa.Array | pa.ChunkedArray:
    if scenario.count not in ("distinct path", "distinct target"):
        return pa.nulls(len(entries), pa.string())
    target = pc.struct_field(
        pc.extract_regex(entries["request_line"].cast(pa.string()), r"^\S+ (?P<target>\S+)"), "target"
    )
    if scenario.count == "distinct path":
        target = pc.replace_substring_regex(target, r"\?.*$", "")
    return pc.coalesce(target, entries["message"].cast(pa.string()))


def _fits(errors: pa.Table, entry: Entry) -> Mask:
    fits = np.ones(len(errors), np.bool_)
    for name in ("level", "module", "code"):
        if allowed := getattr(entry, name):
            codes, values = _lower(errors, name)
            fits &= np.asarray(pc.is_in(values, pa.array(allowed)))[codes]
    for patterns, wanted in ((entry.message, True), (entry.not_message, False)):
        if patterns:
            codes, values = _lower(errors, "message")
            fits &= occurs(values, patterns)[codes] == wanted
    return fits


def _lower(errors: pa.Table, name: str) -> tuple[Codes, pa.Array]:
    """The codes of a column, and its values in lower case; a missing one is empty."""
    codes, values = dictionary_codes(errors[name])
    return codes, pc.utf8_lower(pa.concat_arrays([values.fill_null(""), pa.array([""], values.type)]))
