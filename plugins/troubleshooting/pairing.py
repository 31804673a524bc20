"""A time line: hits with the error entries that belong to them, and those that belong to none."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from plugins.troubleshooting.nearness import LONGEST, SLACK

Row = dict[str, Any]  # of HITS or ERRORS
SAME_ID: Final = "same request id"
SAME_REQUEST: Final = "same request and client"
SAME_CLIENT: Final = "same client, at that time"
CROWD: Final = 200  # hits before and after an entry, of the same client and request: of a flood no more are tried
Around = Mapping[tuple[str, int, str | None], list[Row]]


@dataclass
class Entry:
    """A hit with what was logged about it, or an error entry alone."""

    at: datetime
    hit: Row | None = None
    errors: list[Row] = field(default_factory=list)


def time_line(hits: Sequence[Row], errors: Sequence[Row]) -> list[Entry]:
    """Entries in order of time; each error, with a reason in `by`, at the hit it belongs to, or alone."""
    of_hit = {id(hit): Entry(hit["requested_at"], hit) for hit in hits}
    entries = [*of_hit.values()]
    by_id = {hit["request_id"]: hit for hit in hits if hit["request_id"]}
    in_order = sorted(errors, key=lambda error: (error["logged_at"], error["line_number"]))
    around = _by_client_and_second(hits, in_order)
    for error in in_order:
        found, error["by"] = _hit_of(error, by_id, _candidates(around, error))
        if found:
            of_hit[id(found)].errors.append(error)
        else:
            entries.append(Entry(error["logged_at"], None, [error]))
    return sorted(entries, key=lambda entry: entry.at)


def _by_client_and_second(hits: Iterable[Row], errors: Iterable[Row]) -> Around:
    """The hits that an entry of a client may belong to, by the second in which it was logged and by their request
    line, "" where they have none; None for all. `errors` are in their order, and so are the hits.

    Of a hit only the seconds are gone through in which its client has entries: a WebSocket lasts for hundreds.
    """
    logged: defaultdict[str, dict[int, None]] = defaultdict(dict)
    for error in errors:
        logged[error["client_ip"]][_second(error["logged_at"])] = None
    seconds = {client: [*moments] for client, moments in logged.items() if client}
    found: defaultdict[tuple[str, int, str | None], list[Row]] = defaultdict(list)
    for hit in sorted(hits, key=_moment):
        own, reach = seconds.get(hit["client_ip"], []), _lasted(hit) + timedelta(seconds=SLACK)
        begin = bisect_left(own, _second(hit["requested_at"] - reach))
        end = bisect_right(own, _second(hit["requested_at"] + reach))
        for second in own[begin:end]:
            for line in (hit["request_line"] or "", None):
                found[hit["client_ip"], second, line].append(hit)
    return found


def _candidates(around: Around, error: Row) -> list[Row]:
    """Those of its client and second, and of its request if it says one, that began nearest to it."""
    found: list[Row] = []
    for line in (error["request_line"], "") if error["request_line"] else (None,):
        hits = around.get((error["client_ip"], _second(error["logged_at"]), line), [])
        place = bisect_left(hits, error["logged_at"], key=_moment)
        found += hits[max(place - CROWD, 0) : place + CROWD]
    return found


def _moment(hit: Row) -> datetime:
    moment: datetime = hit["requested_at"]
    return moment


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _hit_of(error: Row, by_id: Mapping[str, Row], of_client: Iterable[Row]) -> tuple[Row | None, str]:
    if error["request_id"] in by_id:
        return by_id[error["request_id"]], SAME_ID
    fitting = [hit for hit in of_client if _may_be(hit, error)]
    if not fitting:
        return None, ""
    reason = SAME_REQUEST if error["request_line"] else SAME_CLIENT
    return min(fitting, key=lambda hit: _unlikeness(hit, error)), reason


def _may_be(hit: Row, error: Row) -> bool:
    """It was logged about then, and nothing that both say speaks against it."""
    if _distance(hit, error) > timedelta(seconds=SLACK) or (hit["request_id"] and error["request_id"]):
        return False
    if error["request_line"] and hit["request_line"]:
        return bool(error["request_line"] == hit["request_line"])
    return not (hit["vhost"] and error["vhost"]) or hit["vhost"] == error["vhost"]


def _unlikeness(hit: Row, error: Row) -> tuple[bool, bool, timedelta, timedelta]:
    """A message often names the path, and an answer that is an error has more often left one."""
    path = (hit["path"] or "").rstrip("/")
    is_named = bool(path) and path in (error["message"] or "")
    return not is_named, (hit["status"] or 0) < 400, _distance(hit, error), _lasted(hit)


def _distance(hit: Row, error: Row) -> timedelta:
    """From the time in which it was answered; servers log when a request began, or when it ended."""
    apart: timedelta = abs(error["logged_at"] - hit["requested_at"])
    return max(apart - _lasted(hit), timedelta())


def _lasted(hit: Row) -> timedelta:
    return timedelta(seconds=min(max(hit["request_seconds"] or 0, 0), LONGEST))
