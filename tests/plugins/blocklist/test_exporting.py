"""Every exported file says until when it may be used, holds who is banned now, and nothing that a reader would run."""

import csv
import hashlib
import io
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.blocklist.by_hand import ban
from plugins.blocklist.decisions import Decision, Decisions
from plugins.blocklist.exporting import FORMATS, publish_exports, renew_exports
from plugins.steps.closing import close_day, close_due
from plugins.store.door import Folder
from schemas.refusals import RefusedError
from tests.plugins.blocklist.blocklists import (
    BERIT,
    DAY,
    MALLORY,
    NOON,
    OPEN,
    TRUDY,
    attack,
    attacked,
    ban_by_hand,
    detect_on,
    export,
    kept,
)
from tests.stores import Site, silent

HOUR = timedelta(hours=1)
EMPTY = (
    "# Lethe blocklist: 0 addresses and networks, expires never\n"
    "# end, sha256 8d181f673efd75e9e4267b0b39b9126eac9e1bdc1174cd144041be6435ddf008\n"
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, NOON, OPEN)


def files(site: Site) -> set[str]:
    return set(site.open().place("exports").names())


def damage_decisions(site: Site) -> None:
    for name in [name for name in site.open().window.names() if "/decisions/" in name]:
        site.open().window.place.put(name, b"damaged")


def decision(**fields: object) -> Decision:
    usual = Decision("0123456789ab", DAY, BERIT, "by-hand", NOON, NOON + HOUR, NOON, NOON, 0, "", "why", "op")
    return replace(usual, **fields)  # type: ignore[arg-type]


def test_the_nginx_file_denies_each_target_once_and_expires_with_the_first_ban(site: Site) -> None:
    for target, hours in ((BERIT, 3), (BERIT, 5), ("2001:db8::1", 2), ("198.51.100.0/24", 4)):
        ban_by_hand(site, target, lasts=hours * HOUR)
    bans, _, end = export(site).partition("# end, ")
    assert bans == (
        "# Lethe blocklist: 3 addresses and networks, expires 2026-11-20T13:00:00Z\n"
        "deny 198.51.100.0/24; # until 2026-11-20T15:00:00Z\n"
        "deny 198.51.100.5; # until 2026-11-20T16:00:00Z\n"
        "deny 2001:db8::/64; # until 2026-11-20T13:00:00Z\n"
    )
    assert end == f"sha256 {hashlib.sha256(bans.encode()).hexdigest()}\n"


def test_the_csv_file_has_a_row_for_each_decision(site: Site) -> None:
    ban_by_hand(site)
    heading, *rows = export(site, "blocklist.csv").splitlines()
    assert "1 decisions" in heading
    assert heading.endswith("expires 2026-11-20T15:00:00Z")
    (row,) = csv.DictReader(rows)
    assert (row["target"], row["scenario"], row["until"]) == (BERIT, "by-hand", "2026-11-20T15:00:00Z")
    assert row["reason"] == "seen at the desk"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", " =", "\t=", "\r=", "\x1b=", "\u200b=", "\ufeff="])
def test_no_cell_begins_a_formula(start: str) -> None:
    """Not where a separator of half of Europe's spreadsheets would begin a cell either."""
    written = FORMATS["csv"].write([decision(reason=f'{start}HYPERLINK("x");=1,b')], NOON)
    (row,) = csv.DictReader(io.StringIO(written.split("\n", 1)[1], newline=""))
    assert row["reason"] == f'\'{start[-1]}HYPERLINK("x"),=1,b'


def test_a_target_is_written_from_its_numbers_whatever_text_it_holds() -> None:
    odd = [decision(target="2001:db8::%;\nallow all;#/64")]
    for name, kind in FORMATS.items():
        assert "allow all" not in kind.write(odd, NOON) or name == "csv", name
    written = FORMATS["nginx"].write(odd, NOON)
    assert written.splitlines()[1:-1] == ["deny 2001:db8::/64; # until 2026-11-20T12:00:00Z"]


def test_what_is_lifted_or_over_is_in_no_format() -> None:
    decisions = [decision(until=NOON), decision(lifted_at=NOON), decision(target=TRUDY)]
    for kind in FORMATS.values():
        text = kind.write(decisions, NOON)
        assert BERIT not in text
        assert TRUDY in text


def test_an_empty_list_is_published_and_never_expires(site: Site) -> None:
    assert publish_exports(site.open()) == 0
    assert export(site) == EMPTY
    site.now += timedelta(days=300)
    assert renew_exports(site.open()) == []
    assert files(site) == {f"blocklist/{kind.file_name}" for kind in FORMATS.values()}


def test_where_decisions_cannot_be_read_the_old_files_stay_until_they_expire(site: Site) -> None:
    ban_by_hand(site, lasts=HOUR)
    before = export(site)
    damage_decisions(site)
    with pytest.raises(RefusedError, match="lethe close --give-up 2026-11-20"):
        publish_exports(site.open())
    assert export(site) == before
    site.now += HOUR
    with pytest.raises(RefusedError):
        publish_exports(site.open())
    assert files(site) == set()
    (problem,) = renew_exports(site.open())
    assert BERIT not in problem
    with pytest.raises(RefusedError):
        ban_by_hand(site)
    assert files(site) == set(), "nobody knows who else is banned"


def test_a_file_that_says_no_expiry_is_removed_where_it_cannot_be_renewed(site: Site) -> None:
    ban_by_hand(site)
    damage_decisions(site)
    before = files(site)
    no_instant = b"# Lethe: 1 ban, expires 9999-99-99T99:99:99Z\n"
    odd = {"nginx.conf": b"deny all;\n", "blocklist.csv": b"\xff", "old.txt": b"", "apache.conf": no_instant}
    for name, content in odd.items():
        site.open().place("exports").put(f"blocklist/{name}", content)
    assert renew_exports(site.open()) != []
    assert files(site) == before - {f"blocklist/{name}" for name in odd}


def test_a_full_disk_leaves_old_or_new_files_and_no_expired_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ban_by_hand(site, lasts=HOUR)
    site.now += HOUR
    put = Folder.put

    def refuse(place: Folder, name: str, content: bytes) -> None:
        if name.startswith("blocklist/"):
            raise OSError(28, "No space left on device", name)
        put(place, name, content)

    monkeypatch.setattr(Folder, "put", refuse)
    with pytest.raises(RefusedError, match=r"ban is kept, but not in the files yet: .*No space left"):
        ban_by_hand(site, TRUDY)
    assert files(site) == set()
    assert [one.target for one in Decisions(site.open()).active(site.now)] == [TRUDY]


def test_a_file_that_cannot_be_written_holds_up_no_other(site: Site) -> None:
    (site.folder / "store/exports/blocklist/nginx.conf").mkdir(parents=True)
    with pytest.raises(RefusedError, match="not in the files yet"):
        ban_by_hand(site, TRUDY)
    assert TRUDY in export(site, "blocklist.csv")


def test_a_day_that_is_closed_by_hand_leaves_the_files_at_once(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    publish_exports(site.open())
    assert MALLORY in export(site)
    close_day(site.open(), DAY, "operations", silent)
    assert MALLORY not in export(site) + export(site, "blocklist.csv")


def test_an_hourly_closing_renews_the_files_also_where_a_day_cannot_be_closed(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    detect_on(site)
    attack(site, NOON - timedelta(minutes=1), address=TRUDY)
    ban(site.open(), [BERIT], "why", "security", timedelta(days=30))
    assert f"deny {BERIT};" in export(site)
    for name in [name for name in site.open().window.names() if "/hits/" in name]:
        site.open().window.place.put(name, b"damaged")
    site.now = site.open().calendar.deadline(DAY) - timedelta(minutes=90)
    site.write("access.log", "")
    marks, problems = close_due(site.open(), "operations", silent)
    assert marks == []
    assert "is not closed" in problems[0]
    assert f"deny {BERIT};" in export(site), "until the day ends"
    assert f"deny {MALLORY};" not in export(site)
    site.now += timedelta(minutes=90)
    close_due(site.open(), "operations", silent)
    assert BERIT not in export(site)
    assert kept(site) == []


def test_an_old_copy_of_the_files_says_itself_that_it_is_over(site: Site, tmp_path: Path) -> None:
    ban_by_hand(site)
    copy = shutil.copy(site.folder / "store" / "exports" / "blocklist" / "nginx.conf", tmp_path / "copy")
    assert "expires 2026-11-20T15:00:00Z" in copy.read_text()


def test_when_the_first_ban_ends_an_ingest_writes_the_others_again(site: Site) -> None:
    ban_by_hand(site, lasts=HOUR)
    ban_by_hand(site, TRUDY, lasts=2 * HOUR)
    site.now += HOUR
    assert site.ingest().problems == []
    assert f"deny {TRUDY};" in export(site)
    assert BERIT not in export(site)
