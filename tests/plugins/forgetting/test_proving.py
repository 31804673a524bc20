"""A proof finds its canaries while it may, then nowhere; whatever is left anywhere breaks the check of that place."""

import gzip
import json
import os
import secrets
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import create_engine

from plugins.backups.purging import purge
from plugins.backups.taking import back_up
from plugins.backups.target import Target
from plugins.forgetting import proving
from plugins.forgetting import scanner as scanning
from plugins.forgetting.canaries import canaries_of
from plugins.forgetting.checks import Evidence, run_checks
from plugins.forgetting.hunting import Hunt
from plugins.forgetting.marked_log import marked_receipts, sealed_of
from plugins.forgetting.proving import prove
from plugins.forgetting.scanner import Scanner
from plugins.forgetting.traces import Outside
from plugins.publishing import as_parquet
from plugins.steps.closing import close_day
from plugins.steps.detecting import detect
from plugins.steps.erasing import erase
from plugins.steps.expiring import archived_at
from plugins.steps.watching import Watch
from plugins.store.locks import BusyError
from schemas.forgetting import CANARY_LOG, ForgettingReport
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
TODAY = date(2026, 11, 20)
A_DAY = timedelta(days=1)
HERE = Outside(temporary=())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site", NOON)
    site.write("access.log", hit(NOON - timedelta(hours=1)), hit(NOON, "192.0.2.2", "/wp-login.php"))
    site.ingest()
    return site


def go_to(site: Site, moment: Any) -> None:
    """The clock goes on, and so do the logs; days that are due close."""
    site.now = moment
    site.write("access.log", hit(moment))
    site.ingest()
    site.close()


def proven(site: Site, outside: Outside = HERE) -> ForgettingReport:
    return prove(site.open(), "operations", silent, outside)


def results(report: ForgettingReport) -> dict[str, str]:
    return {check.check: check.result for check in report.checks}


def sentence(report: ForgettingReport, name: str) -> str:
    (found,) = (check.sentence for check in report.checks if check.check == name)
    return found


def phases(report: ForgettingReport) -> dict[date, tuple[str, tuple[str, ...]]]:
    return {one.day: (one.phase, one.found) for one in report.canaries}


def a_canary(site: Site) -> str:
    return str(canaries_of(site.open().place("state"))[0].addresses[0])


def test_canaries_live_with_their_day_and_end_with_its_backups(site: Site) -> None:
    report = proven(site)
    assert report.is_valid
    assert phases(report) == {TODAY: ("window", ("window",))}
    back_up(site.open(), "operations", silent)
    go_to(site, NOON + 6 * A_DAY)
    assert phases(proven(site))[TODAY] == ("window", ("window",)), "also found in the backups, if one has the key"
    back_up(site.open(), "operations", silent)
    purge(site.open(), "operations", silent)
    go_to(site, NOON + 7 * A_DAY)
    report = proven(site)
    assert phases(report)[TODAY] == ("closed", ())
    assert results(report)["backups"] == results(report)["window"] == "kept"
    go_to(site, NOON + 35 * A_DAY)
    assert results(proven(site))["backups"] == "broken", "no purge has run"
    back_up(site.open(), "operations", silent)
    purge(site.open(), "operations", silent)
    site.now += timedelta(hours=1)
    report = proven(site)
    assert phases(report)[TODAY] == ("purged", ())
    assert results(report)["backups"] == "kept"
    assert TODAY not in {one.day for one in canaries_of(site.open().place("state"))}, (
        "proven to be gone, it is forgotten"
    )
    assert marked_receipts(site.open(), TODAY) == []


def test_canaries_count_in_no_figure_alert_or_note(tmp_path: Path) -> None:
    def looked_at(with_proof: bool) -> Any:
        site = Site(tmp_path / str(with_proof), NOON)
        site.write("access.log", hit(NOON - timedelta(hours=1)), hit(NOON, "192.0.2.2", "/wp-login.php"), "broken\n")
        site.ingest()
        if with_proof:
            assert proven(site).is_valid
        detected = detect(site.open(), "operations", silent)
        site.rebuild()
        watch = Watch(site.open())
        seen = (watch.logs(), [(one.day, one.lines) for one in watch.days], watch.reasons())
        provisional = site.tables()
        assert site.ingest().lines.total() == 0, "nothing is new in the policy's logs"
        go_to(site, NOON + 7 * A_DAY)
        return detected.new, seen, provisional, site.tables(), site.tables("visit_log")

    assert looked_at(with_proof=True) == looked_at(with_proof=False)


def test_an_erasure_rewrites_the_canaries_too(site: Site) -> None:
    assert proven(site).is_valid
    assert erase(site.open(), {ip_address("192.0.2.2")}, "operations", silent).lines == 1
    report = proven(site)
    assert report.is_valid
    assert phases(report) == {TODAY: ("window", ("window",))}


def test_a_second_proof_of_a_day_plants_nothing_more(site: Site) -> None:
    proven(site)
    receipts = marked_receipts(site.open(), TODAY)
    proven(site)
    assert marked_receipts(site.open(), TODAY) == receipts
    assert {receipt.log for receipt in receipts} == {CANARY_LOG}


def test_no_address_of_a_canary_is_written_but_into_the_window(site: Site, tmp_path: Path) -> None:
    report = proven(site)
    kept = [one for one in site.folder.rglob("*") if one.is_file()]
    addresses = [str(one).encode() for one in canaries_of(site.open().place("state"))[0].addresses]
    assert not any(address in path.read_bytes() for path in kept for address in addresses)
    assert not any(address.decode() in report.model_dump_json() for address in addresses)


def test_a_report_is_kept_and_audited_in_counts(site: Site) -> None:
    report = proven(site)
    place = site.open().place("reports")
    (name,) = place.names("forgetting/")
    assert name == f"forgetting/2026-11-20T110000Z.{report.token}.json"
    assert archived_at(name) == NOON
    assert ForgettingReport.model_validate_json(place.get(name)) == report
    trail = site.open().audit.place
    entry = json.loads(trail.get(next(iter(trail.names()))).splitlines()[-1])
    assert entry["action"] == "prove forgetting"
    assert entry["facts"] == {"valid": 1, "problems": 0, "days": 1, "found": 0, "broken": []}


def test_of_two_proofs_in_a_second_both_are_kept(site: Site) -> None:
    """A replay's clock stands still."""
    reports = {proven(site).token for _ in range(2)}
    place = site.open().place("reports")
    assert {
        ForgettingReport.model_validate_json(place.get(name)).token for name in place.names("forgetting/")
    } == reports


LEAKS: dict[str, tuple[str, Callable[[Site, str], None]]] = {
    "a published table": (
        "truncation",
        lambda site, canary: site.open().place("statistics").put("pages_daily/x.parquet", _table(canary)),
    ),
    "the visit log": (
        "truncation",
        lambda site, canary: site.open().place("visit_log").put("hits/x.parquet", _table(canary)),
    ),
    "a receipt": ("window", lambda site, canary: site.open().place("receipts").put("x/y/0-1.txt", canary.encode())),
    "the state": ("window", lambda site, canary: site.open().place("state").put("told/x.txt", canary.encode())),
    "half of an object": (
        "window",
        lambda site, canary: _write(site.folder / "store" / "state" / ".put-0123-x", canary.encode()),
    ),
    "a copy beside the window": (
        "window",
        lambda site, canary: _write(site.folder / "store" / "old" / "x.gz", gzip.compress(canary.encode())),
    ),
    "a key place": ("window", lambda site, canary: site.open().place("keys").put("notes", canary.encode())),
    "an export": ("exports", lambda site, canary: site.open().place("exports").put("x/x.csv", canary.encode())),
    "an object of a closed day": (
        "window",
        lambda site, canary: site.open().window.place.put("2026-07-01/hits/www/x/0-1.1.parquet", b"sealed"),
    ),
    "a blob": ("backups", lambda site, canary: Target(site.open().place("backups")).put_blob(canary.encode()) and None),
}


@pytest.mark.parametrize("where", LEAKS)
def test_a_canary_that_lies_elsewhere_breaks_the_check_of_that_place(site: Site, where: str) -> None:
    before = proven(site)
    check, leak = LEAKS[where]
    leak(site, a_canary(site))
    report = proven(site)
    assert report.is_valid, "the scanner is right: it has found something"
    changed = {name for name, result in results(report).items() if result != results(before)[name]}
    assert changed == {check}
    assert results(report)[check] == "broken"


def test_airflow_s_database_and_logs_and_temporary_files_are_searched(site: Site, tmp_path: Path) -> None:
    where, logs, temporary = tmp_path / "airflow.db", tmp_path / "logs", tmp_path / "tmp"
    with sqlite3.connect(where) as database:
        database.execute("CREATE TABLE xcom (key TEXT, value BLOB)")
    outside = Outside(f"sqlite:///{where}", logs, (temporary,))
    for folder in (logs, temporary):
        _write(folder / "dag" / "attempt=1.log", b"5 lines\n")
    report = proven(site, outside)
    assert report.is_valid
    assert results(report)["airflow"] == results(report)["temporary"] == "kept"
    canary = a_canary(site)
    with sqlite3.connect(where) as database:
        database.execute("INSERT INTO xcom VALUES ('return_value', ?)", (gzip.compress(canary.encode()),))
    assert results(proven(site, outside))["airflow"] == "broken"
    with sqlite3.connect(where) as database:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("DELETE FROM xcom")
    assert results(proven(site, outside))["airflow"] == "kept"
    _write(logs / "dag" / "attempt=2.log", json.dumps({"event": f"from {canary}"}).encode())
    _write(temporary / "x.bin", b"\x00" + canary.encode("utf-16-le"))
    found = results(proven(site, outside))
    assert (found["airflow"], found["temporary"]) == ("broken", "broken")


@pytest.mark.parametrize("nothing", ["no logs", "empty logs", "empty database", "no database"])
def test_where_nothing_was_searched_of_airflow_nobody_knows(site: Site, tmp_path: Path, nothing: str) -> None:
    where, logs = tmp_path / "airflow.db", tmp_path / "logs"
    with sqlite3.connect(where) as database:
        database.execute("CREATE TABLE xcom (key TEXT, value BLOB)" if nothing != "empty database" else "SELECT 1")
    if nothing == "empty logs":
        logs.mkdir()
    elif nothing != "no logs":
        _write(logs / "attempt=1.log", b"5 lines\n")
    report = proven(site, Outside(None if nothing == "no database" else f"sqlite:///{where}", logs, ()))
    assert results(report)["airflow"] == "unknown"


def test_deleted_rows_left_in_airflow_s_database_are_found(site: Site, tmp_path: Path) -> None:
    proven(site)
    where = tmp_path / "airflow.db"
    with sqlite3.connect(where) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE log (extra TEXT)")
        database.execute("INSERT INTO log VALUES (?)", (f"read from {a_canary(site)} now",))
        database.commit()
        database.execute("DELETE FROM log")
    assert results(proven(site, Outside(f"sqlite:///{where}", None, ())))["airflow"] == "broken"


def test_a_database_that_is_not_there_makes_the_proof_void(site: Site, tmp_path: Path) -> None:
    report = proven(site, Outside(f"sqlite:///{tmp_path}/no/airflow.db", None, ()))
    assert not report.is_valid
    assert "Airflow's database" in " ".join(report.problems)


def test_decoys_in_a_database_go_with_the_connection(site: Site, tmp_path: Path) -> None:
    where = tmp_path / "airflow.db"
    with sqlite3.connect(where) as database:
        database.execute("CREATE TABLE a (b)")
    assert proven(site, Outside(f"sqlite:///{where}", None, ())).is_valid
    with create_engine(f"sqlite:///{where}").connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master").fetchall()
    assert [tuple(one) for one in names] == [("a",)]


def test_a_scanner_that_misses_a_kind_of_file_makes_the_proof_void(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "unpack", lambda _: iter(()))
    report = proven(site)
    assert not report.is_valid
    assert any("gzip" in problem for problem in report.problems)
    assert not any(one.is_proven for one in report.searched)


def test_a_window_in_which_the_canaries_are_not_makes_the_proof_void(site: Site) -> None:
    proven(site)
    store = site.open()
    for sealed in sealed_of(store, TODAY):
        store.window.place.remove(sealed.name)
    report = proven(site)
    assert not report.is_valid
    assert any("in the window" in problem for problem in report.problems)


def test_today_closed_by_hand_makes_the_proof_void(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    close_day(site.open(), TODAY, "operations", silent)
    report = proven(site)
    assert not report.is_valid


def test_a_key_that_comes_back_opens_a_backup_and_is_told_of(site: Site) -> None:
    proven(site)
    back_up(site.open(), "operations", silent)
    store = site.open()
    key = store.keys.main.get(f"{TODAY}.1")
    go_to(site, NOON + 7 * A_DAY)
    site.open().keys.main.put("copy-of-a-key", key)
    report = proven(site)
    assert phases(report)[TODAY] == ("closed", ("backups, with a key",))
    assert results(report)["backups"] == "broken"


def test_days_overdue_and_keys_of_ended_days_break_the_window(site: Site) -> None:
    proven(site)
    site.now = NOON + 7 * A_DAY
    site.write("access.log", hit(site.now))
    assert results(proven(site))["window"] == "broken", "the day is past its deadline, and nothing has closed it"
    site.close()
    assert results(proven(site))["window"] == "kept"
    site.open().keys.mirror.put(f"{TODAY}.1", secrets.token_bytes(32))
    assert results(proven(site))["window"] == "broken"


def test_a_changed_trail_breaks_the_audit(site: Site) -> None:
    proven(site)
    (trail,) = (site.folder / "store" / "audit").glob("*.jsonl")
    trail.write_bytes(trail.read_bytes().replace(b"operations", b"operators!"))
    store = site.open()
    evidence = Evidence(store, Hunt(Scanner([])), (), ())
    (check,) = (check for check in run_checks(evidence) if check.check == "audit")
    assert check.result == "broken"
    assert "was changed" in check.sentence


def test_a_log_file_past_the_window_is_listed_and_breaks_the_promise(site: Site) -> None:
    site.write("access.log.9", hit(NOON - 20 * A_DAY))
    site.ingest()
    report = proven(site)
    assert results(report)["originals"] == "broken"
    worst = report.originals[0]
    assert (worst.oldest, worst.is_past, Path(worst.path).name) == (TODAY - 20 * A_DAY, True, "access.log.9")


@pytest.mark.parametrize(
    ("content", "days", "result"),
    [
        (b"\x28\xb5\x2f\xfd of zstd", 0, "unknown"),
        (b"\x28\xb5\x2f\xfd of zstd", 20, "broken"),
        (b"no log\n", 0, "unknown"),
        (b"no log\n", 20, "broken"),
        (b"", 20, "kept"),
        (gzip.compress(b""), 20, "kept"),
    ],
    ids=["unread", "unread and old", "no line", "no line and old", "empty", "compressed and empty"],
)
def test_of_a_file_that_cannot_be_read_nobody_knows(site: Site, content: bytes, days: int, result: str) -> None:
    path = site.logs / "access.log.9"
    path.write_bytes(content)
    then = (site.now - days * A_DAY).timestamp()
    os.utime(path, (then, then))
    report = proven(site)
    assert results(report)["originals"] == result
    if result != "kept":
        assert "1 cannot be read" in sentence(report, "originals")


def test_of_a_log_without_a_file_nobody_knows(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", NOON)
    report = proven(site)
    assert results(report)["originals"] == "unknown"
    assert "1 logs have no file" in sentence(report, "originals")


def test_no_hunt_is_claimed_that_never_took_place(site: Site) -> None:
    report = proven(site)
    assert "no canary has been through a close yet" in sentence(report, "window")
    assert "no canary had to be purged yet" in sentence(report, "backups")
    go_to(site, NOON + 7 * A_DAY)
    assert "1 of them closed" in sentence(proven(site), "window")


def test_a_file_that_waits_for_its_newest_line_to_be_past_breaks_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", NOON, POLICY + 'after_window = "delete"\n')
    site.write("access.log.1", hit(NOON - 7 * A_DAY), hit(NOON - 6 * A_DAY))
    site.ingest()
    assert results(proven(site))["originals"] == "kept"
    site.now += 2 * A_DAY
    site.write("access.log", hit(site.now))
    assert results(proven(site))["originals"] == "broken", "it should be gone by now"


def test_two_proofs_do_not_run_at_once(site: Site) -> None:
    store = site.open()
    with store.locks.held("proof"), pytest.raises(BusyError):
        proven(site)


def test_what_a_killed_proof_left_is_removed(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(proving.tempfile, "tempdir", str(temporary))
    with monkeypatch.context() as patched:
        patched.setattr(proving.shutil, "rmtree", lambda *_, **__: None)  # as if killed before that
        proven(site)
    assert list(temporary.iterdir()) != []
    report = proven(site, Outside(temporary=(temporary,)))
    assert list(temporary.iterdir()) == []
    assert results(report)["temporary"] == "kept"


def test_a_proof_killed_between_seed_and_lines_is_gone_on_with(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(proving, "plant", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            proven(site)
    seed = canaries_of(site.open().place("state"))
    assert proven(site).is_valid
    assert canaries_of(site.open().place("state")) == seed


def _table(canary: str) -> bytes:
    return as_parquet(pa.table({"path": [f"/a/{canary}/b"]}))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
