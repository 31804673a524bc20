"""The scanner finds a canary in every spelling and every kind of file it claims, and does not see any where none is."""

import json
import secrets
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from datetime import date, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.forgetting import scanner as scanning
from plugins.forgetting.canaries import Canaries, Seed, derive, new_canaries
from plugins.forgetting.planting import ENCODED, PACKED, missed_kinds
from plugins.forgetting.scanner import TOGETHER, Canary, Scanner
from transforms.anonymising.spellings import in_base64, spell

DAY = date(2026, 11, 20)


def some_canaries(days: int) -> list[Canaries]:
    found: list[Canaries] = []
    for number in range(days):
        found.append(new_canaries(DAY + timedelta(days=number), found)[1])
    return found


# The same in every process: what is not has other names there for some tests.
CANARIES = [derive(Seed(day=DAY + timedelta(days=number), secret=f"{number:064x}")) for number in range(3)]
SCANNER = Scanner(CANARIES)
FIRST = CANARIES[0]
IPV4, IPV6 = FIRST.addresses[0], FIRST.addresses[6]


@pytest.mark.parametrize("days", [1, 5, 20])
def test_every_canary_is_found_in_every_kind_of_file_and_spelling(days: int, tmp_path: Path) -> None:
    canaries = some_canaries(days)
    assert missed_kinds(Scanner(canaries), canaries, tmp_path) == []


def test_no_canary_is_spelt_like_one_of_another_day() -> None:
    strong = [{one.content for _, one in each.spellings() if not one.is_weak} for each in some_canaries(40)]
    assert len(set().union(*strong)) == sum(map(len, strong))


@pytest.mark.parametrize("packed", ["gzip", "zstd", "bzip2", "xz", "zip"])
@pytest.mark.parametrize("encoded", ["percent-encoded twice", "JSON, escaped", "UTF-16, big endian", "base64, 1"])
def test_an_encoded_text_in_a_packed_file_is_found(packed: str, encoded: str) -> None:
    content = PACKED[packed](ENCODED[encoded](f"a {IPV4} b {IPV6} c".encode()))
    assert SCANNER.scan(content) == {Canary(DAY, 0), Canary(DAY, 6)}


@settings(deadline=None)
@given(st.sampled_from(range(10)), st.binary(max_size=40), st.binary(max_size=40), st.booleans())
def test_in_base64_it_is_found_wherever_it_begins(number: int, before: bytes, after: bytes, is_url: bool) -> None:
    encode = urlsafe_b64encode if is_url else b64encode
    written = f"/{FIRST.addresses[number]}/".encode()
    assert Canary(DAY, number) in SCANNER.scan(encode(before + written + after))


@settings(deadline=None)
@given(st.sampled_from(range(10)), st.data())
def test_however_much_of_it_is_percent_encoded_it_is_found(number: int, data: st.DataObject) -> None:
    text = str(FIRST.addresses[number])
    for _ in range(data.draw(st.integers(0, 2))):
        chosen = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
        text = "".join(f"%{ord(char):02x}" if is_one else char for char, is_one in zip(text, chosen, strict=True))
        text = quote(text, safe="/:.%") if data.draw(st.booleans()) else text
    assert Canary(DAY, number) in SCANNER.scan(f"GET /{text} HTTP/1.1".encode())


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 3 << 20), st.sampled_from(range(13)))
def test_it_is_found_at_every_place_of_a_large_file(place: int, number: int) -> None:
    texts = [*map(str, FIRST.addresses), *FIRST.words]
    content = bytearray(b"x" * (3 << 20) + b" " * 64)
    content[place : place + len(texts[number])] = texts[number].encode()
    assert SCANNER.scan(bytes(content)) == {Canary(DAY, number)}


@pytest.mark.parametrize(
    "written",
    [
        f"::ffff:{IPV4}",
        f"::ffff:{int(IPV4) >> 16:x}:{int(IPV4) & 0xFFFF:x}",
        f"64:ff9b::{int(IPV4) >> 16:X}:{int(IPV4) & 0xFFFF:X}",
        f"2002:{int(IPV4) >> 16:x}:{int(IPV4) & 0xFFFF:x}::1",
        IPv6Address(f"::ffff:{IPV4}").exploded,
        f"{ip_address(IPV4.packed[::-1])}.in-addr.arpa",
        IPV4.reverse_pointer,
        f"host-{str(IPV4).replace('.', '-')}.example.net",
    ],
)
def test_forms_that_carry_an_ipv4_address_are_found(written: str) -> None:
    assert SCANNER.scan(f'{{"ip": "{written}"}}'.encode()) == {Canary(DAY, 0)}


@pytest.mark.parametrize(
    "written", [IPV6.reverse_pointer, str(IPV6).upper(), IPV6.exploded, f"[{IPV6}]:443", hex(int(IPV6)), str(int(IPV6))]
)
def test_forms_of_ipv6_are_found(written: str) -> None:
    assert SCANNER.scan(f"a {written} b".encode()) == {Canary(DAY, 6)}


def test_one_number_of_32_bits_is_an_accident_and_three_of_a_day_are_none() -> None:
    numbers = [str(int(address)) for address in FIRST.addresses[:6]]
    assert SCANNER.scan(json.dumps(numbers[:2]).encode()) == set()
    assert SCANNER.scan(json.dumps(numbers[:TOGETHER]).encode()) == {Canary(DAY, number) for number in range(TOGETHER)}
    others = [str(int(one.addresses[0])) for one in CANARIES]
    assert SCANNER.scan(json.dumps(others).encode()) == set(), "one of each day is still an accident"
    longer = [f"{number}0" for number in numbers]
    assert SCANNER.scan(json.dumps(longer).encode()) == set(), "digits that go on are other numbers"


def test_noise_digests_and_other_addresses_are_no_canaries() -> None:
    scanner = Scanner(some_canaries(8))
    noise = secrets.token_bytes(4 << 20)
    digests = "\n".join(sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(50_000)).encode()
    near = "\n".join(f"198.18.{n % 100}.{n // 256} 2001:db8:cafe::/48 198.18.200.0/24" for n in range(5_000)).encode()
    assert scanner.scan(noise) | scanner.scan(b64encode(noise)) | scanner.scan(digests) | scanner.scan(near) == set()


def test_a_truncated_network_is_no_canary() -> None:
    for address in FIRST.addresses:
        kept = 24 if address.version == 4 else 64
        packed = (int(address) >> (address.max_prefixlen - kept)) << (address.max_prefixlen - kept)
        network = type(address)(packed)
        assert SCANNER.scan(f'"{network}/{kept}"'.encode()) == set()


def test_a_damaged_file_is_read_as_far_as_it_goes() -> None:
    text = b"\n".join(secrets.token_hex(40).encode() for _ in range(20_000))
    whole = PACKED["gzip"](f"{IPV4}\n".encode() + text)
    assert SCANNER.scan(whole[: len(whole) // 2]) == {Canary(DAY, 0)}
    assert SCANNER.scan(b"PAR1" + f"{IPV4}".encode() + b"PAR1") == {Canary(DAY, 0)}


def test_deleted_rows_that_a_database_still_holds_are_found(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE a (b)")
        database.execute("INSERT INTO a VALUES (?)", (f"client {IPV4} ",))
        database.commit()
        database.execute("DELETE FROM a")
    assert SCANNER.scan((tmp_path / "a.db").read_bytes()) == {Canary(DAY, 0)}


def test_a_dictionary_s_unused_values_are_found() -> None:
    column = pa.array(["x", str(IPV4)]).dictionary_encode().filter(pa.array([True, False]))
    assert SCANNER.scan_table(pa.table({"a": column})) == {Canary(DAY, 0)}


@pytest.mark.parametrize("kind", ["gzip", "tar with gzip inside", "Parquet, plain"])
def test_a_scanner_that_cannot_open_a_kind_says_so(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "unpack", lambda _: iter(()))
    assert kind in missed_kinds(SCANNER, CANARIES, tmp_path)


def test_a_scanner_that_cannot_decode_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "decode", lambda _: iter(()))
    missed = missed_kinds(SCANNER, CANARIES, tmp_path)
    assert {"percent-encoded", "JSON, escaped", "UTF-16, little endian"} <= set(missed)


@given(st.binary(min_size=32, max_size=32))
def test_no_spelling_of_a_canary_is_the_beginning_of_another_address(secret: bytes) -> None:
    canaries = derive(Seed(day=DAY, secret=secret.hex()))
    for address in canaries.addresses:
        if isinstance(address, IPv4Address):
            assert len(str(address)) == len("198.18.123.123")
        else:
            assert len(str(address)) in (len("2001:db8:cafe:1111:1111:1111:1111:1111"), len("2001:db8:cafe::1111:1111"))
    assert all(len(one.content) >= scanning.SHORTEST for address in canaries.addresses for one in spell(address))


@given(st.binary(min_size=1, max_size=20), st.binary(max_size=9), st.binary(max_size=9))
def test_the_inner_letters_of_base64_are_its_own(content: bytes, before: bytes, after: bytes) -> None:
    assert in_base64(content)[len(before) % 3] in b64encode(before + content + after)
