"""Events → alerts: a leaky bucket for each scenario and target."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.scenario import Scenario
from schemas.window import ALERTS, EVIDENCE
from transforms.detection.buckets import Ints
from transforms.detection.bursts import find_bursts
from transforms.detection.dictionaries import compact, unify
from transforms.detection.outcomes import outcomes_of
from transforms.detection.targets import Network, code_targets, name_targets
from transforms.distinct import dictionary_codes, occurring

Columns = dict[str, pa.ChunkedArray | pa.Array]
MANY: Final = 500_000  # events of one scenario
OF_ALERTS: Final = ("scenario", "target", "occurred_at", "status", "success", "bytes_sent", "distinct")
Parts = dict[str, list[pa.RecordBatch]]  # by scenario
OwnerOf = Callable[[str], str | None]  # an address → who announces its network


def find_alerts(
    events: pa.Table,
    scenarios: Sequence[Scenario],
    allowed: Sequence[Network],
    owner_of: OwnerOf | None = None,
) -> tuple[pa.Table, pa.Table]:
    """EVENTS (in any order and chunks), and the networks never to ban → ALERTS and their EVIDENCE.

    A burst lasts from the moment a bucket was empty until it is empty again; one that overflows is one alert. Its
    evidence are all events of the target in that time, repeats of a distinct value included. A sequence is an alert at
    the first hit of its second step that comes soon enough after the bucket has overflowed. What is counted by owner
    is an alert for each target that took part; without `owner_of` it is none.
    Events are dropped whose target holds anything of the allow-list.
    Alerts are numbered by the instant of overflow, then scenario, then target: the same for any order of shards.
    """
    return count_parts(split_events([events]), scenarios, allowed, owner_of)


def count_parts(
    parts: Parts,
    scenarios: Sequence[Scenario],
    allowed: Sequence[Network],
    owner_of: OwnerOf | None = None,
    *,
    only_successes: bool = False,
) -> tuple[pa.Table, pa.Table]:
    """As `find_alerts`, of events that are split, and used up on the way: a flood fills no memory twice.

    With `only_successes` the evidence has no other rows: that of a flood is nearly the whole day.
    """
    targets = _Targets(allowed, owner_of)
    alerts, evidence = [ALERTS.empty_table()], [EVIDENCE.empty_table()]
    for scenario in scenarios:
        if scenario.name not in parts:
            continue
        own = unify(pa.Table.from_batches(parts.pop(scenario.name)))
        _release(own)
        own = targets.add(own, scenario)
        _release(own)
        own = _sort(own)
        _release(own)
        found, behind = _overflows(own, scenario, sum(map(len, alerts)), only_successes)
        del own  # before the next one's are copied
        alerts.append(found)
        evidence.append(behind)
    return _renumber(pa.concat_tables(alerts), unify(pa.concat_tables(evidence)))


def split_events(tables: Iterable[pa.Table]) -> Parts:
    """EVENTS by scenario; each table may go before the next is read."""
    parts: Parts = {}
    for table in tables:
        for chunk in filter(len, table.to_batches()):
            codes, names = dictionary_codes(chunk["scenario"])
            order = np.argsort(codes, kind="stable").astype(np.int32)
            ends = np.cumsum(np.bincount(codes, minlength=len(names)))
            for name, rows in zip(names.to_pylist(), np.split(order, ends[:-1]), strict=True):
                if len(rows):
                    parts.setdefault(name, []).append(chunk.take(pa.array(rows)))
    return parts


def _release(events: pa.Table) -> None:
    """Give back what a step took that handled a flood; with few events it would only cost time."""
    if len(events) > MANY:
        pa.default_memory_pool().release_unused()


class _Targets:
    """Whom a ban would name, and whose bucket is filled; an address is named when it first has events enough."""

    def __init__(self, allowed: Sequence[Network], owner_of: OwnerOf | None) -> None:
        self.allowed = allowed
        self.owner_of = owner_of
        self._names: dict[str, dict[str, str | None]] = {}

    def add(self, events: pa.Table, scenario: Scenario) -> pa.Table:
        """The events with `target` and `bucket`, without those that have none or too few."""
        events = _enough(events, scenario)
        by_owner = scenario.group_by == "owner"
        names = {"target": "address" if by_owner else scenario.group_by, "bucket": scenario.group_by}
        if scenario.count == "distinct address":
            names["subscriber"] = "address"
        clients = occurring(events["client_ip"].combine_chunks())
        for column, group in names.items():
            named = pa.array(self._named(clients.dictionary.to_pylist(), group), pa.string()).dictionary_encode()
            events = events.append_column(column, named.take(clients.indices))
        is_named = pc.and_(events["target"].is_valid(), events["bucket"].is_valid())
        return events if pc.all(is_named).as_py() else events.filter(is_named)

    def _named(self, addresses: Sequence[str], group: str) -> list[str | None]:
        known = self._names.setdefault(group, {})
        new = [address for address in addresses if address not in known]
        if group == "owner":
            names = [self.owner_of(address) if self.owner_of else None for address in new]
        else:
            names = name_targets(new, group, self.allowed)
        known.update(zip(new, names, strict=True))
        return [known[address] for address in addresses]


def _enough(events: pa.Table, scenario: Scenario) -> pa.Table:
    """Without those of targets that have too few to overflow a bucket; to name these would cost far more."""
    clients, addresses = dictionary_codes(events["client_ip"])
    codes = code_targets(addresses, scenario.group_by)[clients]
    enough = np.bincount(codes)[codes] > scenario.bucket.capacity
    return events if enough.all() else events.filter(pa.array(enough))


def _overflows(events: pa.Table, scenario: Scenario, number: int, only_successes: bool) -> tuple[pa.Table, pa.Table]:
    """Sorted events of one scenario → its ALERTS, numbered from `number`, and EVIDENCE."""
    instants = events["occurred_at"].cast(pa.int64()).to_numpy()
    bursts = find_bursts(events, instants, scenario)
    rows = np.flatnonzero(bursts.is_evidence)
    targets = dictionary_codes(events["target"])[0]
    pairs = bursts.of_rows[rows] * (targets.max(initial=0) + 1) + targets[rows]
    if (np.diff(pairs) < 0).any():  # a burst has several targets, or a second step comes behind another one's
        order = np.argsort(pairs, kind="stable")
        rows, pairs = rows[order], pairs[order]
    numbers = np.cumsum(np.diff(pairs, prepend=pairs[:1]) != 0)
    needed = events.select(OF_ALERTS) if only_successes else events
    behind = needed.take(rows).append_column("alert", pa.array(number + numbers))
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    moments = np.maximum(bursts.due[bursts.of_rows[rows[begins]]], instants[rows[begins]])
    alerts = _describe(behind, begins, pa.array(moments, pa.timestamp("us", tz="UTC")))
    if only_successes:
        wanted = np.flatnonzero(behind["success"].fill_null(False))
        behind = events.take(rows[wanted]).append_column("alert", behind["alert"].take(wanted))
    return alerts, compact(dict(zip(behind.column_names, behind.columns, strict=True)), EVIDENCE)


def _describe(behind: pa.Table, begins: Ints, overflows: pa.Array) -> pa.Table:
    """The evidence of one scenario, alert by alert, where each begins, and the instants of overflow → ALERTS."""
    sizes = np.diff(begins, append=len(behind))
    alerts: Columns = {name: behind[name].take(begins) for name in ("alert", "scenario", "target")}
    alerts["first_seen"] = behind["occurred_at"].take(begins)
    alerts["last_seen"] = behind["occurred_at"].take(begins + sizes - 1)
    alerts["overflowed_at"] = overflows
    alerts["events"] = pa.array(sizes)
    alerts["outcome"] = outcomes_of(behind, begins)
    return compact(alerts, ALERTS)


def _sort(events: pa.Table) -> pa.Table:
    """By bucket, instant and place in the logs."""
    return events.take(pa.array(_order(events)))


def _order(events: pa.Table) -> Ints:
    instants = events["occurred_at"].cast(pa.int64()).to_numpy()
    keys = (events["line_number"].to_numpy(), _ranks(events["file"]), _ranks(events["log"]), instants)
    return np.lexsort((*keys, _ranks(events["bucket"])))


def _ranks(column: pa.ChunkedArray) -> NDArray[np.int32]:
    """As `dictionary_codes`, in the order of the values, which no order of shards changes."""
    ranks = pc.rank(column.combine_chunks().dictionary).to_numpy()
    ordered: NDArray[np.int32] = np.append(ranks, len(ranks) + 1).astype(np.int32)[dictionary_codes(column)[0]]
    return ordered


def _renumber(alerts: pa.Table, evidence: pa.Table) -> tuple[pa.Table, pa.Table]:
    keys = alerts.set_column(1, "scenario", alerts["scenario"].cast(pa.string()))
    order = pc.sort_indices(keys, [(name, "ascending") for name in ("overflowed_at", "scenario", "target")]).to_numpy()
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order))
    behind = numbers[evidence["alert"].to_numpy()]
    evidence = evidence.set_column(0, EVIDENCE.field(0), pa.array(behind)).take(np.argsort(behind, kind="stable"))
    return alerts.take(order).set_column(0, ALERTS.field(0), pa.array(np.arange(len(order)))), evidence
