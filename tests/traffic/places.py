"""Which address is where: documentation, benchmark, shared and private ranges only."""

from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Final

UNKNOWN: Final = "unknown"
# What the country database holds; 10.0.0.0/8 and the rest of 2001:db8::/32 are in no country.
COUNTRIES: Final = {
    "100.64.0.0/11": "NO",
    "100.96.0.0/12": "SE",
    "100.112.0.0/12": "DE",
    "198.18.0.0/17": "NO",
    "198.18.128.0/17": "NL",
    "198.19.0.0/16": "NL",
    "192.0.2.0/24": "DK",
    "198.51.100.0/24": "FI",
    "203.0.113.0/24": "NO",
    "2001:db8:1000::/36": "GB",
    "2001:db8:2000::/36": "NO",
}
# Where ten people in a row come from.
_HOMES: Final = [
    ip_network(text)
    for text in ["100.64.0.0/11"] * 4
    + ["100.96.0.0/12"] * 2
    + ["100.112.0.0/12", "10.128.0.0/9", "2001:db8:1000::/36", "2001:db8:2000::/36"]
]
_STRIDE: Final = 7919  # odd, so that a power of two many addresses are all met before one comes again


def home(number: int) -> tuple[str, str]:
    """Address and country of a person, different for each number below a million and scattered over the net."""
    network, turn = _HOMES[number % len(_HOMES)], number * _STRIDE
    country = COUNTRIES.get(str(network), UNKNOWN)
    if network.version == 4:
        return str(IPv4Address(int(network[0]) + turn % network.num_addresses)), country
    subnet = turn % (1 << (64 - network.prefixlen))
    return str(IPv6Address(int(network[0]) + (subnet << 64) + 0x21B_44FF_FE11_0000)), country


def lair(number: int) -> tuple[str, str]:
    """Address and country of an attacker, each in a /24 of its own, at most 384 of them."""
    return str(IPv4Address(int(IPv4Address("198.18.128.66")) + 256 * (number % 384))), "NL"


def write_country_database(path: Path) -> None:
    """Write COUNTRIES as a MaxMind DB with `country.iso_code`."""
    from mmdb_writer import MMDBWriter  # noqa: PLC0415 (only those who need a database need the package)
    from netaddr import IPSet  # noqa: PLC0415

    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-Country")
    for network, country in COUNTRIES.items():
        writer.insert_network(IPSet([network]), {"country": {"iso_code": country}})
    writer.to_db_file(str(path))
