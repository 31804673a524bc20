"""Sorted events → bursts: from the moment a bucket was empty until it is empty again, and when each is due."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from schemas.scenario import Scenario
from transforms.detection.buckets import MICROSECOND, Ints, Mask, bucket_levels, distinct_levels
from transforms.detection.searches import without_typed
from transforms.distinct import dictionary_codes


@dataclass(frozen=True)
class Bursts:
    """Of sorted rows: the burst that each belongs to, and of each overflowed burst the moment when it is due."""

    of_rows: Ints
    is_evidence: Mask
    due: Ints


def find_bursts(events: pa.Table, instants: Ints, scenario: Scenario) -> Bursts:
    """Of one scenario's events, sorted by bucket and instant (microseconds)."""
    places, buckets = np.arange(len(events)), dictionary_codes(events["bucket"])[0]
    is_then: Mask = events["step"].fill_null(0).to_numpy() > 0
    filling = np.flatnonzero(~is_then)
    if not len(filling):
        return Bursts(places, is_then & False, instants)
    own = (instants[filling], buckets[filling]) if is_then.any() else (instants, buckets)
    levels = _levels(events, filling, *own, scenario)
    bursts = np.cumsum(_is_first(*own, levels)) - 1
    is_over = levels > scenario.bucket.capacity * (scenario.bucket.leak // MICROSECOND)
    if scenario.count == "distinct target":
        targets = events["distinct"].take(filling).to_pylist()
        is_over = without_typed(is_over, bursts, own[0], targets, scenario.bucket)
    due = overflow = _first_places(bursts[is_over], filling[is_over], bursts[-1] + 1, never=len(events))
    # A second step belongs to the burst that overflowed last; another that has not, on the way, clears nobody.
    latest = np.maximum(np.cumsum(~is_then) - 1, 0)
    of_rows, is_evidence = bursts[latest], ~is_then
    if scenario.within is not None:
        is_full = overflow[bursts] <= filling
        latest = np.maximum.accumulate(np.where(is_full, np.arange(len(filling)), 0))[latest]
        of_rows[is_then] = bursts[latest[is_then]]
        before = filling[latest]
        soon = instants - instants[before] <= scenario.within // MICROSECOND
        is_due = is_then & soon & (buckets[before] == buckets) & (overflow[of_rows] <= places)
        due = _first_places(of_rows[is_due], places[is_due], len(overflow), never=len(events))
        is_evidence |= is_due
    return Bursts(of_rows, is_evidence & (due[of_rows] < len(events)), np.append(instants, 0)[due])


def _is_first(instants: Ints, buckets: Ints, levels: Ints) -> Mask:
    """Whether an event comes into a bucket that is empty."""
    is_dry = np.ones(len(instants), np.bool_)
    is_dry[1:] = (np.diff(buckets) != 0) | (np.diff(instants) >= levels[:-1])
    return is_dry


def _first_places(bursts: Ints, places: Ints, length: int, never: int) -> Ints:
    """For each burst the first of its places."""
    first = np.full(length, never)
    np.minimum.at(first, bursts, places)
    return first


def _levels(events: pa.Table, rows: Ints, instants: Ints, buckets: Ints, scenario: Scenario) -> Ints:
    """Of the bucket after each of these events."""
    leak = scenario.bucket.leak // MICROSECOND
    if scenario.count == "events":
        return bucket_levels(instants, buckets, leak)
    columns = {"distinct address": "subscriber", "distinct user_agent": "user_agent"}
    values = dictionary_codes(events[columns.get(scenario.count, "distinct")])[0][rows]
    return distinct_levels(instants, buckets, values, leak, scenario.bucket.capacity)
