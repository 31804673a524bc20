"""Original log files end where the policy says so: read whole, past the window, and nobody's any more."""

import gzip
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.logs.log_file import LogFile
from plugins.steps.closing import close_due
from plugins.steps.originals import delete_originals, list_originals
from plugins.store.replay import set_replay_clock
from tests.stores import POLICY, Site, apache_error, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
OLD = NOON - timedelta(days=8)
DELETING = POLICY + 'after_window = "delete"\n'


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A rotated file of lines past the window, and today's, both read."""
    site = Site(tmp_path / "site", OLD, DELETING)
    site.write("access.log.1", hit(OLD), hit(OLD, "192.0.2.2", "/b"))
    site.ingest()
    site.now = NOON
    site.write("access.log", hit(NOON))
    site.ingest()
    return site


def files(site: Site) -> set[str]:
    return {path.name for path in site.logs.iterdir()}


def delete(site: Site) -> list[str]:
    return delete_originals(site.open(), "operations", silent)


def close(site: Site) -> list[str]:
    """A day's hourly runs, twice; the server writes on meanwhile."""
    problems = []
    for _ in range(2):
        site.now += timedelta(hours=1)
        site.write("access.log", hit(site.now))
        site.ingest()
        problems += close_due(site.open(), "operations", silent)[1]
    return problems


def test_a_file_past_the_window_goes_with_the_second_run_that_sees_it_so(site: Site) -> None:
    close_due(site.open(), "operations", silent)
    assert files(site) == {"access.log", "access.log.1"}
    close_due(site.open(), "operations", silent)
    assert files(site) == {"access.log"}
    trail = site.open().audit.place
    entries = [json.loads(line) for name in trail.names() for line in trail.get(name).splitlines()]
    assert [(one["action"], one["facts"]) for one in entries if one["action"] == "delete originals"] == [
        ("delete originals", {"log": "www", "files": 1})
    ]


def test_what_was_deleted_is_still_counted_and_counts_once_if_it_comes_back(site: Site) -> None:
    content = (site.logs / "access.log.1").read_bytes()
    assert close(site) == []
    counts = site.counts()
    (site.logs / "access.log.7").write_bytes(content)
    site.ingest()
    assert site.counts() == counts


def test_a_compressed_file_goes_too(site: Site) -> None:
    path = site.logs / "access.log.1"
    other = path.with_name("access.log-20261112.gz")
    other.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(other, (OLD.timestamp(), OLD.timestamp()))
    path.unlink()
    close(site)
    assert files(site) == {"access.log"}


def test_where_the_policy_says_report_nothing_goes(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", OLD)
    site.write("access.log.1", hit(OLD))
    site.ingest()
    site.now = NOON
    close(site)
    assert files(site) == {"access.log", "access.log.1"}


@pytest.mark.parametrize(
    "more", [hit(NOON), hit(OLD), "half a line", "broken\n"], ids=["a young line", "an old line", "half", "broken"]
)
def test_a_file_with_anything_unread_stays(site: Site, more: str) -> None:
    delete(site)
    with (site.logs / "access.log.1").open("a") as file:
        file.write(more)
    os.utime(site.logs / "access.log.1", (OLD.timestamp(), OLD.timestamp()))
    delete(site)
    delete(site)
    assert "access.log.1" in files(site)


def test_a_file_whose_newest_line_is_in_the_window_stays(site: Site) -> None:
    site.write("access.log.2", hit(OLD), hit(NOON - timedelta(days=6)))
    site.ingest()
    close(site)
    assert files(site) == {"access.log", "access.log.2"}


def test_a_file_that_nobody_has_read_stays(site: Site) -> None:
    site.write("access.log.3", hit(OLD, "192.0.2.77"))
    delete(site)
    delete(site)
    assert "access.log.3" in files(site)


def test_a_quiet_log_that_a_server_may_still_hold_open_stays(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", OLD, DELETING)
    site.write("access.log", hit(OLD))
    site.write("error.log", apache_error(OLD))
    site.write("access-20261112.log", hit(OLD, "192.0.2.4"))
    site.ingest()
    site.now = NOON
    site.write("access.other", hit(NOON))
    site.ingest()
    for _ in range(3):
        delete(site)
    assert {"access.log", "error.log", "access-20261112.log"} <= files(site)


def site_of(tmp_path: Path, patterns: str, old: str, new: str, policy: str = DELETING) -> Site:
    """A file of lines past the window, and one of today's, both read."""
    site = Site(tmp_path / "site", OLD, policy.replace('"logs/access*"', patterns))
    for name in (old, new):
        (site.logs / name).parent.mkdir(exist_ok=True)
    site.write(old, hit(OLD))
    site.ingest()
    site.now = NOON
    site.write(new, hit(NOON, "192.0.2.2"))
    site.ingest()
    return site


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("access.80", "access.443"),
        ("access.443", "access.80"),
        ("access.80", "access"),
        ("access.80", "access.1"),
        ("access.2", "access.0"),
        ("access-20261112.log", "access.log"),
        ("access-20261112", "access-20261120"),
        ("access.20269999", "access"),
        ("access.old", "access"),
        ("access.gz", "access"),
    ],
)
def test_a_name_that_a_rotation_need_not_have_given_stays(tmp_path: Path, old: str, new: str) -> None:
    site = site_of(tmp_path, '"logs/*"', old, new)
    for _ in range(3):
        close_due(site.open(), "operations", silent)
    assert files(site) == {old, new}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("access.log.1", "access.log"),
        ("access.1", "access.0"),
        ("access.2", "access.1"),
        ("access-20261112", "access"),
        ("access.log-2026-11-12", "access.log"),
    ],
)
def test_a_rotated_file_goes_once_its_younger_sibling_is_there(tmp_path: Path, old: str, new: str) -> None:
    site = site_of(tmp_path, '"logs/*"', old, new)
    for _ in range(2):
        close_due(site.open(), "operations", silent)
    assert files(site) == {new}


def test_while_the_new_log_is_empty_the_server_may_write_to_the_old_one(tmp_path: Path) -> None:
    site = site_of(tmp_path, '"logs/*"', "access.log.1", "other.log")
    (site.logs / "access.log").touch()
    for _ in range(3):
        close_due(site.open(), "operations", silent)
    assert "access.log.1" in files(site)


def test_a_file_that_a_process_can_write_to_stays(site: Site) -> None:
    with (site.logs / "access.log.1").open("a"):
        for _ in range(3):
            close_due(site.open(), "operations", silent)
        assert "access.log.1" in files(site)
    with (site.logs / "access.log.1").open():  # a reader is no reason
        close(site)
    assert "access.log.1" not in files(site)


@pytest.mark.parametrize("kind", ["hard link", "symbolic link"])
def test_a_file_with_other_names_stays(site: Site, tmp_path: Path, kind: str) -> None:
    path, other = site.logs / "access.log.1", tmp_path / "elsewhere"
    if kind == "hard link":
        os.link(path, other)
    else:
        path.rename(other)
        path.symlink_to(other)
    delete(site)
    delete(site)
    assert "access.log.1" in files(site)
    assert other.exists()


def test_a_rotation_between_look_and_deletion_loses_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file has the name by now: it keeps it, and its content."""
    delete(site)
    path, real = site.logs / "access.log.1", LogFile.remove

    def rotate_first(file: Any) -> bool:
        (site.logs / "access.log.1").rename(site.logs / "access.log.2")
        (site.logs / "access.log").rename(path)
        return real(file)

    young = (site.logs / "access.log").read_bytes()
    monkeypatch.setattr(LogFile, "remove", rotate_first)
    delete(site)
    assert files(site) == {"access.log.1", "access.log.2"}
    assert path.read_bytes() == young


def test_a_line_that_comes_between_look_and_deletion_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    delete(site)
    real = LogFile.remove

    def write_first(file: Any) -> bool:
        with Path(file.name).open("a") as open_file:
            open_file.write(hit(NOON))
        return real(file)

    monkeypatch.setattr(LogFile, "remove", write_first)
    delete(site)
    assert hit(NOON) in (site.logs / "access.log.1").read_text()


def test_what_a_kill_left_aside_has_its_name_again(site: Site) -> None:
    delete(site)
    (site.logs / "access.log.1").rename(site.logs / ".lethe-0123456789abcdef-access.log.1")
    delete(site)
    assert files(site) == {"access.log", "access.log.1"} or files(site) == {"access.log"}
    delete(site)
    delete(site)
    assert files(site) == {"access.log"}


def test_what_was_left_aside_takes_no_other_file_s_name(site: Site) -> None:
    aside, path = site.logs / ".lethe-0123456789abcdef-access.log.1", site.logs / "access.log.1"
    path.rename(aside)
    path.write_text(hit(NOON, "192.0.2.9"))
    delete(site)
    assert path.read_text() == hit(NOON, "192.0.2.9")
    assert len([one for one in files(site) if one.startswith("access.log.1.")]) == 1


def test_a_replay_deletes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", OLD, DELETING)
    set_replay_clock(site.open().place("state"), OLD, OLD)
    site.write("access.log.1", hit(OLD))
    site.ingest()
    site.now = NOON
    site.write("access.log", hit(NOON))
    site.ingest()
    assert site.open().is_replay
    (site.logs / ".lethe-0123456789abcdef-access.log.2").write_text(hit(OLD))
    before = files(site)
    for _ in range(3):
        close_due(site.open(), "operations", silent)
    assert files(site) == before


@pytest.mark.parametrize("is_touched", [False, True], ids=["an old time of change", "a young time of change"])
def test_a_file_whose_newest_lines_could_not_be_read_stays_until_they_are_past(site: Site, is_touched: bool) -> None:
    """A server whose format changed writes on; its lines have no time that anybody can read."""
    path = site.logs / "access.log.1"
    site.write("access.log.1", *(f'{{"a format of today": {number}}}\n' for number in range(20)))
    site.now += timedelta(minutes=1)
    site.write("access.log", hit(site.now))
    site.ingest()
    if not is_touched:
        os.utime(path, (OLD.timestamp(), OLD.timestamp()))
    close(site)
    assert "access.log.1" in files(site)
    site.now += timedelta(days=8)
    close(site)
    assert "access.log.1" not in files(site)


def test_a_file_that_was_changed_in_the_window_stays(site: Site) -> None:
    young = (NOON - timedelta(days=1)).timestamp()
    os.utime(site.logs / "access.log.1", (young, young))
    close(site)
    assert "access.log.1" in files(site)


SECOND = """
[[logs]]
name = "second"
access = [{}]
format = "combined"
timezone = "Europe/Oslo"
after_window = "{}"
"""


@pytest.mark.parametrize("path", ["logs/access.log.1", "logs/../logs/access*", "alias/access.*"])
@pytest.mark.parametrize("after", ["report", "delete"])
def test_a_file_that_another_log_has_not_read_or_wants_to_keep_stays(site: Site, path: str, after: str) -> None:
    (site.folder / "alias").symlink_to(site.logs)
    if after == "report":
        site.policy.write_text(DELETING + SECOND.format(f'"{path}"', after))
        site.ingest()
    else:
        site.policy.write_text(DELETING + SECOND.format(f'"{path}"', after))
    for _ in range(3):
        close_due(site.open(), "operations", silent)
    assert files(site) == {"access.log", "access.log.1"}


def test_a_file_goes_that_all_its_logs_have_read_and_let_go(tmp_path: Path) -> None:
    policy = DELETING + SECOND.format('"logs/access.log.1", "logs/access.log"', "delete")
    site = site_of(tmp_path, '"logs/access*"', "access.log.1", "access.log", policy)
    close(site)
    assert files(site) == {"access.log"}


def test_a_file_with_lines_that_count_nowhere_stays_and_is_reported(site: Site) -> None:
    close(site)
    site.write("access.log.1", *(hit(OLD, f"192.0.2.{number}", "/late") for number in range(3, 9)))
    site.ingest()
    os.utime(site.logs / "access.log.1", (OLD.timestamp(), OLD.timestamp()))
    assert site.counts()["late"] == 6
    close(site)
    assert "access.log.1" in files(site)
    assert [Path(one.path).name for one in list_originals(site.open()) if one.is_past] == ["access.log.1"]


@pytest.mark.parametrize("patterns", ['"logs/a/access*", "logs/b/access*"', '"logs/*/access.log*"'])
def test_the_only_file_of_a_folder_left_aside_is_listed_and_has_its_name_again(tmp_path: Path, patterns: str) -> None:
    site = site_of(tmp_path, patterns, "a/access.log.1", "b/access.log")
    path = site.logs / "a" / "access.log.1"
    aside = path.with_name(".lethe-0123456789abcdef-access.log.1")
    foreign = path.with_name(".lethe-notes")
    foreign.touch()
    path.rename(aside)
    assert [(one.path, one.is_past) for one in list_originals(site.open())][:1] == [(str(aside), True)]
    close_due(site.open(), "operations", silent)
    assert {one.name for one in path.parent.iterdir()} == {"access.log.1", ".lethe-notes"}


def test_what_is_left_aside_comes_back_where_the_policy_says_report_by_now(site: Site) -> None:
    (site.logs / "access.log.1").rename(site.logs / ".lethe-0123456789abcdef-access.log.1")
    site.policy.write_text(POLICY)
    delete(site)
    assert files(site) == {"access.log", "access.log.1"}


def test_a_folder_that_may_not_be_written_is_told_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    delete(site)

    def refuse(_: Any) -> bool:
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr(LogFile, "remove", refuse)
    assert delete(site) == ["www: original files past the window are not deleted: Permission denied"]


def test_originals_are_listed_worst_first(site: Site) -> None:
    found = list_originals(site.open())
    assert [(Path(one.path).name, one.oldest, one.is_past) for one in found] == [
        ("access.log.1", date(2026, 11, 12), True),
        ("access.log", date(2026, 11, 20), False),
    ]
