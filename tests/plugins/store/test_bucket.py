"""A bucket keeps what a folder keeps, forgets every version, and says what went wrong without saying too much."""

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

import pytest

from plugins.store.bucket import Bucket, open_bucket
from plugins.store.door import Trace
from schemas.refusals import RefusedError
from tests.plugins.store.faulty import CUT, HANG, NOISE, PASS, Faulty

PATIENCE = 0.3  # seconds
ACTS: dict[str, Callable[[Bucket], object]] = {
    "put": lambda place: place.put("a", b"new"),
    "get": lambda place: place.get("a"),
    "remove": lambda place: place.remove("a"),
    "names": lambda place: list(place.names()),
    "clock": lambda place: place.clock(),
    "traces": lambda place: list(place.traces()),
}


@pytest.fixture
def spoiled(bucket: Bucket, proxy: Faulty) -> Bucket:
    """The same place behind the proxy, with an object in it."""
    bucket.put("a", b"old")
    return open_bucket(bucket.where, timeout=PATIENCE)


def versions(bucket: Bucket) -> list[Any]:
    """All that the store holds in the whole bucket, markers included."""
    answer = bucket.client.list_object_versions(Bucket=bucket.bucket)
    return [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]


def keys(bucket: Bucket) -> set[str]:
    return {one["Key"] for one in versions(bucket)}


def test_a_place_is_a_part_of_its_bucket(bucket: Bucket, settings: pytest.MonkeyPatch) -> None:
    assert list(open_bucket(f"{bucket.where}/").names()) == []
    other = open_bucket(f"s3://{bucket.bucket}")
    other.put("lethe/store-of-another", b"")
    bucket.put("days/a", b"")
    assert bucket.where == f"s3://{bucket.bucket}/lethe/store"
    assert other.where == f"s3://{bucket.bucket}"
    assert list(bucket.names()) == ["days/a"]
    assert list(other.names()) == ["lethe/store-of-another", "lethe/store/days/a"]


def test_a_folder_made_in_a_web_console_is_no_object(bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.bucket, Key="lethe/store/", Body=b"")
    bucket.client.put_object(Bucket=bucket.bucket, Key="lethe/store/days/", Body=b"")
    assert list(bucket.names()) == []


def test_names_go_on_after_the_first_page(make_bucket: Callable[[bool], Bucket], page_length: int) -> None:
    bucket = make_bucket(False)
    names = [f"receipts/{number:04}" for number in range(page_length + 1)]
    for name in names:
        bucket.put(name, b"")
    assert list(bucket.names("receipts/")) == names


def test_nothing_is_left_of_what_was_removed_and_all_of_its_neighbours(bucket: Bucket) -> None:
    for name in ("a", "a", "ab", "a/b"):
        bucket.put(name, name.encode())
    bucket.client.delete_object(Bucket=bucket.bucket, Key="lethe/store/a")  # by somebody else: leaves a marker
    bucket.put("a", b"again")
    bucket.client.delete_object(Bucket=bucket.bucket, Key="lethe/store/a")
    bucket.remove("a")
    assert keys(bucket) == {"lethe/store/ab", "lethe/store/a/b"}
    assert bucket.get("ab") == b"ab"


def test_versions_go_on_after_the_first_page(
    make_bucket: Callable[[bool], Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    bucket = make_bucket(True)
    for number in range(10):
        bucket.put("a", b"%d" % number)
    bucket.remove("a")
    assert versions(bucket) == []


def test_removing_what_is_not_there_leaves_no_marker(bucket: Bucket) -> None:
    bucket.remove("a")
    assert versions(bucket) == []


def test_versions_from_before_versioning_was_suspended_go_too(make_bucket: Callable[[bool], Bucket]) -> None:
    bucket = make_bucket(True)
    bucket.put("a", b"one")
    bucket.client.put_bucket_versioning(Bucket=bucket.bucket, VersioningConfiguration={"Status": "Suspended"})
    bucket.put("a", b"two")
    bucket.remove("a")
    assert versions(bucket) == []


@pytest.mark.parametrize("bucket", [False], indirect=True)
def test_a_store_that_lists_no_versions_removes_the_object(spoiled: Bucket, proxy: Faulty, bucket: Bucket) -> None:
    for _ in range(2):
        proxy.spoil(["NotImplemented"])
        spoiled.remove("a")
        assert versions(bucket) == []


def test_versions_that_may_not_be_listed_are_not_forgotten_silently(spoiled: Bucket, proxy: Faulty) -> None:
    proxy.spoil(["AccessDenied"])
    with pytest.raises(PermissionError):
        spoiled.remove("a")
    assert spoiled.get("a") == b"old"


@pytest.mark.parametrize("bucket", [True], indirect=True)
def test_every_trace_of_a_name_is_listed_and_goes_one_by_one(bucket: Bucket) -> None:
    for content in (b"one", b"two"):
        bucket.put("a", content)
    bucket.put("b", b"")
    bucket.client.delete_object(Bucket=bucket.bucket, Key="lethe/store/a")
    upload = bucket.client.create_multipart_upload(Bucket=bucket.bucket, Key="lethe/store/c")["UploadId"]
    found = list(bucket.traces())
    assert [
        (one.name, one.kind, one.is_newest) for one in sorted(found, key=lambda one: (one.name, one.is_newest))
    ] == [
        ("a", "version", False),
        ("a", "version", False),
        ("a", "marker", True),
        ("b", "object", True),
        ("c", "unfinished", False),
    ]
    assert list(bucket.names()) == ["b"]
    marker = next(one for one in found if one.kind == "marker")
    bucket.erase(marker)
    assert bucket.get("a") == b"two", "what a marker hid is there again"
    for one in bucket.traces():
        bucket.erase(one)
    bucket.erase(Trace("c", "unfinished", upload))
    assert list(bucket.traces()) == []


@pytest.mark.parametrize("bucket", [False], indirect=True)
def test_a_store_that_lists_no_versions_shows_its_objects(spoiled: Bucket, proxy: Faulty, bucket: Bucket) -> None:
    proxy.spoil(["NotImplemented", PASS, "NotImplemented"])
    (trace,) = spoiled.traces()
    assert trace == Trace("a", "object")
    spoiled.erase(trace)
    assert keys(bucket) == set()


@pytest.mark.parametrize("bucket", [False], indirect=True)
def test_whoever_may_not_list_unfinished_uploads_sweeps_none_and_proves_nothing(spoiled: Bucket, proxy: Faulty) -> None:
    proxy.spoil(["AccessDenied"])
    assert spoiled.sweep() == 0
    proxy.spoil([PASS, "AccessDenied"])
    with pytest.raises(PermissionError):
        list(spoiled.traces())


@pytest.mark.parametrize("bucket", [True], indirect=True)
def test_a_removal_broken_off_halfway_brings_no_older_version_back(
    spoiled: Bucket, proxy: Faulty, bucket: Bucket
) -> None:
    for content in (b"newer", b"newest"):
        bucket.put("a", content)
    proxy.spoil([PASS, PASS, "AccessDenied"])
    with pytest.raises(PermissionError):
        spoiled.remove("a")
    assert len(versions(bucket)) == 2
    assert spoiled.get("a") == b"newest"
    spoiled.remove("a")
    assert versions(bucket) == []


def test_the_clock_is_the_stores_own(spoiled: Bucket, proxy: Faulty) -> None:
    told = spoiled.clock()
    assert told
    assert told.tzinfo is UTC
    proxy.spoil(["RequestTimeTooSkewed"])
    assert spoiled.clock() == datetime(2015, 1, 1, tzinfo=UTC), "told even to those whom it refuses for theirs"


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("fault", "kind", "sentence"),
    [
        ("InternalError", OSError, r"the object store failed \(InternalError\)"),
        ("AccessDenied", PermissionError, r"the object store denies access \(AccessDenied\)"),
        (HANG, TimeoutError, "the object store did not answer in time"),
        (CUT, OSError, r"the answer broke off|the object store failed \(500\)"),
    ],
)
@pytest.mark.parametrize("bucket", [True], indirect=True)
def test_a_fault_is_a_sentence_and_changes_nothing(
    act: str, fault: str, kind: type[OSError], sentence: str, spoiled: Bucket, proxy: Faulty, bucket: Bucket
) -> None:
    proxy.spoil(repeat(fault))
    with pytest.raises(kind) as caught:
        ACTS[act](spoiled)
    proxy.spoil([])
    assert re.fullmatch(sentence, str(caught.value.strerror))
    assert str(caught.value.filename).startswith(bucket.where)
    assert "secret" not in str(caught.value)
    assert spoiled.get("a") == b"old"
    ACTS[act](spoiled)


@pytest.mark.parametrize("bucket", [False], indirect=True)
@pytest.mark.parametrize("act", ACTS)
def test_two_faults_are_borne(act: str, spoiled: Bucket, proxy: Faulty) -> None:
    proxy.spoil(["InternalError", "InternalError"])
    ACTS[act](spoiled)


@pytest.mark.parametrize("bucket", [False], indirect=True)
@pytest.mark.parametrize("act", ["names", "remove"])
def test_a_sign_in_page_is_no_empty_list(act: str, spoiled: Bucket, proxy: Faulty) -> None:
    proxy.spoil(repeat(NOISE))
    with pytest.raises(OSError, match="not that of an object store"):
        ACTS[act](spoiled)


@pytest.mark.parametrize("bucket", [False], indirect=True)
def test_names_that_break_off_after_a_page_do_not_look_complete(
    spoiled: Bucket, proxy: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "1")
    spoiled.put("b", b"")
    proxy.spoil(chain([PASS], repeat("AccessDenied")))
    names = spoiled.names()
    assert next(names) == "a"
    with pytest.raises(PermissionError):
        next(names)


def test_a_store_that_is_down_cannot_be_reached(settings: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    with pytest.raises(ConnectionRefusedError) as caught:
        open_bucket("s3://the-bucket/store", timeout=PATIENCE)
    assert caught.value.filename == "s3://the-bucket/store"
    assert caught.value.strerror == "the object store cannot be reached"


@pytest.mark.parametrize(
    "url",
    ["", "store", "s3://", "s3:///store", "s3://key:secret@bucket/store", "s3://bucket/../store", "s3://bucket//store",
     "https://bucket/store", "s3://bucket/store?version=secret", "s3://bucket/sto re"],
)  # fmt: skip
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        open_bucket(url)
    assert "secret" not in str(caught.value)


def test_a_bucket_that_does_not_exist_is_refused_and_is_no_empty_one(
    bucket: Bucket, settings: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RefusedError, match="s3://no-such-bucket/store: the bucket does not exist"):
        open_bucket("s3://no-such-bucket/store")
    bucket.client.delete_bucket(Bucket=bucket.bucket)
    for act in ACTS.values():
        with pytest.raises(RefusedError, match="does not exist"):
            act(bucket)


def test_a_user_without_credentials_is_refused(settings: pytest.MonkeyPatch, bucket: Bucket) -> None:
    settings.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(RefusedError, match="has no credentials"):
        open_bucket(bucket.where)


@pytest.mark.parametrize(("name", "value"), [("AWS_ENDPOINT_URL", "user:secret@nowhere"), ("AWS_PROFILE", "secret")])
def test_settings_that_do_not_work_are_refused(name: str, value: str, settings: pytest.MonkeyPatch) -> None:
    settings.setenv(name, value)
    with pytest.raises(RefusedError, match="settings of this user do not work") as caught:
        open_bucket("s3://bucket/store")
    assert "secret" not in str(caught.value)
