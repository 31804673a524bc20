"""An object of the window opens under its own key and name only, as it was written, and holds nothing but its rows."""

from datetime import date, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plugins.keys.day_keys import DayKey, process_only_key
from plugins.steps.erasing import erase
from plugins.store.door import Folder
from plugins.store.window import DamagedError, Window, seal, unseal, without_strangers
from schemas.receipts import Sealed
from schemas.window import CONTINUATIONS, HITS, QUARANTINE
from tests.stores import Site, hit, silent, utc
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parser

NOON = utc(2026, 11, 20, 11)
DAY = NOON.date()
YESTERDAY = DAY - timedelta(days=1)
SOURCE = "www/0123456789abcdef/0-100"


@pytest.fixture
def window(tmp_path: Path) -> Window:
    return Window(Folder(tmp_path / "window"))


@pytest.fixture
def key() -> DayKey:
    return DayKey(DAY, "1", b"k" * 32)


def some_hits(*addresses: str) -> pa.Table:
    lines = "".join(hit(NOON, address) for address in addresses)
    return Parser([named_layout("combined")], "www", "0123456789abcdef", Reading()).parse_block(lines.encode(), 1).hits


def assert_refused(window: Window, sealed: Sealed, key: DayKey) -> None:
    """In a sentence that says which day, how many rows, and what to do."""
    with pytest.raises(DamagedError) as caught:
        window.get(sealed, key)
    sentence = str(caught.value)
    for part in (str(sealed.day), f"{sealed.rows} rows", sealed.name, f"lethe close --give-up {sealed.day}"):
        assert part in sentence
    assert "192.0.2" not in sentence
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_is_sealed_opens_as_it_was(window: Window, key: DayKey) -> None:
    table = some_hits("192.0.2.1", "2001:db8::1", "192.0.2.1")
    sealed = window.put("hits", SOURCE, table, key)
    assert (sealed.day, sealed.kind, sealed.generation, sealed.rows) == (DAY, "hits", "1", 3)
    opened = window.get(sealed, key)
    assert opened.schema == HITS
    assert opened.to_pylist() == table.to_pylist()
    assert list(window.names(DAY)) == [sealed.name]
    assert list(window.names(YESTERDAY)) == []


def test_the_same_rows_never_make_the_same_bytes(window: Window, key: DayKey) -> None:
    first = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    assert window.put("hits", SOURCE, some_hits("192.0.2.1"), key).digest != first.digest


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.99])
def test_half_an_object_is_refused(share: float, window: Window, key: DayKey) -> None:
    sealed = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    content = window.place.get(sealed.name)
    window.place.put(sealed.name, content[: int(len(content) * share)])
    assert_refused(window, sealed, key)


def test_a_changed_byte_is_refused_wherever_it_is(window: Window, key: DayKey) -> None:
    """By the digest in the receipt, and were that forged too, by the seal."""
    sealed = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    content = window.place.get(sealed.name)
    for position in range(0, len(content), 37):
        changed = content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]
        window.place.put(sealed.name, changed)
        assert_refused(window, sealed, key)
        forged = sealed.model_copy(update={"digest": sha256(changed).hexdigest()})
        try:
            opened = window.get(forged, key)
        except DamagedError:
            continue
        assert opened.to_pylist() == some_hits("192.0.2.1").to_pylist(), "a byte that nobody reads"


def test_a_lost_object_is_named(window: Window, key: DayKey) -> None:
    sealed = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    window.place.remove(sealed.name)
    assert_refused(window, sealed, key)


@pytest.mark.parametrize(
    ("kind", "source", "of"),
    [
        ("hits", "www/0123456789abcdef/100-200", (DAY, "1")),
        ("hits", "www/fedcba9876543210/0-100", (DAY, "1")),
        ("hits", SOURCE, (DAY, "2")),
        ("hits", SOURCE, (YESTERDAY, "1")),
    ],
    ids=["shard", "file", "generation", "day"],
)
def test_objects_that_change_places_are_refused_even_under_the_same_key(
    kind: str, source: str, of: tuple[date, str], window: Window, key: DayKey
) -> None:
    one = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    other_key = DayKey(*of, key.secret)
    other = window.put(kind, source, some_hits("192.0.2.2"), other_key)
    contents = [window.place.get(sealed.name) for sealed in (one, other)]
    for sealed, content, its_key in ((one, contents[1], key), (other, contents[0], other_key)):
        window.place.put(sealed.name, content)
        assert_refused(window, sealed, its_key)
        forged = sealed.model_copy(update={"digest": sha256(content).hexdigest()})
        assert_refused(window, forged, its_key)


def test_a_plain_table_in_the_place_of_a_sealed_one_is_refused(window: Window, key: DayKey) -> None:
    """Somebody who can write the window, and receipts too, but has no key."""
    sealed = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    sink = pa.BufferOutputStream()
    pq.write_table(some_hits("192.0.2.2"), sink)
    plain = sink.getvalue().to_pybytes()
    window.place.put(sealed.name, plain)
    assert_refused(window, sealed, key)
    assert_refused(window, sealed.model_copy(update={"digest": sha256(plain).hexdigest()}), key)


def test_an_object_of_another_kind_is_refused(window: Window, key: DayKey) -> None:
    name = f"{DAY}/quarantine/{SOURCE}.1.parquet"
    content = seal(some_hits("192.0.2.1"), key.secret, name)
    window.place.put(name, content)
    assert_refused(window, Sealed(name=name, digest=sha256(content).hexdigest(), rows=1), key)


def test_another_key_opens_nothing_and_neither_does_none(window: Window, key: DayKey) -> None:
    sealed = window.put("hits", SOURCE, some_hits("192.0.2.1"), key)
    assert_refused(window, sealed, process_only_key(DAY))
    with pytest.raises(OSError, match=r"(?i)encrypt|decrypt"):
        pq.read_table(pa.BufferReader(window.place.get(sealed.name)))


def test_nothing_of_a_sealed_table_can_be_read_in_its_bytes(window: Window, key: DayKey) -> None:
    """Neither values nor their smallest and largest, nor the names of columns."""
    quarantine = pa.Table.from_pylist(
        [{"log": "www", "file": "0123456789abcdef", "line_number": 1, "reason": "format", "raw": b"192.0.2.77 raw"}],
        schema=QUARANTINE,
    )
    for kind, table in (("hits", some_hits(*["192.0.2.77"] * 1000)), ("quarantine", quarantine)):
        content = window.place.get(window.put(kind, SOURCE, table, key).name)
        for needle in (b"192.0.2.77", b"Mozilla", b"client_ip", b"ARROW", b"raw", b"0123456789abcdef"):
            assert needle not in content
        assert content[:4] == content[-4:] == b"PARE", "an encrypted footer"


def opened_texts(site: Site, day: date) -> set[str]:
    """Every text in the dictionaries and rows of a day's objects."""
    store = site.open()
    found: set[str] = set()
    for shard in store.receipts.shards():
        receipt = store.receipts.get(shard)
        assert receipt
        for sealed in receipt.of_day(day):
            key = store.keys.get(day, sealed.generation)
            table = unseal(store.window.place.get(sealed.name), key.secret, sealed)
            for column in table.columns:
                for chunk in column.chunks:
                    values = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
                    found.update(map(str, values.to_pylist()))
    return found


def test_a_shard_of_two_days_leaves_no_address_of_the_earlier_in_the_later(tmp_path: Path) -> None:
    """Its columns share one dictionary; sealed with the later day, it would outlive the earlier one."""
    site = Site(tmp_path, NOON)
    for number in range(3):
        site.write("access.log", hit(NOON - timedelta(days=1), f"192.0.2.{number + 1}", f"/from/192.0.2.{number + 1}"))
    site.write("access.log", "192.0.2.9 wrote this\n", hit(NOON, "198.51.100.1"), "198.51.100.2 wrote this\n")
    site.ingest()
    earlier, later = opened_texts(site, YESTERDAY), opened_texts(site, DAY)
    assert {"192.0.2.1", "192.0.2.2", "192.0.2.3"} <= earlier
    assert "198.51.100.1" in later
    assert not [text for text in later if "192.0.2" in text]
    assert not [text for text in earlier if "198.51.100" in text]


def test_an_erased_address_is_in_no_dictionary_either(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON, "192.0.2.1"), hit(NOON, "192.0.2.2", "/?ip=192.0.2.1"), hit(NOON, "192.0.2.3"))
    site.ingest()
    erase(site.open(), {ip_address("192.0.2.1")}, "operations", silent)
    texts = opened_texts(site, DAY)
    assert "192.0.2.3" in texts
    assert not [text for text in texts if "192.0.2.1" in text]


def test_leaving_out_strangers_changes_no_row(key: DayKey) -> None:
    whole = some_hits("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.2")
    for start, length in ((0, 4), (1, 2), (2, 1), (4, 0)):
        part = whole.slice(start, length)
        own = without_strangers(pa.concat_tables([HITS.empty_table(), part]))
        assert own.schema == HITS
        assert own.to_pylist() == part.to_pylist()
        if length:
            assert own["client_ip"].chunk(0).dictionary.to_pylist() == list(
                dict.fromkeys(part["client_ip"].to_pylist())
            )
    nothing = CONTINUATIONS.empty_table()
    assert without_strangers(nothing).to_pylist() == []
