"""A store that lies wholly in the object gateway, beside its backups, with its keys in folders."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from plugins.steps.erasing import erase
from plugins.store.bucket import Bucket
from schemas.refusals import RefusedError
from tests.plugins.backups.backed import (
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
from tests.stores import Site, silent


@pytest.fixture
def whole(tmp_path: Path, backups: str) -> Site:
    return site_in(tmp_path, f"{backups}/backups", f"{backups}/store")


def test_it_is_backed_up_erased_from_closed_and_purged(whole: Site) -> None:
    fill(whole)
    first = save(whole)
    store = whole.open()
    assert isinstance(store.window.place, Bucket)
    assert is_whole(whole, first)
    assert first.lines == 3

    erased = erase(store, {ip_address(ANNA)}, "operations", silent)
    assert erased.lines == 1
    assert len(manifests(whole)) == 2

    let_pass(whole, 5.4)
    (mark,) = whole.close()
    assert mark.how == "rebuilt"
    assert traces(store.window.place)
    assert not [trace for trace in traces(store.window.place) if trace.name.startswith(str(mark.day))], "no version"
    save(whole)

    let_pass(whole, 26)
    whole.close()
    last = save(whole)
    purged = purge_now(whole)
    assert purged.manifests == 3
    assert {trace.name for trace in shown(whole)} == named(whole)
    assert {trace.kind for trace in shown(whole)} == {"object"}
    assert traces(store.window.place) == [], "all days are closed"
    assert f"statistics/visits_daily/{NOON.date()}.parquet" in last.objects
    assert whole.open().audit.verify().entries


def test_a_bucket_that_locks_its_objects_is_told_of(tmp_path: Path, settings: Any, client: Any) -> None:
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    site = site_in(tmp_path, "s3://locked/backups")
    fill(site)
    save(site)
    window = next(name for name in sorted(manifests(site)[0].objects) if name.startswith("window/"))
    digest = manifests(site)[0].objects[window].digest
    client.put_object_retention(
        Bucket="locked",
        Key=f"backups/blobs/{digest[:2]}/{digest}",
        Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)},
    )
    let_pass(site, 26)
    save(site)
    with pytest.raises(RefusedError, match=r"\(1 × object\); look for an object lock"):
        purge_now(site)
    assert len(manifests(site)) == 1, "everything else went"


def test_unfinished_uploads_that_are_old_are_swept_and_others_are_not(site: Site, client: Any) -> None:
    place: Any = target_of(site).place
    client.create_multipart_upload(Bucket=place.bucket, Key=f"{place.root}blobs/aa")
    assert place.sweep() == 0
    (left,) = traces(place)
    assert left.kind == "unfinished"
    place.erase(left)
    place.erase(left)  # nothing where it is gone
    assert traces(place) == []
