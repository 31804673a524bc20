"""The virtual hosts of a coded day as all its tables have them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from transforms.distinct import Codes
from transforms.statistics.day import CodedDay
from transforms.statistics.fold import FOLDED, HOST, codes_of, fold_hosts, is_constant, with_codes


def published_hosts(coded: CodedDay) -> Codes | None:
    """The code of each host in all tables of the day; None where nothing is folded."""
    smallest, site = coded.context.policy.statistics.smallest_group, coded.context.policy.site
    if smallest <= 1:
        return None
    own = coded.context.code(HOST, [site.name, *site.hosts])
    populations = [_everybody(coded)]
    if not is_constant(populations[0][0]):  # where there is one host, there is nothing to subtract it from
        people = coded.seen.select((HOST, "visitor")).filter(coded.seen["is_person"])
        populations += [(codes_of(rows, HOST), codes_of(rows, "visitor")) for rows in (people, coded.actions)]
    return fold_hosts(populations, smallest, own, lambda codes: list(coded.context.decode(HOST, codes).to_pylist()))


def with_hosts(rows: pa.Table, hosts: Codes | None, columns: Sequence[str] = (HOST,)) -> pa.Table:
    """Rows under these hosts; one that is in no hit, as that of attackers' hits that the policy ignores, is folded."""
    if hosts is None or not len(rows):
        return rows
    for column in columns:
        codes = rows[column].fill_null(0).to_numpy()
        known = np.append(hosts, np.full(max(int(codes.max()) + 1 - len(hosts), 0), FOLDED)).astype(codes.dtype)
        if not np.array_equal(known[: len(hosts)], np.arange(len(hosts))) or len(known) > len(hosts):
            rows = with_codes(rows, column, known[codes])
    return rows


def _everybody(coded: CodedDay) -> tuple[Codes, Codes]:
    """The hosts and visitors of all hits, and of errors on hosts that no hit has."""
    hosts, visitors = codes_of(coded.seen, HOST), codes_of(coded.seen, "visitor")
    if not len(coded.errors):
        return hosts, visitors
    others = coded.errors.filter(~np.isin(codes_of(coded.errors, HOST), np.unique(hosts)))
    apart = codes_of(others, "visitor").astype(np.int64) + int(visitors.max(initial=-1)) + 1
    return np.concatenate([hosts, codes_of(others, HOST)]), np.concatenate([visitors, apart])
