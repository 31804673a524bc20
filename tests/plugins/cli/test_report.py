"""`lethe report`: from tables to a file, and what it says where it cannot."""

import csv
import io
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from plugins.cli.app import app
from schemas.refusals import RefusedError
from tests.published import write_published
from tests.stores import Site, hit, utc

LAST = date(2026, 7, 14)
FIRST = LAST - timedelta(days=13)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two weeks of tables, in a folder where somebody works."""
    days = [FIRST + timedelta(days=n) for n in range(14)]
    write_published(tmp_path / "out" / "statistics", days, paths=12, views=400)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["report", *args])


def refused(*args: str) -> str:
    found = run(*args).exception
    assert isinstance(found, RefusedError)
    return str(found)


def test_a_folder_of_tables_becomes_one_file_that_asks_nobody(folder: Path) -> None:
    found = run("--statistics", "out", "--out", "july.html", "--from", "2026-07-08")
    assert (found.exit_code, found.output) == (0, "written: july.html\n")
    page = (folder / "july.html").read_text("utf-8")
    assert 'lang="nb"' in page
    assert "default-src 'none'" in unescape(page)
    assert sorted(path.name for path in folder.iterdir()) == ["july.html", "out"]


def test_without_a_name_the_file_is_called_by_its_days(folder: Path) -> None:
    assert run("--statistics", "out/statistics", "--language", "en").exit_code == 0
    assert 'lang="en"' in (folder / f"lethe-report-{FIRST}-{LAST}.html").read_text("utf-8")


def test_a_table_is_csv_here_or_in_a_file(folder: Path) -> None:
    asked = ("--statistics", "out", "--csv", "pages_daily", "--from", "2026-07-13")
    here = run(*asked).stdout_bytes
    assert run(*asked, "--out", "pages.csv").exit_code == 0
    assert (folder / "pages.csv").read_bytes() == here
    assert {row["day"] for row in csv.DictReader(io.StringIO(here.decode()))} == {"2026-07-13", "2026-07-14"}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--from", "2026-07-10", "--to", "2026-07-01"), "turn them round"),
        (("--from", "10.07.2026"), "the first day is none; write it as in 2026-07-31"),
        (("--to", "2126-07-01"), "which is yet to come"),
        (("--from", "2020-01-01", "--to", "2020-12-31"), f"no day from 2020-01-01 to 2020-12-31 has .* from {FIRST}"),
        (("--vhost", "other.example.org"), "no virtual host of that name"),
        (("--csv", "visits"), "there is no such table; there are days, traffic_hourly"),
        (("--csv", "days", "--vhost", "www.example.org"), "leave --vhost out"),
        (("--out", "nowhere/july.html"), "nowhere/july.html cannot be written: choose the name of a file"),
        (("--out", "."), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    args: tuple[str, ...], sentence: str, folder: Path
) -> None:
    with pytest.raises(RefusedError, match=sentence):
        raise RefusedError(refused("--statistics", "out", *args))
    assert [path.name for path in folder.iterdir()] == ["out"]


def test_a_file_that_is_there_stays_whole_when_the_new_one_cannot_be_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pages.csv").write_text("the old one")
    broken = folder / "out" / "statistics" / "pages_daily" / f"{LAST}.parquet"
    broken.write_bytes(b"not a table")
    assert "is no table that Lethe wrote" in refused(
        "--statistics", "out", "--csv", "pages_daily", "--out", "pages.csv"
    )
    assert (folder / "pages.csv").read_text() == "the old one"
    assert sorted(path.name for path in folder.iterdir()) == ["out", "pages.csv"]


def test_a_folder_without_tables_is_said_to_be_one(folder: Path) -> None:
    for name in ("nothing", "out/statistics/pages_daily"):
        assert "holds no tables; lethe statistics and lethe rebuild write them" in refused("--statistics", name)


def test_a_store_is_reported_by_its_policy(tmp_path: Path) -> None:
    now = utc(2026, 7, 14, 12)
    site = Site(tmp_path / "site", now)
    site.write("access.log", *(hit(now - timedelta(minutes=n), f"192.0.2.{n}", f"/{n}") for n in range(40, 0, -1)))
    site.ingest()
    site.rebuild()
    out = tmp_path / "report.html"
    assert run("--policy", str(site.policy), "--out", str(out)).exit_code == 0
    assert "192.0.2" not in out.read_text("utf-8")
    rows = csv.DictReader(io.StringIO(run("--policy", str(site.policy), "--csv", "visits_daily").output))
    assert [(row["day"], row["visits"], row["pageviews"]) for row in rows] == [("2026-07-14", "40", "40")]
