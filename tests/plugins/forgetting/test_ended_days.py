"""Of a day that ended nothing is left: not in the store, not behind a delete marker, not in what no backup names."""

import secrets
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.backups.target import Target
from plugins.forgetting.canaries import canaries_of
from plugins.forgetting.marked_log import sealed_of
from plugins.forgetting.proving import prove
from plugins.forgetting.traces import Outside
from plugins.store.bucket import Bucket
from schemas.forgetting import Check, ForgettingReport
from tests.plugins.backups.backed import purge_now, save, site_in
from tests.plugins.store.conftest import client, make_bucket, object_store, settings  # noqa: F401 - fixtures
from tests.stores import Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
TODAY = NOON.date()
A_DAY = timedelta(days=1)


def go_to(site: Site, moment: Any) -> None:
    site.now = moment
    site.write("access.log", hit(moment))
    site.ingest(clock_is_right=True)
    site.close()


def proven(site: Site) -> ForgettingReport:
    return prove(site.open(), "operations", silent, Outside(temporary=()))


def check_of(report: ForgettingReport, name: str) -> Check:
    (found,) = (check for check in report.checks if check.check == name)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return started(tmp_path / "site")


def started(folder: Path, backups: str = "backups") -> Site:
    site = site_in(folder, backups)
    site.write("access.log", hit(NOON))
    site.ingest()
    proven(site)
    return site


@pytest.fixture
def hidden(
    tmp_path: Path,
    make_bucket: Callable[[bool], Bucket],  # noqa: F811 - the fixture
    settings: Any,  # noqa: F811 - the fixture
) -> Site:
    """A site whose first backup hides behind delete markers, as a lifecycle rule or a console leave it."""
    bucket = make_bucket(True)
    site = started(tmp_path / "site", f"s3://{bucket.bucket}/backups")
    save(site)
    place = site.open().place("backups")
    assert isinstance(place, Bucket)
    for name in [*place.names("manifests/"), *place.names("blobs/")]:
        place.client.delete_object(Bucket=place.bucket, Key=place.root + name)
    assert list(place.names("blobs/")) == []
    return site


def test_versions_behind_delete_markers_are_left_and_the_canaries_are_hunted_on(hidden: Site) -> None:
    for days in (7, 45):
        go_to(hidden, NOON + days * A_DAY)
    report = proven(hidden)
    backups = check_of(report, "backups")
    assert backups.result == "broken"
    assert "1 backups, 1 of them too old" in backups.sentence
    assert " 0 objects left" not in backups.sentence
    assert TODAY in {one.day for one in canaries_of(hidden.open().place("state"))}
    save(hidden)
    purge_now(hidden)
    assert check_of(proven(hidden), "backups").result == "kept"
    assert TODAY not in {one.day for one in canaries_of(hidden.open().place("state"))}


def test_a_version_behind_a_delete_marker_is_opened_where_a_key_came_back(hidden: Site) -> None:
    key = hidden.open().keys.main.get(f"{TODAY}.1")
    go_to(hidden, NOON + 7 * A_DAY)
    hidden.open().keys.mirror.put("copy-of-a-key", key)
    report = proven(hidden)
    assert [one.found for one in report.canaries if one.day == TODAY] == [("backups, with a key",)]


def test_objects_of_a_closed_day_that_came_back_break_the_window_and_with_a_key_they_are_opened(site: Site) -> None:
    store = site.open()
    key = store.keys.main.get(f"{TODAY}.1")
    kept = {one.name: store.window.place.get(one.name) for one in sealed_of(store, TODAY)}
    go_to(site, NOON + 7 * A_DAY)
    for name, content in kept.items():
        site.open().window.place.put(name, content)
    window = check_of(proven(site), "window")
    assert window.result == "broken"
    assert f"0 closed days that can be opened, 0 ended days with a key, {len(kept)} objects" in window.sentence
    site.open().keys.mirror.put("copy-of-a-key", key)
    report = proven(site)
    assert "1 closed days that can be opened" in check_of(report, "window").sentence
    assert [one.found for one in report.canaries if one.day == TODAY] == [("window",)]


def test_where_the_only_canaries_in_the_window_are_of_a_closed_day_the_proof_is_void(site: Site) -> None:
    store = site.open()
    key = store.keys.main.get(f"{TODAY}.1")
    kept = {one.name: store.window.place.get(one.name) for one in sealed_of(store, TODAY)}
    go_to(site, NOON + 7 * A_DAY)
    proven(site)
    for name, content in kept.items():
        site.open().window.place.put(name, content)
    site.open().keys.mirror.put("copy-of-a-key", key)
    for sealed in sealed_of(site.open(), site.now.date()):
        site.open().window.place.remove(sealed.name)
    assert any("no canary is in the window" in one for one in proven(site).problems)


def test_backups_that_nobody_took_or_purged_are_not_known_to_forget(site: Site) -> None:
    backups = check_of(proven(site), "backups")
    assert (backups.result, "run: lethe back-up" in backups.sentence) == ("unknown", True)
    save(site)
    assert check_of(proven(site), "backups").result == "kept", "nothing had to go yet"
    go_to(site, NOON + 2 * A_DAY)
    backups = check_of(proven(site), "backups")
    assert (backups.result, "run: lethe purge" in backups.sentence) == ("unknown", True)
    purge_now(site)
    assert check_of(proven(site), "backups").result == "kept"
    go_to(site, NOON + 5 * A_DAY)
    assert check_of(proven(site), "backups").result == "unknown", "the purge is too long ago"


def test_what_no_backup_names_may_wait_for_the_next_purge_and_no_longer(site: Site) -> None:
    save(site)
    target = Target(site.open().place("backups"))
    backed = target.put_blob(b"left by a backup that was killed")
    backups = check_of(proven(site), "backups")
    assert (backups.result, "1 objects of no backup, 0 of them" in backups.sentence) == ("unknown", True)
    go_to(site, NOON + A_DAY)
    purge_now(site)
    target.put_blob(b"left by a backup that was killed")
    assert backed.digest in target.blobs(), "a purge that did not purge"
    backups = check_of(proven(site), "backups")
    assert (backups.result, "1 of them for too long" in backups.sentence) == ("broken", True)


def test_blobs_whose_manifests_were_removed_are_told_of_and_break_the_promise_when_they_stay(site: Site) -> None:
    save(site)
    shutil.rmtree(site.folder / "backups" / "manifests")
    assert check_of(proven(site), "backups").result == "unknown"
    go_to(site, NOON + 3 * A_DAY)
    assert check_of(proven(site), "backups").result == "broken"


def test_while_a_backup_is_at_work_what_it_has_not_named_yet_is_no_leftover(site: Site) -> None:
    save(site)
    Target(site.open().place("backups")).put_blob(secrets.token_bytes(9))
    with site.open().locks.held("backup"):
        assert check_of(proven(site), "backups").result == "kept"


def test_a_manifest_that_cannot_be_read_breaks_the_promise(site: Site) -> None:
    save(site)
    site.open().place("backups").put("manifests/2026-11-20T120000Z.0.json.gz", b"damaged")
    backups = check_of(proven(site), "backups")
    assert (backups.result, "1 backups cannot be read" in backups.sentence) == ("broken", True)
