"""Backups forget on time, in every version, and keep what nobody promised to forget."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.store.clock import ClockError
from plugins.store.door import Folder, Trace
from plugins.store.records import read_record
from schemas.backups import Purged
from schemas.refusals import RefusedError
from tests.plugins.backups.backed import (
    A_DAY,
    ANNA,
    NOON,
    fill,
    is_whole,
    let_pass,
    manifests,
    named,
    purge_now,
    save,
    shown,
    site_in,
    target_of,
    traces,
)
from tests.stores import Site, hit

ON_A_FOLDER = pytest.mark.parametrize("backups", ["folder"], indirect=True)


def go_on_until_due(site: Site) -> None:
    """Backups of the first day, and of 20 and 26 days later; both days of the window are closed by then."""
    fill(site)
    save(site)
    let_pass(site, 20)
    site.close()
    save(site)
    let_pass(site, 6)
    save(site)


def test_a_backup_goes_when_its_time_is_over_and_what_no_other_one_names_with_it(site: Site) -> None:
    go_on_until_due(site)
    first, second, third = manifests(site)
    purged = purge_now(site)
    assert manifests(site) == [second, third]
    assert (purged.manifests, purged.oldest) == (1, second.taken_at)
    personal = {backed.digest for name, backed in first.objects.items() if name.startswith("window/")}
    assert personal
    assert target_of(site).blobs().isdisjoint(personal)
    assert {trace.name for trace in shown(site)} == named(site), "no more, no less"
    assert {trace.kind for trace in shown(site)} == {"object"}
    assert purged.left == len(named(site))
    assert is_whole(site, third)
    assert f"statistics/days/{NOON.date()}.parquet" in third.objects, "last month's statistics are where they were"


@ON_A_FOLDER
def test_a_second_before_its_time_it_stays(site: Site) -> None:
    go_on_until_due(site)
    site.now -= timedelta(seconds=1)
    assert purge_now(site).manifests == 0
    assert len(manifests(site)) == 3


@ON_A_FOLDER
def test_the_promise_that_was_shorter_counts_whatever_the_policy_says_by_now(site: Site) -> None:
    fill(site)
    save(site)
    text = site.policy.read_text()
    site.policy.write_text(text + '\n[keep]\nbackups = "P3D"\n')
    let_pass(site, 1)
    site.open().check_setting()
    site.policy.write_text(text)
    site.open().check_setting()
    let_pass(site, 1)
    save(site)
    assert purge_now(site).manifests == 0
    let_pass(site, 1)
    assert purge_now(site).manifests == 1
    assert len(manifests(site)) == 1


def test_the_last_backup_keeps_statistics_and_loses_persons_when_no_other_follows(site: Site) -> None:
    fill(site)
    let_pass(site, 5.4)
    site.close()
    save(site)
    let_pass(site, 26)
    told: list[str] = []
    purged = purge_now(site, told)
    (thinned,) = manifests(site)
    assert thinned.is_thinned
    assert {name.split("/")[0] for name in thinned.objects} == {"receipts", "state", "statistics", "audit"}
    assert any("keeps nothing but statistics" in sentence for sentence in told)
    assert purged.manifests == 0
    assert purged.blobs > 0
    assert {(trace.name, trace.kind) for trace in shown(site)} == {(name, "object") for name in named(site)}
    assert purge_now(site).blobs == 0, "and once is enough"
    let_pass(site, 1)
    save(site)
    assert purge_now(site).manifests == 1
    assert not manifests(site)[0].is_thinned


def test_what_a_killed_backup_left_goes_with_the_next_purge(site: Site) -> None:
    fill(site)
    save(site)
    place = target_of(site).place
    target_of(site).put_blob(b"of no manifest")
    place.put("manifests/2026-11-20T110000Z.aa.json.gz.copy", b"of nobody")
    purged = purge_now(site)
    assert purged.blobs == 1
    assert purged.manifests == 1
    assert {trace.name for trace in shown(site)} == named(site)


@ON_A_FOLDER
def test_half_of_a_file_goes_too(site: Site) -> None:
    fill(site)
    save(site)
    place = target_of(site).place
    assert isinstance(place, Folder)
    half = place.root / "blobs" / "aa" / ".put-0011223344556677-aabb"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"a part of the window")
    being_written = place.root / "audit" / ".put-0011223344556677-2026-11-20.json"
    being_written.write_bytes(b"")
    assert purge_now(site).traces == 1
    assert not half.exists()
    assert being_written.exists(), "somebody may be writing it"


def test_records_of_what_ended_live_as_long_as_a_backup_that_does_not_know_of_it(site: Site) -> None:
    fill(site)
    save(site)
    let_pass(site, 5.4)
    (mark,) = site.close()
    assert target_of(site).closings()[mark.day].state == "closed"
    save(site)
    let_pass(site, 20)
    purge_now(site)
    assert mark.day in target_of(site).closings()
    let_pass(site, 2)
    save(site)
    purge_now(site)
    assert mark.day in target_of(site).closings(), "the oldest backup that is left was taken less than a day later"
    let_pass(site, 6)
    purge_now(site)
    assert target_of(site).closings() == {}
    assert site.open().audit.verify().entries


def test_what_is_not_lethes_is_told_and_left_alone(site: Site) -> None:
    fill(site)
    save(site)
    target_of(site).place.put("other/file", b"")
    told: list[str] = []
    purge_now(site, told)
    assert any("holds 1 objects that are not Lethe's" in sentence for sentence in told)
    assert target_of(site).place.get("other/file") == b""


def test_a_damaged_manifest_goes_and_where_there_is_no_other_nothing_does(site: Site) -> None:
    fill(site)
    save(site)
    target = target_of(site)
    (name,) = target.manifests()
    target.place.put(name, b"damaged")
    blobs = target.blobs()
    with pytest.raises(RefusedError, match="take one first, with: lethe back-up"):
        purge_now(site)
    assert target.blobs() == blobs
    site.now += timedelta(hours=1)
    save(site)
    told: list[str] = []
    assert purge_now(site, told).manifests == 1
    assert len(manifests(site)) == 1
    assert any("damaged and goes" in sentence for sentence in told)


@ON_A_FOLDER
def test_nothing_is_forgotten_by_a_clock_that_nobody_confirms(site: Site) -> None:
    go_on_until_due(site)
    site.now += timedelta(days=30)
    with pytest.raises(ClockError):
        purge_now(site)
    assert len(manifests(site)) == 3


@ON_A_FOLDER
def test_a_purge_is_audited_and_reported(site: Site) -> None:
    go_on_until_due(site)
    purged = purge_now(site)
    store = site.open()
    (name,) = (name for name in store.place("reports").names("purges/"))
    assert name == "purges/2026-12-16T110000Z.json"
    assert read_record(store.place("reports"), name, Purged) == purged
    trail = b"".join(store.audit.place.get(name) for name in store.audit.place.names())
    assert b'"purge backups"' in trail
    assert b'"back up"' in trail
    assert store.audit.verify().entries


@ON_A_FOLDER
def test_without_a_backup_there_is_nothing_to_purge(site: Site) -> None:
    fill(site)
    purged = purge_now(site)
    assert (purged.manifests, purged.blobs, purged.left, purged.oldest) == (0, 0, 0, None)


@pytest.mark.parametrize("backups", ["versioned"], indirect=True)
def test_versions_markers_and_unfinished_uploads_go_and_what_they_hid_comes_back(site: Site, client: Any) -> None:
    fill(site)
    save(site)
    place: Any = target_of(site).place
    _, bucket, prefix = place.where.replace("s3:/", "").split("/")
    blob, hidden, *_ = sorted(name for name in named(site) if name.startswith("blobs/"))
    content = place.get(hidden)
    place.put(blob, place.get(blob))
    client.delete_object(Bucket=bucket, Key=f"{prefix}/{hidden}")
    client.delete_object(Bucket=bucket, Key=f"{prefix}/manifests/gone.json.gz")
    client.create_multipart_upload(Bucket=bucket, Key=f"{prefix}/blobs/aa/{'a' * 64}")
    client.create_multipart_upload(Bucket=bucket, Key="another/prefix")
    site.now += timedelta(hours=1)
    site.open().audit.append(site.now, "operations", "look")
    kinds = {trace.kind for trace in traces(place)}
    assert kinds == {"object", "version", "marker", "unfinished"}
    purged = purge_now(site)
    assert purged.traces >= 4
    behind = {trace for trace in traces(place) if trace.kind != "object"}
    assert {trace.name for trace in behind} <= {f"audit/{NOON.date()}.json"}, "of the entry on the purge itself"
    assert {trace.name for trace in shown(site)} == named(site)
    assert place.get(hidden) == content
    assert len(client.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1


@pytest.mark.parametrize("backups", ["versioned"], indirect=True)
def test_a_purge_that_is_not_let_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on_until_due(site)
    place = target_of(site).place
    real = type(place).erase

    def erase(self: Any, trace: Trace) -> None:
        """As a bucket with an object lock on blobs."""
        if trace.name.startswith("blobs/"):
            raise PermissionError
        real(self, trace)

    monkeypatch.setattr(type(place), "erase", erase)
    with pytest.raises(RefusedError, match=r"still holds what had to go \([0-9]+ × object\); look for an object lock"):
        purge_now(site)
    assert list(site.open().place("reports").names("purges/")) == []
    monkeypatch.undo()


def test_a_site_that_goes_on_keeps_as_many_backups_as_it_promised(tmp_path: Path) -> None:
    site = site_in(tmp_path)
    site.policy.write_text(f'{site.policy.read_text()}\n[keep]\nbackups = "P5D"\nsecurity_window = "P2D"\n')
    for day in range(12):
        site.now = NOON + day * A_DAY
        site.write("access.log", hit(site.now, ANNA, f"/{day}"))
        site.ingest()
        site.rebuild()
        site.close()
        save(site)
        purged = purge_now(site)
        assert purged.oldest
        assert site.now - purged.oldest < 5 * A_DAY
        assert {trace.name for trace in shown(site)} == named(site)
    assert len(manifests(site)) == 5
    last = manifests(site)[-1]
    assert len([name for name in last.objects if name.startswith("statistics/days/")]) == 12
    assert len(list(target_of(site).place.names("ended/"))) < 8
