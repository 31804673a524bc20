"""A time line: hits with the error entries that belong to them, and those that belong to none."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, product
from operator import itemgetter
from typing import Any, Final, NamedTuple

from plugins.troubleshooting.nearness import LONGEST, SLACK

Row = dict[str, Any]  # of HITS or ERRORS
SAME_ID: Final = "same request id"
SAME_REQUEST: Final = "same request and client"
SAME_CLIENT: Final = "same client, at that time"
CROWD: Final = 10  # hits before and after an entry, of as much in common with it: of a flood no more are tried
# A path is what is left of a file without folders in front of it.
NAMED: Final = re.compile(r"(?=(/[^\s\"']{1,200}))")
MOST_NAMED: Final = 30  # in a message
BEHIND: Final = re.compile(r"([(:]\d+)?[/,.:;)\]]*$")  # a name: the number of a line, what ends a sentence
Shared = str | bool | None


class Timed(NamedTuple):
    """A hit, when it was logged and how long it took, both in seconds."""

    at: float
    lasted: float
    hit: Row


Around = Mapping[tuple[str, int, Shared], list[Timed]]


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
        found, error["by"] = _hit_of(error, by_id, around)
        if found:
            of_hit[id(found)].errors.append(error)
        else:
            entries.append(Entry(error["logged_at"], None, [error]))
    return sorted(entries, key=lambda entry: entry.at)


def _by_client_and_second(hits: Iterable[Row], errors: Iterable[Row]) -> Around:
    """The hits that an entry of a client may belong to, by the second in which it was logged and by what they may share
    with it. `errors` are in their order, and so are the hits.

    Of a hit only the seconds are gone through in which its client has entries: a WebSocket lasts for hundreds.
    """
    logged: defaultdict[str, dict[int, None]] = defaultdict(dict)
    for error in errors:
        logged[error["client_ip"]][int(error["logged_at"].timestamp())] = None
    seconds = {client: [*moments] for client, moments in logged.items() if client}
    found: defaultdict[tuple[str, int, Shared], list[Timed]] = defaultdict(list)
    for hit in sorted(hits, key=itemgetter("requested_at")):
        own, timed = seconds.get(hit["client_ip"], []), _timed(hit)
        begin = bisect_left(own, int(timed.at - timed.lasted - SLACK))
        end = bisect_right(own, int(timed.at + timed.lasted + SLACK))
        shares = (hit["request_line"] or None, (hit["path"] or "").rstrip("/"), _has_failed(hit))
        for place in product([hit["client_ip"]], own[begin:end], shares):
            found[place].append(timed)
    return found


def _timed(hit: Row) -> Timed:
    return Timed(hit["requested_at"].timestamp(), min(max(hit["request_seconds"] or 0.0, 0.0), LONGEST), hit)


def _shared(error: Row) -> Iterator[Shared]:
    """What a hit may share with an entry, the most telling first: a message often names the path, and an answer that is
    an error has more often left one.
    """
    if error["request_line"]:
        yield from (error["request_line"], None)
        return
    for named in islice(NAMED.finditer(error["message"] or ""), MOST_NAMED):
        if name := BEHIND.sub("", named[1]):
            yield name
    yield from (True, False)


def _hit_of(error: Row, by_id: Mapping[str, Row], around: Around) -> tuple[Row | None, str]:
    if error["request_id"] in by_id:
        return by_id[error["request_id"]], SAME_ID
    moment = error["logged_at"].timestamp()
    for shared in _shared(error):
        hits = around.get((error["client_ip"], int(moment), shared), [])
        place = bisect_left(hits, moment, key=itemgetter(0))
        apart = [(_distance(hit, moment), hit) for hit in hits[max(place - CROWD, 0) : place + CROWD]]
        fitting = [one for one in apart if one[0] <= SLACK and _may_be(one[1].hit, error)]
        if fitting:
            nearest = min(fitting, key=lambda one: (not _has_failed(one[1].hit), one[0], one[1].lasted))
            return nearest[1].hit, SAME_REQUEST if error["request_line"] else SAME_CLIENT
    return None, ""


def _may_be(hit: Row, error: Row) -> bool:
    """Nothing that both say speaks against it."""
    if hit["request_id"] and error["request_id"]:
        return False
    if error["request_line"] and hit["request_line"]:
        return bool(error["request_line"] == hit["request_line"])
    return not (hit["vhost"] and error["vhost"]) or hit["vhost"] == error["vhost"]


def _has_failed(hit: Row) -> bool:
    return (hit["status"] or 0) >= 400


def _distance(hit: Timed, moment: float) -> float:
    """From the time in which it was answered; servers log when a request began, or when it ended."""
    return max(abs(moment - hit.at) - hit.lasted, 0.0)
