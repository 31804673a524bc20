"""After a day is closed nothing opens it: not with every copy ever written, not with every key that still exists."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins.steps.erasing import erase
from plugins.store import store as opening
from plugins.store.door import Folder
from plugins.store.window import DamagedError, unseal
from schemas.receipts import Sealed
from tests.stores import Site, apache_error, hit, silent, utc
from transforms.anonymising.addresses import Address

MORNING = utc(2026, 11, 20, 6)
DAYS: Final = [MORNING.date() + timedelta(days=number) for number in range(3)]
ERASED: Final = ip_address("203.0.113.211")  # visits every day
ROOTS: Final = ("store", "keys", "keys-mirror", "backups")


def spellings(address: Address) -> Iterator[bytes]:
    """What an address may look like in a text, in small letters."""
    texts = {str(address), address.exploded}
    if isinstance(address, IPv4Address):
        octets = str(address).split(".")
        mapped = IPv6Address(f"::ffff:{address}")
        texts |= {f"0x{int(address):x}", str(int(address)), "-".join(octets), ".".join(octets[::-1])}
        texts |= {".".join(f"{int(octet):03}" for octet in octets), mapped.exploded}
        texts |= {f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"}
    else:
        texts |= {":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))}
        texts |= {address.exploded.replace(":", "")}
    yield from (text.lower().encode() for text in texts)


def packings(address: Address) -> Iterator[bytes]:
    """Its bytes, where they are too many to occur by chance."""
    yield (IPv6Address(f"::ffff:{address}") if address.version == 4 else address).packed
    yield b"\xff\xff" + address.packed
    if address.version == 6:
        yield address.packed[::-1]


def decodings(content: bytes) -> Iterator[bytes]:
    """The bytes as they are, and percent-decoded up to three times."""
    for _ in range(4):
        yield content
        decoded = unquote_to_bytes(content)
        if decoded == content:
            return
        content = decoded


@dataclass
class Scanner:
    """Finds addresses in files; the pattern of an address must not go on in digits or letters of another one."""

    patterns: dict[Address, re.Pattern[bytes]] = field(default_factory=dict)

    def look_for(self, addresses: Iterable[Address]) -> "Scanner":
        for address in addresses:
            if address not in self.patterns:
                texts, raw = (b"|".join(map(re.escape, known(address))) for known in (spellings, packings))
                after = rb"(?![0-9])" if address.version == 4 else rb"(?![0-9a-f])"
                self.patterns[address] = re.compile(rb"(?<![0-9.])(?:" + texts + rb")" + after + rb"|" + raw, re.DOTALL)
        return self

    def in_bytes(self, content: bytes) -> set[Address]:
        forms = {form for raw in decodings(content) for form in (raw, raw.lower())}
        return {address for address, known in self.patterns.items() if any(map(known.search, forms))}

    def in_table(self, table: pa.Table) -> set[Address]:
        """In values, and in dictionary values that no row uses."""
        found = self.in_bytes(str(table.schema).encode())
        numbers = {int(address): address for address in self.patterns if address.version == 4}
        for column in table.columns:
            for chunk in column.chunks:
                values = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
                if pa.types.is_integer(values.type):
                    found |= {numbers[value] for value in values.to_pylist() if value in numbers}
                elif not pa.types.is_temporal(values.type) and not pa.types.is_floating(values.type):
                    raws = (one if isinstance(one, bytes) else str(one).encode() for one in values.to_pylist())
                    found |= self.in_bytes(b"\n".join(raws))
        return found

    def in_file(self, path: Path) -> set[Address]:
        """In its name and raw bytes; also in what a plain Parquet file holds."""
        content = path.read_bytes()
        found = self.in_bytes(str(path.name).encode()) | self.in_bytes(content)
        if content[:4] == b"PAR1":
            file = pq.ParquetFile(pa.BufferReader(content))
            found |= self.in_table(file.read()) | self.in_bytes(str(file.metadata.metadata).encode())
            found |= self.in_table(pq.read_table(pa.BufferReader(content), read_dictionary=file.schema_arrow.names))
        return found


class Hoard(Folder):
    """A folder that keeps a copy of everything ever written to it, as backups and old versions do; but for keys."""

    copies: list[tuple[str, str, bytes]]  # root, name, content

    def put(self, name: str, content: bytes) -> None:
        super().put(name, content)
        if self.root.name not in ("keys", "keys-mirror"):
            self.copies.append((self.root.name, name, content))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(Hoard, "copies", [], raising=False)
    monkeypatch.setattr(opening, "Folder", Hoard)
    return Site(tmp_path, MORNING)


def visitors(day: date) -> dict[str, Address]:
    """A visitor for every way into the store; each comes on that day only."""
    number = 10 * (1 + DAYS.index(day))
    names = ("plain", "path", "query", "referrer", "agent", "error", "trace", "raw", "mapped")
    found: dict[str, Address] = {name: IPv4Address(f"198.51.100.{number + at}") for at, name in enumerate(names)}
    groups = {"six": 0x111, "six_path": 0x222, "six_error": 0x333, "six_raw": 0x444}
    return found | {name: IPv6Address(f"2001:db8:{number:x}:7::{group:x}") for name, group in groups.items()}


def write_day(site: Site, day: date) -> None:
    """Lines of all visitors of the day, in many spellings."""
    who, now = visitors(day), site.now
    escaped = str(who["path"]).replace(".", "%2E")
    wholly = "".join(f"%{ord(char):02x}" for char in str(who["query"]))
    six = str(who["six_path"]).replace(":", "%3A")
    site.write(
        "access.log",
        *(hit(now, str(who["plain"]), f"/{number}") for number in range(3)),
        hit(now, f"::ffff:{who['mapped']}", "/mapped"),
        hit(now, who["six"].exploded.upper(), "/wp-login.php"),
        hit(now, "192.0.2.1", f"/who/{escaped}/x"),
        hit(now, "192.0.2.1", f"/who/%252f{six}"),
        hit(now, "192.0.2.1", f"/find?utm_source={wholly}&ip={who['query']}"),
        hit(now, "192.0.2.1").replace('"-"', f'"http://{who["referrer"]}:8080/x?ip={who["referrer"]}"'),
        hit(now, "192.0.2.1", agent=f"probe/1.0 (+http://{who['agent']}/)"),
        hit(now, str(ERASED), f"/of/{ERASED}"),
        f"{who['raw']} is no line, nor is {who['six_raw'].exploded}\n",
    )
    site.write(
        "error.log",
        apache_error(now, str(who["error"]), f"AH00128: File does not exist: /of/{who['error']}"),
        f"  a trace for {who['trace']}\n",
        apache_error(now, "192.0.2.1", f"AH01797: client denied by /x: [::ffff:{who['error']}] {who['six_error']}"),
    )


def files(site: Site) -> list[Path]:
    return [path for root in ROOTS for path in sorted((site.folder / root).rglob("*")) if path.is_file()]


def what_opens(site: Site) -> dict[str, list[pa.Table]]:
    """Every copy of a window object that ever was, by day, that any key file on any side opens."""
    secrets = {path.read_bytes() for root in ("keys", "keys-mirror") for path in (site.folder / root).rglob("*.*")}
    secrets |= {(site.folder / root / "store").read_bytes() for root in ("keys", "keys-mirror")}
    found: dict[str, list[pa.Table]] = {}
    sealed = {(name, content) for root, name, content in Hoard.copies if root == "window"}
    for name, content in sealed:
        for secret in secrets:
            try:
                table = unseal(content, secret, Sealed(name=name, digest="", rows=0))
            except DamagedError:
                continue
            found.setdefault(name.split("/")[0], []).append(table)
    return found


def everywhere(site: Site, scanner: Scanner) -> set[Address]:
    """The addresses in any file of any place, and in any copy of one."""
    found: set[Address] = set().union(*map(scanner.in_file, files(site)))
    for number, (_, name, content) in enumerate(dict.fromkeys(Hoard.copies)):
        copy = site.folder / "copies" / f"{number}-{name.rsplit('/', 1)[-1]}"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(content)
        found |= scanner.in_file(copy)
        copy.unlink()
    return found


def in_the_window(site: Site, scanner: Scanner) -> set[Address]:
    return set().union(*(scanner.in_table(table) for tables in what_opens(site).values() for table in tables))


@pytest.mark.parametrize(
    "name", ["plain.json", "trail.jsonl", "table.parquet", "coded.parquet", "raw.parquet", "key.1"]
)
@pytest.mark.parametrize("address", ["198.51.100.77", "2001:db8:0:7::4d"])
def test_the_scanner_finds_a_canary_in_every_kind_of_file_and_spelling(name: str, address: str, tmp_path: Path) -> None:
    """Nothing found would prove nothing, had it not been shown that it is found."""
    canary = ip_address(address)
    scanner = Scanner().look_for([canary, ip_address("198.51.100.7"), ip_address("2001:db8:0:7::4")])
    escaped = "".join(f"%{ord(char):02X}" for char in address)
    twice = address.replace(".", "%252E").replace(":", "%253a")
    texts = [address, address.upper(), canary.exploded, escaped, twice, f"::ffff:{address}"]
    for text in texts:
        path = tmp_path / name
        value: Any = f"x {text} y"
        if name.endswith(".parquet"):
            column = pa.array([value.encode() if name == "raw.parquet" else value, None] * 50)
            table = pa.table({"path": column.dictionary_encode() if name == "coded.parquet" else column})
            pq.write_table(table, path, compression="zstd")
        else:
            path.write_text(value)
        assert scanner.in_file(path) == {canary}, text


def test_the_scanner_finds_bytes_numbers_and_what_no_row_uses(tmp_path: Path) -> None:
    four, six = IPv4Address("198.51.100.77"), IPv6Address("2001:db8:0:7::4d")
    scanner = Scanner().look_for([four, six])
    for packed in (six.packed, IPv6Address("::ffff:198.51.100.77").packed):
        (tmp_path / "packed").write_bytes(b"..." + packed + b"...")
        assert len(scanner.in_file(tmp_path / "packed")) == 1
    pq.write_table(pa.table({"code": [1, int(four)]}), tmp_path / "numbers")
    assert scanner.in_file(tmp_path / "numbers") == {four}
    stranger = pa.DictionaryArray.from_arrays(pa.array([0]), pa.array(["nobody", str(four)]))
    assert scanner.in_table(pa.table({"client_ip": stranger})) == {four}
    (tmp_path / "none").write_text("198.51.100.7 198.51.100.770 1198.51.100.77 198.51.100.0/24 2001:db8::/48")
    assert scanner.in_file(tmp_path / "none") == set()


def test_after_a_close_no_copy_and_no_key_opens_the_day_and_no_place_holds_its_addresses(site: Site) -> None:
    """Three days, one person erased on the way, one day after the other closed."""
    for day in DAYS:
        write_day(site, day)
        assert site.ingest(shard_bytes=1500).problems == []
        site.now += timedelta(days=1)
    site.rebuild()
    scanner = Scanner()
    for day in DAYS:
        scanner.look_for(visitors(day).values())
    everybody = {address for day in DAYS for address in visitors(day).values()}
    assert in_the_window(site, scanner) == everybody, "all are readable before the first close, by the same scanner"
    assert sorted(what_opens(site)) == [str(day) for day in DAYS]
    assert everywhere(site, scanner) == set(), "and nothing of it outside of what is sealed"

    scanner.look_for([ERASED])
    assert ERASED in in_the_window(site, scanner)
    erased = erase(site.open(), {ERASED}, "operations", silent)
    assert erased.days == DAYS
    assert erased.lines == len(DAYS)
    assert ERASED not in in_the_window(site, scanner), "no copy of the day before the erasure opens any more"

    for closed, day in enumerate(DAYS, start=1):
        site.now = utc(2026, 11, 25 + closed, 22, 30)
        site.write("access.log", "")
        assert [mark.day for mark in site.close()] == [day]
        gone = {address for one in DAYS[:closed] for address in visitors(one).values()} | {ERASED}
        opened = what_opens(site)
        assert sorted(opened) == [str(one) for one in DAYS[closed:]]
        assert in_the_window(site, scanner) == everybody - gone
        assert everywhere(site, scanner) == set()
        assert not [path for path in files(site) if day.isoformat() in str(path) and "window" in path.parts]
        assert site.open().keys.generations(day) == []
    assert site.open().keys.days() == set()
    assert len(site.tables()["days"]) == len(DAYS), "and what may stay is there"
    assert site.open().audit.verify().entries == 3 + len(DAYS), "an erasure with its backup, and the closings"


def test_an_import_leaves_nothing_that_opens(site: Site) -> None:
    """Its key was never anywhere but in memory."""
    old = DAYS[0]
    write_day(site, old)
    site.now += timedelta(days=30)
    site.write("access.log", hit(site.now, "192.0.2.1"))
    marks = site.ingest(shard_bytes=700).marks
    assert [mark.how for mark in marks] == ["imported"]
    scanner = Scanner().look_for([*visitors(old).values(), ERASED])
    assert any(name.startswith(str(old)) for root, name, _ in Hoard.copies if root == "window")
    strays = {visitors(old)["raw"], visitors(old)["six_raw"]} & in_the_window(site, scanner)
    assert strays == in_the_window(site, scanner) == set()
    assert list(what_opens(site)) == [str(site.now.date())]
    assert everywhere(site, scanner) == set()
