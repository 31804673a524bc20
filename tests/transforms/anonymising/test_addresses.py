"""The client's address loses its last digits, however it is spelled; what is not surely an address is null."""

import ipaddress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.anonymising.addresses import truncate_addresses, truncate_ip, unwrap_ip

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        (' "192.0.2.77" ', "192.0.2.0/24"),
        ("192.0.2.77:8080", "192.0.2.0/24"),
        ("192.0.2.77/32", "192.0.2.0/24"),
        ('["192.0.2.77"]', "192.0.2.0/24"),
        ('"[192.0.2.77:443]"', "192.0.2.0/24"),
        ("„192.0.2.77“", "192.0.2.0/24"),
        ("１９２．０．２．７７", "192.0.2.0/24"),
        ("2001:DB8:1:2::3", "2001:db8:1::/48"),
        ("[2001:db8:1:2::3]:443", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("fe80::1%25eth0", "fe80::/48"),
        ("2001:db8:1:2::3/64", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("::ffff:c000:24d", "192.0.2.0/24"),
        ("::ffff:0:192.0.2.77", "192.0.2.0/24"),
        ("::192.0.2.77", "192.0.2.0/24"),
        ("64:ff9b::c000:24d", "192.0.2.0/24"),
        ("64:ff9b:1::c000:24d", "64:ff9b:1::/48"),
        ("2002:c000:24d::1", "2002:c000:200::/40"),
        ("2001:0:c000:24d::1", "2001:0:c000::/48"),
        ("::", "::/48"),
        ("::1", "::/48"),
        ("::2", "0.0.0.0/24"),
    ],
)
def test_an_address_in_any_usual_spelling_is_its_network(written: str, network: str) -> None:
    assert truncate_ip(written, 24, 48) == network


@pytest.mark.parametrize(
    "written",
    [
        *("", "-", "unknown", "host-192-0-2-77.example.net", "192.0.2.77.example.net", "localhost", "unix:"),
        *("010.0.2.77", "192.0.2", "192.0.2.256", "3221226061", "0xc000024d", "192.0.2.77, 192.0.2.78"),
        *("192.0:80.2.77", "192.0.2.77:65536", "192.0.2.77/33", "2001:db8::1/129", "192.0.2.77/255.255.255.0"),
        *("2001:db8::7:51234", "192.0.2.77%2C192.0.2.78", "2001:db8::7%a,192.0.2.78", "[192.0.2.77", "[[192.0.2.77]]"),
        *("http://192.0.2.77/", "192.0.2.٧٧", "2001:db8:::1", "12345::", "192.0.2.77:port"),
    ],
)
def test_what_is_not_surely_an_address_is_null(written: str) -> None:
    assert truncate_ip(written, 24, 48) is None


@given(ADDRESSES, st.integers(0, 24), st.integers(0, 64))
def test_no_more_bits_are_kept_than_the_policy_says(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, ipv4_prefix: int, ipv6_prefix: int
) -> None:
    network = ipaddress.ip_network(truncate_ip(str(address), ipv4_prefix, ipv6_prefix) or "")
    plain = unwrap_ip(address)
    assert plain in network
    assert network.prefixlen <= (ipv4_prefix if plain.version == 4 else ipv6_prefix)
    if plain.version == 6 and plain in ipaddress.IPv6Network("2002::/16"):
        assert network.prefixlen <= 16 + ipv4_prefix


@given(st.text(max_size=40))
def test_no_text_is_passed_through(text: str) -> None:
    network = truncate_ip(text, 24, 48)
    assert network is None or ipaddress.ip_network(network).prefixlen in (24, 40, 48)


def test_a_column_is_truncated_by_its_distinct_values() -> None:
    column = pa.array(["192.0.2.77", None, "192.0.2.78", "x", "192.0.2.77"])
    found = truncate_addresses(column, 24, 48)
    assert found.to_pylist() == ["192.0.2.0/24", None, "192.0.2.0/24", None, "192.0.2.0/24"]
    for same in (column.dictionary_encode(), pa.chunked_array([column])):
        assert truncate_addresses(same, 24, 48).equals(found)
