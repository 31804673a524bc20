"""Who stands behind a hit, as a number: the same address and user agent are one visitor."""

import ipaddress
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.anonymising.addresses import unwrap_ip
from transforms.distinct import Codes, distinct_values, pair_codes

CARRIER: Final = "^(::|64:ff9b:)"  # how an address begins that may stand for one of IPv4


class Visitors:
    """A number for each address and user agent, the same in all blocks of a day."""

    def __init__(self) -> None:
        self._clients: dict[str | tuple[str | None, str] | None, int] = {}
        self._agents: dict[str | None, int] = {}
        self._visitors: dict[int, int] = {}

    def number(self, hits: pa.Table) -> Codes:
        """For each hit its visitor; a client without an address goes by its name."""
        clients, numbers = self._number_clients(hits)
        codes, agents = distinct_values(hits["user_agent"])
        by_agent = [self._agents.setdefault(agent, len(self._agents)) for agent in agents]
        pairs, first = pair_codes(clients, codes)
        keys = (numbers[clients[first]] << 32) | np.array(by_agent, np.int64)[codes[first]]
        visitors = [self._visitors.setdefault(key, len(self._visitors)) for key in keys.tolist()]
        return np.array(visitors, np.int64)[pairs]

    def _number_clients(self, hits: pa.Table) -> tuple[Codes, Codes]:
        """Codes of clients, and the day's number of each code."""
        clients, addresses = distinct_values(hits["client_ip"])
        names: Sequence[str | tuple[str | None, str] | None] = addresses
        if hits["client_host"].null_count < len(hits):
            hosts, spelled = distinct_values(hits["client_host"])
            codes, first = pair_codes(clients, hosts)
            both = zip(clients[first].tolist(), hosts[first].tolist(), strict=True)
            parts = ((addresses[client], spelled[host]) for client, host in both)
            clients, names = codes, [client if host is None else (client, host) for client, host in parts]
        return clients, np.array([self._clients.setdefault(name, len(self._clients)) for name in names], np.int64)


def spell_clients(table: pa.Table) -> pa.Table:
    """One spelling a client: a listener for both families logs ::ffff:192.0.2.1 for 192.0.2.1."""
    column = table["client_ip"].combine_chunks()
    if not pc.any(pc.match_substring_regex(column.dictionary, pattern=CARRIER)).as_py():
        return table
    codes, clients = distinct_values(column)
    plain = [None if client is None else str(unwrap_ip(ipaddress.ip_address(client))) for client in clients]
    spelled = pa.array(plain, pa.string()).dictionary_encode().take(pa.array(codes))
    return table.set_column(table.schema.get_field_index("client_ip"), "client_ip", spelled)


def one_a_visitor(rows: pa.Table) -> pa.Table:
    """One of the rows of each visitor and host: a visitor has one address and one user agent."""
    hosts, visitors = rows["vhost"].to_numpy(), rows["visitor"].to_numpy()
    if len(hosts) and hosts.min() != hosts.max():
        return rows.take(pa.array(pair_codes(visitors, hosts + 1)[1]))
    places = np.full(int(visitors.max(initial=-1)) + 1, -1, np.int64)
    places[visitors] = np.arange(len(rows))
    return rows.take(pa.array(places[places >= 0]))
