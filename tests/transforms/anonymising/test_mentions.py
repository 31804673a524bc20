"""Whose address is in a text, in whatever spelling; and nobody else's."""

import json
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data import data_path
from transforms.anonymising.addresses import Address, read_address, unwrap_ip
from transforms.anonymising.mentions import mentions

V4 = ip_address("192.0.2.77")
V6 = ip_address("2001:db8:0:7::4d")


def mention(text: str, address: Address) -> bool:
    return mentions([text], {address}) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.77",
        " 192.0.2.77:443 ",
        "192.000.002.077",
        "/lookup/192.0.2.77/x",
        "ip192.0.2.77seen",
        "ip=192%2E0%2e2%2E77&x",
        "%31%39%32%2E%30%2E%32%2E%37%37",
        "next=https%253A%252F%252F192%252E0%252E2%252E77%252F",
        "192%25252E0%25252E2%25252E77",
        "19%32.0.2.7%37",
        "１９２．０．２．７７",
        "::ffff:192.0.2.77",
        "::FFFF:C000:024D",
        "/x/0:0:0:0:0:ffff:c000:24d/y",
        "%3A%3Affff%3Ac000%3A24d",
        "64:ff9b::192.0.2.77",
        "[::ffff:192.0.2.77]:8080",
        "http://user@192.0.2.77/",
        "client: 192.0.2.77, server: _",
        "198.51.100.1, 192.0.2.77",
        "/c/2002:c000:24d::1/x",
        "2002:c000:24d::1",
        "2001:0:c633:6417:0:63bf:3fff:fdb2",
        "Probe/192.0.2.77",
    ],
)
def test_an_ipv4_address_is_found_in_every_spelling(text: str) -> None:
    assert mention(text, V4)
    assert not mention(text, ip_address("192.0.2.7"))
    assert not mention(text, ip_address("192.0.2.78"))


@pytest.mark.parametrize(
    "text",
    [
        "2001:db8:0:7::4d",
        "2001:DB8:0:7::4D",
        "2001:0db8:0000:0007:0000:0000:0000:004d",
        "2001:db8::7:0:0:0:4d",
        "[2001:db8:0:7::4d]:443",
        "2001:db8:0:7::4d:51234",
        "[client 2001:db8:0:7:0:0:0:4d:51234] denied",
        "2001:db8:0:7::4d%25eth0",
        "2001:db8:0:7::4d%eth0",
        "/host/2001%3Adb8%3A0%3A7%3A%3A4d",
        "/host/%32%30%30%31%3A%64%62%38%3A%30%3A%37%3A%3A%34%64",
        "2001%253Adb8%253A0%253A7%253A%253A4d",
        "from 2001:db8:0:7::4d: connection reset",
        "x_2001:db8:0:7::4d_y",
        "２００１：ｄｂ８：０：７：：４ｄ",
        "net 2001:db8:0:7::4d/128",
    ],
)
def test_an_ipv6_address_is_found_in_every_spelling(text: str) -> None:
    assert mention(text, V6)
    assert not mention(text, ip_address("2001:db8:0:7::4e"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "192.0.2",
        "192.0.2.770",
        "1192.0.2.77",
        "5.192.0.2.77",
        "192.0.2.77.5",
        "192.0.2.7/7",
        "192-0-2-77",
        "12:34:56",
        "std::vector",
        "2001:db8:0:7::",
        "192.0.2.%zz77",
    ],
)
def test_what_is_another_address_or_none_is_left(text: str) -> None:
    assert not mention(text, V4)
    assert not mention(text, V6)


def test_each_text_has_its_own_answer_and_what_is_missing_has_none() -> None:
    texts = ["192.0.2.77", None, "192.0.2.78", "2001:db8:0:7::4d", "both 192.0.2.77 and 192.0.2.78"]
    assert mentions(texts, {V4, V6}) == [True, False, False, True, True]
    assert mentions(texts, set()) == [False] * 5
    assert mentions([], {V4}) == []


ADDRESSES = st.one_of(
    st.integers(1 << 24, (1 << 32) - 1).map(IPv4Address),
    st.integers(0x20010DB8 << 96, (0x20010DB9 << 96) - 1).map(IPv6Address),
)


@given(ADDRESSES, st.sampled_from(["/a/{}/b", "?ip={}", "http://{}/", "client {}, x", "{}"]), st.data())
def test_any_part_of_an_address_may_be_escaped(address: Address, frame: str, data: st.DataObject) -> None:
    spelling = data.draw(st.sampled_from([str(address), address.exploded, str(address).upper()]))
    escaped = "".join(f"%{ord(char):02X}" if data.draw(st.booleans()) else char for char in spelling)
    for text in (spelling, escaped, quote(escaped, safe="")):
        assert mention(frame.format(text), unwrap_ip(address))


def test_every_address_of_the_vectors_is_found_where_it_is() -> None:
    """What the anonymiser has to take out is what an erasure has to find; but a Teredo server is nobody's address."""
    vectors = json.loads(data_path("anonymise", "vectors.json").read_text())
    missed = [
        (one["id"], part)
        for one in vectors
        if one["kind"] == "text"
        for part in one["forbidden"]
        if (address := read_address(part)) and not mention(one["input"], unwrap_ip(address))
    ]
    assert missed in ([], [("carried-08", "198.51.100.23")])


def test_every_client_address_of_the_vectors_is_found_as_it_is_logged() -> None:
    vectors = json.loads(data_path("anonymise", "vectors.json").read_text())
    read = [(one["id"], one["input"], read_address(one["input"])) for one in vectors if one["kind"] == "address"]
    assert [name for name, text, address in read if address and not mention(text, unwrap_ip(address))] == []
