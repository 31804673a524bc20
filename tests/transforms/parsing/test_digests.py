"""A digest of how lines are read changes with what decides it, and with nothing else."""

from ipaddress import IPv4Network
from zoneinfo import ZoneInfo

from transforms.parsing.digests import format_digest
from transforms.parsing.meanings import Reading

OSLO = Reading(ZoneInfo("Europe/Oslo"), (IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24")))


def test_layouts_their_order_zone_and_proxies_decide() -> None:
    readings = [
        (["combined", "common"], OSLO),
        (["common", "combined"], OSLO),
        (["combined"], OSLO),
        (["combined", "common"], Reading(ZoneInfo("Europe/Paris"), OSLO.trusted_proxies)),
        (["combined", "common"], Reading(OSLO.timezone, OSLO.trusted_proxies[:1])),
    ]
    assert len({format_digest(layouts, how) for layouts, how in readings}) == len(readings)


def test_the_clock_and_the_order_of_proxies_do_not() -> None:
    other = Reading(OSLO.timezone, OSLO.trusted_proxies[::-1], latest=1)
    assert format_digest(["combined"], other) == format_digest(["combined"], OSLO)


def test_the_fields_that_a_file_says_it_has_do_not() -> None:
    assert format_digest(["iis date time c-ip cs-method cs-uri-stem"], OSLO) == format_digest(["iis"], OSLO)
