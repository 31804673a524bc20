"""Behind proxies: whose word on the client is believed, in X-Forwarded-For and in RFC 7239's Forwarded."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parser
from transforms.parsing.proxies import choose_client

OURS = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")]
PROXY = b"10.0.0.5"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"198.51.100.7", "198.51.100.7"),
        (b"198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (b"198.51.100.7, 203.0.113.9, 10.0.0.4", "203.0.113.9"),
        (b"198.51.100.7:4711", "198.51.100.7"),
        (b"[2001:db8::1]:4711,2001:db8:ffff::2", "2001:db8::1"),
        (b"::ffff:10.0.0.4, 198.51.100.7, ::ffff:10.0.0.4", "198.51.100.7"),
        (b"10.0.0.9, 10.0.0.4", "10.0.0.9"),
        (b"-", "10.0.0.5"),
        (b"", "10.0.0.5"),
        (b"198.51.100.7, unknown", None),
        (b"for=198.51.100.7", "198.51.100.7"),
        (b"For=198.51.100.7;Proto=https;By=10.0.0.1", "198.51.100.7"),
        (b'for="[2001:db8::1]:4711"', "2001:db8::1"),
        (rb"for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        (rb"for=\x22[2001:db8::1]:4711\x22", "2001:db8::1"),
        (b'proto=https; FOR = "203.0.113.9:80"', "203.0.113.9"),
        (b"for=198.51.100.7, for=203.0.113.9, for=10.0.0.4", "203.0.113.9"),
        (b"for=198.51.100.7, for=_hidden", None),
        (b"for=198.51.100.7, for=unknown;by=10.0.0.1", None),
        (b"for=198.51.100.7, proto=https", None),
        (b'for="x, for=203.0.113.9', "203.0.113.9"),
        (b'for="198.51.100.7\\", for=203.0.113.9', "203.0.113.9"),
        (b"host=a;by=b;for=198.51.100.7;", "198.51.100.7"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_trusted_proxy(header: bytes, client: str | None) -> None:
    (address, _, _), peer = choose_client(header, PROXY, OURS)
    assert (address, peer) == (client, "10.0.0.5")


@given(st.binary(max_size=80))
def test_what_a_stranger_says_is_not_believed(header: bytes) -> None:
    assert choose_client(header, b"192.0.2.1", OURS) == (("192.0.2.1", None, None), "192.0.2.1")


@given(st.binary(max_size=80), st.sampled_from([b", 203.0.113.9", b", for=203.0.113.9"]))
def test_what_a_client_wrote_in_front_changes_nothing(said: bytes, added: bytes) -> None:
    added = added if b"=" not in said or b"for" in added else b", for=203.0.113.9"
    assert choose_client(said + added, PROXY, OURS)[0][0] == "203.0.113.9"


@pytest.mark.parametrize(
    ("log_format", "line"),
    [
        (
            '%h %t "%r" "%{Forwarded}i"',
            rb'10.0.0.5 [05/Jan/2026:12:34:56 +0000] "GET / HTTP/1.1" "for=\"198.51.100.7\""',
        ),
        (
            '$remote_addr [$time_local] "$request" "$http_forwarded"',
            rb'10.0.0.5 [05/Jan/2026:12:34:56 +0000] "GET / HTTP/1.1" "for=\x22198.51.100.7\x22;proto=https"',
        ),
        (
            '[$time_local] "$request" "$proxy_add_x_forwarded_for"',
            b'[05/Jan/2026:12:34:56 +0000] "GET / HTTP/1.1" "198.51.100.7, 10.0.0.5"',
        ),
        (
            '%h %t "%r" "%{Forwarded}i" "%{X-Forwarded-For}i"',
            b'10.0.0.5 [05/Jan/2026:12:34:56 +0000] "GET / HTTP/1.1" "for=203.0.113.1" "198.51.100.7"',
        ),
        (
            'json: {"client_ip": "ip", "requested_at": "t", "target": "u", "forwarded": "h.Forwarded"}',
            b'{"ip":"10.0.0.5","t":1767616496,"u":"/","h":{"Forwarded":["for=203.0.113.1","for=\\"198.51.100.7:80\\""]}}',
        ),
        (
            "iis date time c-ip cs-uri-stem X-Forwarded-For",
            b"2026-01-05 12:34:56 10.0.0.5 / 203.0.113.1,+198.51.100.7",
        ),
    ],
)
def test_every_format_knows_the_headers_of_proxies(log_format: str, line: bytes) -> None:
    parser = Parser([named_layout(log_format)], "www", "x.log", Reading(trusted_proxies=OURS))
    row: dict[str, Any]
    (row,) = parser.parse_block(line + b"\n").hits.to_pylist()
    assert (row["client_ip"], row["peer_ip"]) == ("198.51.100.7", "10.0.0.5")
