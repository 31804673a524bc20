"""Logs whose files say their fields: what is in force holds over the end of a shard, a run and a rotation."""

from datetime import UTC, datetime
from pathlib import Path

from tests.stores import POLICY, Site

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
SECOND = "#Fields: date time cs-method c-ip cs-uri-stem sc-status\n"


def line(number: int, first: bool = True) -> str:
    client = f"192.0.2.{number}"
    return f"2026-03-02 11:00:{number:02} " + (f"{client} GET" if first else f"GET {client}") + f" /{number} 200\n"


def site_of(folder: Path, log_format: str = "iis") -> Site:
    return Site(folder, NOW, POLICY.replace('format = "combined"', f'format = "{log_format}"'))


def published(site: Site) -> object:
    site.rebuild()
    return site.tables()["traffic_hourly"], site.tables()["status_daily"]


def test_fields_hold_over_shards_and_runs(tmp_path: Path) -> None:
    lines = [FIRST, *map(line, range(5)), SECOND, *(line(number, False) for number in range(5, 20))]
    whole, pieces = site_of(tmp_path / "whole"), site_of(tmp_path / "pieces")
    whole.write("access.log", *lines)
    whole.ingest()
    for part in (lines[:3], lines[3:8], lines[8:15], lines[15:]):
        pieces.write("access.log", *part)
        pieces.ingest(shard_bytes=150)
    assert whole.counts() == pieces.counts() == {"hits": 20, "quarantine": 2}
    assert published(whole) == published(pieces)


def test_a_log_that_is_detected_goes_on_in_the_fields_in_force(tmp_path: Path) -> None:
    site = site_of(tmp_path, "detect")
    site.write("access.log", FIRST, line(1), SECOND, line(2, False))
    site.ingest()
    site.write("access.log", line(3, False))
    site.ingest()
    assert site.counts() == {"hits": 3, "quarantine": 2}


def test_a_new_file_begins_anew(tmp_path: Path) -> None:
    site = site_of(tmp_path)
    site.write("access.log.1", FIRST, line(1), SECOND, line(2, False))
    site.ingest()
    site.write("access.log", FIRST, line(3), line(4))
    site.ingest()
    assert site.counts() == {"hits": 4, "quarantine": 3}


def test_an_error_log_is_read_as_the_policy_says(tmp_path: Path) -> None:
    own = POLICY.replace('format = "combined"', "format = \"combined\"\nerror_format = '[%{cu}t] [%l] [%a] %M'")
    site = Site(tmp_path, NOW, own)
    site.write("error.log", "[2026-03-02 11:00:00.000001] [error] [192.0.2.1:5] boom\n", "#0 main\n")
    site.ingest()
    site.write("error.log", "#1 end\n", "[2026-03-02 11:00:01.000001] [error] again\n")
    site.ingest()
    assert site.counts() == {"errors": 2, "continuations": 2}
