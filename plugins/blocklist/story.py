"""What a decision rests on: the requests or error entries behind it, as the logs have them."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from plugins.blocklist.decisions import BY_HAND
from plugins.steps.days import receipts_of_days
from plugins.store.store import Store
from schemas.receipts import Receipt
from schemas.window import ERRORS, EVENTS, HITS, TEXT
from transforms.detection.targets import Ranges, read_network

SHOWN: Final = 200  # the newest hits; more than that nobody reads
BEFORE: Final = timedelta(days=1)  # what is shown of a target that was banned by hand
COLUMNS: Final = (
    *("requested_at", "client_ip", "method", "path", "query", "status", "bytes_sent"),
    *("referrer", "user_agent", "vhost", "log", "reached", "message"),
)
SHAPE: Final = HITS.append(pa.field("reached", pa.bool_())).append(pa.field("message", TEXT))


class Attack(Protocol):
    """A decision or an incident: whose hits, which of them, and from when until when."""

    @property
    def target(self) -> str: ...
    @property
    def scenario(self) -> str: ...
    @property
    def first_seen(self) -> datetime: ...
    @property
    def last_seen(self) -> datetime: ...


def story(store: Store, decision: Attack, most: int = SHOWN) -> list[dict[str, Any]]:
    """The last hits behind a decision, newest last: what its scenario saw, or all of the day before a ban by hand.

    `reached`: the scenario says that it looks successful. An error entry has a `message` instead of a request. Every
    text in them is as a visitor sent it. What is of days that are closed, or was erased, is missing.
    """
    receipts = receipts_of_days(store, _days(store, decision), store.file_days(from_memory=True))
    found = [hits for day, of_day in receipts.items() for hits in _hits_of(store, day, of_day, decision)]
    table = pa.concat_tables([SHAPE.empty_table(), *found]).select(COLUMNS).sort_by("requested_at")
    rows: list[dict[str, Any]] = table.slice(max(0, len(table) - most)).to_pylist()
    return rows


def _days(store: Store, decision: Attack) -> list[date]:
    zone = store.calendar.zone
    begin = decision.first_seen - (BEFORE if decision.scenario == BY_HAND else timedelta())
    first, last = (moment.astimezone(zone).date() for moment in (begin, decision.last_seen))
    return [day for day in sorted(store.readable_days()) if first <= day <= last]


def _hits_of(store: Store, day: date, receipts: Iterable[Receipt], decision: Attack) -> Iterator[pa.Table]:
    """Of each shard of the day; its hits are opened only where its events say that there is one."""
    for receipt in receipts:
        if decision.scenario == BY_HAND:
            hits = _open(store, receipt, day, "hits", HITS)
            is_recent = pc.field("requested_at") > decision.first_seen - BEFORE
            hits = hits.filter(is_recent & (pc.field("requested_at") <= decision.last_seen))
            yield _with_reached(_of_target(hits, decision.target), pa.array([], pa.int64()))
            continue
        events = _open(store, receipt, day, "events", EVENTS)
        events = events.filter(
            (pc.field("scenario").cast(pa.string()) == decision.scenario)
            & (pc.field("occurred_at") >= decision.first_seen)
            & (pc.field("occurred_at") <= decision.last_seen)
        )
        if len(seen := _of_target(events, decision.target)):
            hits, entries = (
                rows.filter(pc.is_in(rows["line_number"], seen["line_number"].combine_chunks()))
                for rows in (_open(store, receipt, day, "hits", HITS), _open(store, receipt, day, "errors", ERRORS))
            )
            yield _with_reached(hits, seen.filter(seen["success"].fill_null(False))["line_number"].combine_chunks())
            yield _as_hits(entries)


def _with_reached(hits: pa.Table, lines: pa.Array) -> pa.Table:
    reached = hits.append_column(SHAPE.field("reached"), pc.is_in(hits["line_number"], lines))
    return reached.append_column(SHAPE.field("message"), pa.nulls(len(hits), TEXT))


def _as_hits(entries: pa.Table) -> pa.Table:
    """Error entries beside hits: what only hits have is missing."""
    known = {"requested_at": entries["logged_at"], "bytes_sent": pa.repeat(0, len(entries))}
    known |= {name: entries[name] for name in SHAPE.names if name in entries.column_names}
    return pa.table(
        [known[field.name] if field.name in known else pa.nulls(len(entries), field.type) for field in SHAPE], SHAPE
    )


def _open(store: Store, receipt: Receipt, day: date, kind: str, schema: pa.Schema) -> pa.Table:
    """A shard's table of a kind; a reader holds no lock, so a key that one side lacks stays so."""
    sealed = [one for one in receipt.of_day(day) if one.kind == kind]
    tables = [store.window.get(one, store.keys.look(day, one.generation)) for one in sealed]
    return pa.concat_tables([schema.empty_table(), *tables])


def _of_target(rows: pa.Table, target: str) -> pa.Table:
    """The rows whose address is the target, or in it."""
    coded = rows["client_ip"].combine_chunks().cast(pa.dictionary(pa.int32(), pa.string()))
    own = Ranges([read_network(target)])
    inside = pa.array([own.meet(address) for address in coded.dictionary.to_pylist()], pa.bool_())
    return rows.filter(inside.take(coded.indices).fill_null(False))
