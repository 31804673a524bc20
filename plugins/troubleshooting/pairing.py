"""A time line: hits with the error entries that belong to them, and those that belong to none."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from plugins.troubleshooting.nearness import SLACK

Row = dict[str, Any]  # of HITS or ERRORS
WITHIN: Final = timedelta(seconds=SLACK)
SAME_ID: Final = "same request id"
SAME_REQUEST: Final = "same request and client"
SAME_CLIENT: Final = "same client, within seconds"


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
    around = Around(hits)
    for error in errors:
        found, error["by"] = _hit_of(error, by_id, around.of(error))
        if found:
            of_hit[id(found)].errors.append(error)
        else:
            entries.append(Entry(error["logged_at"], None, [error]))
    for entry in entries:
        entry.errors.sort(key=lambda error: (error["logged_at"], error["line_number"]))
    return sorted(entries, key=lambda entry: entry.at)


class Around:
    """The hits of each client around a moment, however many there are."""

    def __init__(self, hits: Sequence[Row]) -> None:
        self.short: defaultdict[str, list[Row]] = defaultdict(list)
        self.long: defaultdict[str, list[Row]] = defaultdict(list)
        for hit in sorted(hits, key=_moment):
            if hit["client_ip"]:
                kind = self.long if (hit["request_seconds"] or 0) > SLACK else self.short
                kind[hit["client_ip"]].append(hit)

    def of(self, error: Row) -> list[Row]:
        """Hits of its client that an entry may belong to; of those that took long, all."""
        short, moment = self.short.get(error["client_ip"], []), error["logged_at"]
        begin = bisect_left(short, moment - 2 * WITHIN, key=_moment)
        end = bisect_right(short, moment + 2 * WITHIN, key=_moment)
        return [*short[begin:end], *self.long.get(error["client_ip"], [])]


def _moment(hit: Row) -> datetime:
    moment: datetime = hit["requested_at"]
    return moment


def _hit_of(error: Row, by_id: dict[str, Row], of_client: Iterable[Row]) -> tuple[Row | None, str]:
    if error["request_id"] in by_id:
        return by_id[error["request_id"]], SAME_ID
    fitting = [hit for hit in of_client if _distance(hit, error) <= WITHIN and _may_be(hit, error)]
    if not fitting:
        return None, ""
    reason = SAME_REQUEST if error["request_line"] else SAME_CLIENT
    return min(fitting, key=lambda hit: _unlikeness(hit, error)), reason


def _may_be(hit: Row, error: Row) -> bool:
    """Nothing that both say speaks against it."""
    if hit["request_id"] and error["request_id"]:
        return False
    if error["request_line"] and hit["request_line"]:
        return bool(error["request_line"] == hit["request_line"])
    return not (hit["vhost"] and error["vhost"]) or hit["vhost"] == error["vhost"]


def _unlikeness(hit: Row, error: Row) -> tuple[bool, bool, timedelta]:
    """A message often names the path, and an answer that is an error has more often left one."""
    path = (hit["path"] or "").rstrip("/")
    is_named = bool(path) and path in (error["message"] or "")
    return not is_named, (hit["status"] or 0) < 400, _distance(hit, error)


def _distance(hit: Row, error: Row) -> timedelta:
    """Servers log when a request began, or when it ended."""
    lasted = timedelta(seconds=hit["request_seconds"] or 0)
    apart: timedelta = error["logged_at"] - hit["requested_at"]
    return min(abs(apart), abs(apart - lasted), abs(apart + lasted))
