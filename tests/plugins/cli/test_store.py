"""The store's verbs as a person or cron calls them, with this machine's clock."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.command import run_lethe
from tests.stores import Site, hit


@pytest.fixture
def site(tmp_path: Path) -> Site:
    now = datetime.now(UTC)
    site = Site(tmp_path, now)
    site.write("access.log.1", *(hit(now - timedelta(days=40), path=f"/old/{number}") for number in range(3)))
    site.write("access.log", *(hit(now - timedelta(minutes=number), path="/new") for number in range(5)))
    return site


def lethe(site: Site, *arguments: str, text: str = "", status: int = 0) -> str:
    """What it says; every verb takes its policy from the folder it is called in."""
    done = run_lethe(*arguments, folder=site.folder, text=text)
    assert done.returncode == status, done.stderr
    assert "192.0.2." not in done.stdout + done.stderr, "no message holds an address"
    return " ".join((done.stdout + done.stderr).split())


def test_from_the_first_ingest_to_the_statistics_in_duckdb(site: Site) -> None:
    said = lethe(site, "ingest")
    assert "lines: 8 = 8 hits" in said
    assert "imported, 3 lines" in said
    assert "nothing is new" in lethe(site, "ingest")
    assert "days published anew: none" not in lethe(site, "rebuild")
    assert "days published anew: none" in lethe(site, "rebuild")
    rows = duckdb.sql(
        f"SELECT state, hits FROM '{site.folder}/store/statistics/days/*.parquet' ORDER BY day"
    ).fetchall()
    assert rows[0] == ("final", 3)
    assert sum(hits for state, hits in rows if state == "provisional") == 5


def test_open_days_are_listed_and_can_be_closed_before_their_time(site: Site) -> None:
    lethe(site, "ingest")
    day = site.open().open_days()[-1]
    assert str(day) in lethe(site, "close")
    assert "days closed: 0" in lethe(site, "close", "--overdue")
    assert f"{day}: rebuilt" in lethe(site, "close", str(day))
    assert "not open" in lethe(site, "close", str(day), status=1)
    assert "is no day" in lethe(site, "close", "yesterday", status=2)
    assert "as written" in lethe(site, "verify-audit")


def test_the_doctor_finds_what_is_wrong_and_changes_nothing(site: Site) -> None:
    lethe(site, "ingest")
    said = lethe(site, "doctor")
    for subject in ("keys", "mirror", "clock", "rights", "disk", "audit", "older than the window of 7 days"):
        assert subject in said
    key = next((site.folder / "keys-mirror").glob("2*"))
    key.unlink()
    assert "on one side only" in lethe(site, "doctor")
    assert not key.exists()
    (site.folder / "keys" / key.name).write_bytes(b"short")
    (site.folder / "store" / "window").chmod(0o755)
    said = lethe(site, "doctor", status=1)
    assert "damaged" in said
    assert "chmod 700" in said


def test_each_place_has_rights_of_its_own(site: Site) -> None:
    lethe(site, "ingest")
    lethe(site, "rebuild")
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (site.folder / "store").iterdir()}
    assert rights["window"] == rights["receipts"] == rights["state"] == rights["locks"] == 0o700
    assert rights["audit"] == 0o750
    assert rights["statistics"] == 0o755
    assert stat.S_IMODE((site.folder / "store").stat().st_mode) == 0o711
    for place in ("keys", "keys-mirror"):
        assert stat.S_IMODE((site.folder / place).stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in (site.folder / place).iterdir()} == {0o600}
    window = (site.folder / "store" / "window").rglob("*.parquet")
    assert {stat.S_IMODE(path.stat().st_mode) for path in window} == {0o600}


def test_a_log_that_does_not_fit_its_format_is_told_and_kept(site: Site) -> None:
    site.write("access.log", *(f"what is this, {number}?\n" for number in range(50)))
    assert "Is the format right?" in lethe(site, "ingest", status=1)
    assert site.counts()["quarantine"] == 50


def test_a_log_of_which_no_line_fits_its_format_is_told_at_once(tmp_path: Path) -> None:
    site = Site(tmp_path, datetime.now(UTC))
    site.write("access.log", *(f"{number} | what is this?\n" for number in range(50)))
    said = lethe(site, "ingest", status=1)
    assert "access.log: its 50 lines do not fit the format of [[logs]] www" in said
    assert site.counts() == {}, "they wait"
    site.policy.write_text(site.policy.read_text().replace("access*", "nothing*").replace("error*", "none*"))
    assert "no file fits the paths of [[logs]] www" in lethe(site, "ingest")


def test_without_a_policy_it_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path, datetime.now(UTC))
    site.policy.unlink()
    for verb in ("ingest", "rebuild", "close", "verify-audit", "doctor"):
        assert "there is no such file" in lethe(site, verb, status=1)
