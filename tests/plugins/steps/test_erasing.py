"""Who asks to be erased is gone from every open day, and nobody else is."""

import shutil
from collections import Counter
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from plugins.steps.days import day_receipts, load_day
from plugins.steps.erasing import Erased, erase
from plugins.store.door import Folder
from plugins.store.store import utc_now
from tests.command import Done, run_lethe
from tests.stores import Site, apache_error, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
DAY = NOON.date()
YESTERDAY, BEFORE = DAY - timedelta(days=1), DAY - timedelta(days=2)
ANNA, BERIT = "192.0.2.77", "198.51.100.5"
CARI = "2001:db8:0:7::4d"
PROBE = "/wp-login.php"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of Berit, with Anna on two of them; shards so small that an error entry spans two."""
    site = Site(tmp_path_factory.mktemp("origin"), NOON)
    site.write("access.log.2", hit(NOON - timedelta(days=2), BERIT, "/first"))
    site.write("access.log.1", hit(NOON - timedelta(days=1), ANNA), hit(NOON - timedelta(days=1), BERIT))
    site.write("access.log", hit(NOON, ANNA, "/anna"), hit(NOON, BERIT, "/berit"), hit(NOON, CARI, "/cari"))
    site.write("error.log", apache_error(NOON, ANNA), "  of Anna\n", apache_error(NOON, BERIT), "  of Berit\n")
    assert site.ingest(shard_bytes=1).problems == []
    return site.folder


@pytest.fixture
def site(origin: Path, tmp_path: Path) -> Site:
    shutil.copytree(origin, tmp_path / "site")
    return Site(tmp_path / "site", NOON)


def erase_from(site: Site, *addresses: str) -> Erased:
    return erase(site.open(), set(map(ip_address, addresses)), "operations", silent)


def rows(site: Site) -> Counter[str]:
    """Every row of every open day, by its table."""
    store, found = site.open(), Counter[str]()
    for day in store.open_days():
        receipts = day_receipts(store, day)
        data = load_day(store.window, day, receipts, lambda generation, day=day: store.keys.get(day, generation))
        for name in ("hits", "errors", "events"):
            table = getattr(data, name)
            found.update(f"{name} {row}" for row in table.select(table.schema.names).to_pylist())
        found.update({f"continuations {day}": data.continuations, f"quarantined {day}": data.quarantined})
    return found


def sealed_names(site: Site) -> set[str]:
    store = site.open()
    receipts = filter(None, map(store.receipts.get, store.receipts.shards()))
    return {sealed.name for receipt in receipts for sealed in receipt.objects}


def lethe(site: Site, text: str, *options: str) -> Done:
    """The command; the store's clock is then the machine's own, and so is the site's."""
    return run_lethe("erase", "--policy", site.policy, *options, text=text)


def test_every_line_of_an_address_goes_from_every_open_day(site: Site) -> None:
    before = rows(site)
    erased = erase_from(site, ANNA)
    assert (erased.lines, erased.days) == (4, [YESTERDAY, DAY])
    after = rows(site)
    assert not [row for row in after if ANNA in row or "/anna" in row]
    gone = before - after
    assert after - before == Counter()
    assert gone[f"continuations {DAY}"] == 1, "the trace goes with its entry, though it was read in another shard"
    assert all(ANNA in row or row.startswith("continuations") for row in gone), "other people's rows stay as they were"


def test_the_day_has_a_new_key_and_the_old_one_is_nowhere(site: Site) -> None:
    store = site.open()
    old = {day: store.keys.current(day).secret for day in store.open_days()}
    erase_from(site, ANNA)
    assert [store.keys.generations(day) for day in (BEFORE, YESTERDAY, DAY)] == [["1"], ["2"], ["2"]]
    for side in (store.keys.main, store.keys.mirror):
        assert sorted(side.names()) == [f"{BEFORE}.1", f"{YESTERDAY}.2", f"{DAY}.2", "store"]
        assert {side.get(name) for name in side.names()} & set(old.values()) == {old[BEFORE]}
    assert set(store.window.names()) == sealed_names(site), "no old object is left"


def test_counts_say_how_many_were_erased_and_balance(site: Site) -> None:
    before = site.counts()
    erase_from(site, ANNA)
    after = site.counts()
    assert after == {"hits": 3, "errors": 1, "continuations": 1, "erased": 4} | {"hits": before["hits"] - 2}
    assert after.total() == before.total()
    assert site.ingest().lines.total() == 0, "what was erased is not read again"


def test_a_rebuild_counts_without_them(site: Site) -> None:
    site.rebuild()
    erase_from(site, ANNA)
    assert site.rebuild() == [YESTERDAY, DAY]
    days = {row["day"]: row for row in map(dict, site.tables()["days"])}
    assert {day: (row["lines"], row["hits"], row["errors"]) for day, row in days.items()} == {
        str(BEFORE): (1, 1, 0),
        str(YESTERDAY): (1, 1, 0),
        str(DAY): (4, 2, 1),
    }
    paths = {dict(row)["path"] for row in site.tables()["pages_daily"]}
    assert paths >= {"/berit", "/cari"}
    assert "/anna" not in paths


@pytest.mark.parametrize(
    "line",
    [
        hit(NOON, BERIT, "/who/192%2E0%2E2%2E77"),
        hit(NOON, BERIT, "/?ip=%31%39%32%2E0%2E2%2E77&x=1"),
        hit(NOON, BERIT, "/?ip=::FFFF:C000:024D"),
        hit(NOON, BERIT, agent="probe of 192.000.002.077"),
        hit(NOON, BERIT).replace('"-"', '"http://example.com/?from=192%252E0%252E2%252E77"'),
        hit(NOON, "::ffff:192.0.2.77"),
        f"{ANNA} is quarantined\n",
        "\udcff 192%2E0%2E2%2E77 \udcfe\n",
    ],
)
def test_whoever_mentions_the_address_in_any_column_and_spelling_goes_too(line: str, tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON, BERIT))
    with (site.logs / "access.log").open("ab") as file:
        file.write(line.encode(errors="surrogateescape"))
    site.ingest()
    assert erase_from(site, ANNA).lines == 1
    assert site.counts() == {"hits": 1, "erased": 1}


@pytest.mark.parametrize(
    "message", ["AH01797: client denied: /by/192%2E0%2E2%2E77", "script 'x' saw [::ffff:192.0.2.77]:443"]
)
def test_error_messages_and_traces_that_mention_the_address_go_too(message: str, tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    site.write("error.log", apache_error(NOON, BERIT, message), "  a trace\n")
    site.write("error.log", apache_error(NOON, BERIT), "  for 192.0.2.77\n", "  and on\n")
    site.ingest(shard_bytes=1)
    assert erase_from(site, ANNA).lines == 3
    assert site.counts() == {"errors": 1, "continuations": 1, "erased": 3}


def test_what_a_scenario_saw_in_an_erased_hit_goes_with_it(tmp_path: Path) -> None:
    """Berit's request mentions Anna: the hit goes, and nothing may still count it."""
    site = Site(tmp_path, NOON)
    site.write("access.log", hit(NOON, BERIT, f"{PROBE}?ip=192.0.2.77"), hit(NOON, BERIT, PROBE))
    site.ingest(shard_bytes=1)
    events = [row for row in rows(site) if row.startswith("events")]
    erase_from(site, ANNA)
    left = [row for row in rows(site) if row.startswith("events")]
    assert 0 < len(left) < len(events)
    assert not [row for row in left if "'line_number': 1," in row]


def test_a_day_without_the_address_keeps_its_generation_and_its_objects(site: Site) -> None:
    before = sealed_names(site)
    assert erase_from(site, "203.0.113.99") == Erased(0, [])
    assert sealed_names(site) == before
    assert site.open().keys.generations(DAY) == ["1"]
    assert erase_from(site, CARI).days == [DAY]
    assert {name for name in before if str(DAY) not in name} <= sealed_names(site)


def test_ipv6_and_several_addresses_at_once(site: Site) -> None:
    assert erase_from(site, CARI, BERIT).lines == 6
    assert site.counts() == {"hits": 2, "errors": 1, "continuations": 1, "erased": 6}
    assert erase_from(site, ANNA).lines == 4
    assert site.counts() == {"erased": 10}
    assert list(site.open().window.names()) == []


def test_lines_that_come_after_an_erasure_are_kept_under_the_new_key(site: Site) -> None:
    erase_from(site, ANNA)
    site.write("access.log", hit(NOON, "203.0.113.4", "/after"))
    site.ingest()
    assert {name.split(".")[-2] for name in sealed_names(site) if str(DAY) in name} == {"2"}
    assert [row for row in rows(site) if "/after" in row]


def test_a_closed_day_is_not_opened_for_it(site: Site) -> None:
    site.now = utc(2026, 11, 25, 22, 30)
    site.write("access.log", "")
    assert [mark.day for mark in site.close()] == [BEFORE, YESTERDAY]
    assert erase_from(site, ANNA).days == [DAY]


def test_the_audit_trail_says_that_it_was_done_and_to_nobody_whom(site: Site) -> None:
    erase_from(site, ANNA, CARI)
    store = site.open()
    assert store.audit.verify().entries == 3, "begun, backed up, done"
    text = b"".join(store.audit.place.get(name) for name in store.audit.place.names()).decode()
    assert '"erasure begun"' in text
    assert '"lines":5' in text
    assert ANNA not in text
    assert "2001:db8" not in text


def everything(site: Site) -> dict[str, Any]:
    """Counts, rows, generations but for their numbers, and what lies in the places."""
    store = site.open()
    names = sealed_names(site)
    return {
        "counts": site.counts(),
        "rows": rows(site),
        "keys": [len(store.keys.generations(day)) for day in store.open_days()],
        "mirror": sorted(store.keys.main.names()) == sorted(store.keys.mirror.names()),
        "garbage": set(store.window.names()) - names,
        "objects": len(names),
    }


class KilledError(BaseException):
    """The end of a process, as far as what it leaves behind is concerned."""


@pytest.mark.parametrize(
    ("method", "root", "part", "number"),
    [
        ("put", "audit", "", 1),
        ("put", "keys-mirror", f"{DAY}.2", 1),
        ("put", "keys", f"{DAY}.2", 1),
        ("put", "window", f"{DAY}/hits", 2),
        ("put", "receipts", "", 5),
        ("remove", "window", f"{DAY}/", 2),
        ("remove", "keys", f"{DAY}.1", 1),
        ("remove", "keys-mirror", f"{DAY}.1", 1),
        ("put", "audit", "", 2),
    ],
)
def test_an_erasure_that_was_killed_is_finished_by_the_next(
    method: str, root: str, part: str, number: int, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = getattr(Folder, method), [0]

    def act(place: Folder, name: str, *content: bytes) -> None:
        calls[0] += place.root.name == root and name.startswith(part)
        if calls[0] == number:
            raise KilledError
        whole(place, name, *content)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, method, act)
        with pytest.raises(KilledError):
            erase_from(site, ANNA)
    erase_from(site, ANNA)
    found = everything(site)
    assert not [row for row in found["rows"] if ANNA in row]
    assert found["counts"] == {"hits": 4, "errors": 1, "continuations": 1, "erased": 4}
    assert (found["keys"], found["mirror"], found["garbage"]) == ([1, 1, 1], True, set())


def test_an_old_key_that_only_the_mirror_still_has_does_not_come_back_on_the_way(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = site.open().keys.mirror
    old = mirror.get(f"{DAY}.1")
    erase_from(site, ANNA)
    mirror.put(f"{DAY}.1", old)  # as a kill in the middle of the shredding leaves it
    put = Folder.put

    def put_no_old_key(place: Folder, name: str, content: bytes) -> None:
        assert content != old
        put(place, name, content)

    monkeypatch.setattr(Folder, "put", put_no_old_key)
    erase_from(site, "203.0.113.99")
    assert [side.get(name) == old for side in (site.open().keys.main, mirror) for name in side.names()] == [False] * 8
    assert site.open().keys.generations(DAY) == ["3"]


def test_the_command_takes_addresses_from_standard_input_only(tmp_path: Path) -> None:
    """Their spelling is free; what it says holds none of them."""
    site = Site(tmp_path, utc(*utc_now().timetuple()[:3]))
    site.write("access.log", hit(site.now, ANNA), hit(site.now, BERIT), hit(site.now, CARI))
    site.ingest()
    done = lethe(site, f"\n ::ffff:{ANNA} \n{CARI.upper()}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "lines erased: 2" in done.stdout
    assert site.counts() == {"hits": 1, "erased": 2}
    for text, line in (("192.0.2.1\nsecret name\n", 2), ("999.0.2.1", 1), ("192.0.2.1 192.0.2.2\n", 1)):
        done = lethe(site, text)
        assert (done.returncode, done.stdout) == (1, "")
        expected = f"lethe: standard input, line {line}: this is no IPv4 or IPv6 address; nothing was erased\n"
        assert done.stderr == expected
    assert lethe(site, "").returncode == 1
    assert lethe(site, "", "--no-such-option").returncode == 2
    assert lethe(site, "", ANNA).returncode == 2, "an address has no place in a command line"
    assert site.counts() == {"hits": 1, "erased": 2}
