"""Logs in an object store, versioned or not; the store is moto's server."""
# ruff: noqa: F811 - fixtures that are imported

import gzip
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.logs.buckets import objects_in
from plugins.logs.finding import find_file
from plugins.logs.log_file import LogFile
from plugins.logs.origins import ExchangedError, OutOfReachError
from plugins.steps.closing import close_due
from plugins.steps.originals import list_originals
from plugins.store.bucket import Bucket
from tests.plugins.store.conftest import client, object_store, page_length, proxy, settings  # noqa: F401
from tests.plugins.store.faulty import Faulty
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)


class Shipped:
    """A bucket into which a shipper puts log files, and a site that reads them there."""

    def __init__(self, owner: Any, name: str, folder: Path, more: str = "") -> None:
        self.owner, self.name = owner, name
        self.site = Site(folder, NOON, POLICY.replace('"logs/', f'"s3://{name}/web 1/') + more)

    def put(self, key: str, *lines: str) -> None:
        self.owner.put_object(Bucket=self.name, Key=key, Body="".join(lines).encode())

    def keys(self) -> set[str]:
        return {one.key for one in objects_in(f"s3://{self.name}/web 1/*")}


@pytest.fixture(params=["unversioned", "versioned"])
def bucket(request: pytest.FixtureRequest, client: Any, settings: Any) -> str:
    name = f"logs-{secrets.token_hex(8)}"
    client.create_bucket(Bucket=name)
    if request.param == "versioned":
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def shipped(client: Any, bucket: str, tmp_path: Path) -> Shipped:
    return Shipped(client, bucket, tmp_path)


def lines(first: int, number: int) -> list[str]:
    return [hit(NOON, path=f"/{n}") for n in range(first, first + number)]


def test_a_key_that_grows_is_read_on_and_counts_once(shipped: Shipped) -> None:
    shipped.put("web 1/access.log", *lines(0, 500), hit(NOON)[:30])
    assert shipped.site.ingest().lines["hits"] == 500
    assert shipped.site.ingest().lines.total() == 0
    shipped.put("web 1/access.log", *lines(0, 510))
    assert shipped.site.ingest().lines["hits"] == 10
    shipped.put("web 1/access.log.1", *lines(0, 511))
    shipped.put("web 1/access.log", *lines(600, 1))
    assert shipped.site.ingest().lines["hits"] == 2
    assert shipped.site.counts() == {"hits": 512}


def test_compressed_keys_are_read_and_a_deleted_key_is_gone_in_all_its_versions(shipped: Shipped) -> None:
    packed = gzip.compress("".join(lines(0, 5)).encode()) + gzip.compress("".join(lines(5, 5)).encode())
    shipped.owner.put_object(Bucket=shipped.name, Key="web 1/access.gz", Body=packed)
    shipped.put("web 1/access.gone", *lines(20, 3))
    shipped.owner.delete_object(Bucket=shipped.name, Key="web 1/access.gone")
    shipped.put("web 1/access.replaced", *lines(30, 3))
    shipped.put("web 1/access.replaced", *lines(40, 2))
    assert shipped.site.ingest().lines["hits"] == 12


def test_of_a_key_that_has_not_changed_nothing_is_asked(shipped: Shipped, proxy: Faulty) -> None:
    for number in range(10):
        shipped.put(f"web 1/access.{number}", *lines(number, 1))
    assert shipped.site.ingest().lines["hits"] == 10
    asked: list[str] = []
    proxy.spoil(asked.append("request") or "pass" for _ in iter(int, 1))  # type: ignore[func-returns-value]
    assert shipped.site.ingest().lines.total() == 0
    assert len(asked) <= 6, "listings alone"


def test_odd_keys_are_found_and_patterns_stay_in_their_folder(shipped: Shipped) -> None:
    odd = ["access æøå.log", "access+a&b=c.log", "access#1?.log", "access [1]*.log", 'access"q".log', "access%20.log"]
    for number, name in enumerate(odd):
        shipped.put(f"web 1/{name}", *lines(number, 1))
    shipped.put("web 1/deeper/access.log", *lines(20, 1))
    shipped.put("web 1/.access", *lines(21, 1))
    shipped.owner.put_object(Bucket=shipped.name, Key="web 1/access.folder/", Body=b"")
    assert shipped.keys() == {f"web 1/{name}" for name in odd}
    assert {one.key for one in objects_in(f"s3://{shipped.name}/*/*/access.log")} == {"web 1/deeper/access.log"}
    assert {one.key for one in objects_in(f"s3://{shipped.name}/web 1/access [[]1][*].log")} == {
        "web 1/access [1]*.log"
    }
    assert shipped.site.ingest().lines["hits"] == len(odd)


def test_a_listing_has_more_than_one_page(shipped: Shipped, page_length: int) -> None:
    for number in range(page_length + 3):
        shipped.put(f"web 1/access.{number:04}", "x\n")
    assert len(shipped.keys()) == page_length + 3


def test_a_key_that_is_replaced_while_it_is_read_is_not_read_on(shipped: Shipped) -> None:
    shipped.put("web 1/access.log", *lines(0, 200_000))
    file = LogFile(find_file(f"s3://{shipped.name}/web 1/access.log"))
    pieces = file.pieces(0, is_final=False, piece_bytes=100_000)
    next(pieces)
    shipped.put("web 1/access.log", *lines(0, 200_001))
    with pytest.raises(ExchangedError):
        list(pieces)


@pytest.mark.parametrize("faults", [["SlowDown"], ["SlowDown"] * 3, ["pass"] * 5 + ["cut"], ["InternalError"]])
def test_a_store_that_is_busy_is_asked_again(shipped: Shipped, proxy: Faulty, faults: list[str]) -> None:
    shipped.put("web 1/access.log", *lines(0, 3))
    proxy.spoil(faults)
    assert shipped.site.ingest().lines["hits"] == 3


@pytest.mark.parametrize("fault", ["AccessDenied", "noise"])
def test_a_store_that_lets_nobody_in_keeps_no_other_log_from_being_read(
    shipped: Shipped,
    proxy: Faulty,
    fault: str,
) -> None:
    add_near(shipped)
    proxy.spoil([fault] * 50)
    done = shipped.site.ingest()
    assert done.lines["hits"] == 1
    assert all(problem.startswith(f"s3://{shipped.name}/web 1/") for problem in done.problems)
    assert len(done.problems) == 2, "for access and error"


def add_near(shipped: Shipped) -> None:
    folder = shipped.site.folder
    more = '[[logs]]\nname = "near"\naccess = ["near/*"]\nformat = "combined"\n'
    shipped.site.policy.write_text(shipped.site.policy.read_text() + more)
    (folder / "near").mkdir()
    (folder / "near" / "a.log").write_text(hit(NOON))


def test_a_bucket_that_is_gone_is_the_trouble_of_its_log_and_old_days_wait_for_it(shipped: Shipped) -> None:
    add_near(shipped)
    (shipped.site.folder / "near" / "old.log").write_text(hit(NOON - timedelta(days=30)))
    shipped.owner.delete_bucket(Bucket=shipped.name)
    done = shipped.site.ingest()
    assert done.lines["hits"] == 1
    assert "the bucket does not exist" in done.problems[0]
    assert shipped.site.open().marks.days("closed") == []


def test_a_connection_says_endpoint_and_credentials(
    shipped: Shipped,
    settings: pytest.MonkeyPatch,
    object_store: str,
) -> None:
    shipped.put("web 1/access.log", *lines(0, 3))
    settings.delenv("AWS_ENDPOINT_URL")
    settings.delenv("AWS_ACCESS_KEY_ID")
    given = {"login": "somebody", "password": "secret", "extra": {"endpoint_url": object_store, "region_name": "x"}}
    settings.setenv("AIRFLOW_CONN_FAR", json.dumps(given))
    named = shipped.site.policy.read_text().replace("s3://", "s3://far@")
    shipped.site.policy.write_text(named)
    assert shipped.site.ingest().lines["hits"] == 3
    settings.delenv("AIRFLOW_CONN_FAR")
    shipped.put("web 1/access.log", *lines(0, 4))
    assert "there is no connection far" in shipped.site.ingest().problems[0]


def test_keys_past_the_window_are_listed_and_deleted_in_every_version(client: Any, bucket: str, tmp_path: Path) -> None:
    """The object store says by its own clock when a key was written."""
    shipped = Shipped(client, bucket, tmp_path, 'after_window = "delete"\n')
    site, site.now = shipped.site, datetime.now(UTC)
    shipped.put("web 1/access.log.1", hit(site.now))
    shipped.put("web 1/access.log.1", hit(site.now), hit(site.now, path="/b"))
    site.ingest()
    time.sleep(1.1)  # its times are whole seconds
    shipped.put("web 1/access.log", hit(site.now, path="/c"))
    site.ingest()
    delete_twice(site)
    assert len(shipped.keys()) == 2
    site.now += timedelta(days=9)
    assert {one.is_past for one in list_originals(site.open())} == {True}
    delete_twice(site)
    assert shipped.keys() == {"web 1/access.log"}, "a server may write to it"
    assert {trace.name for trace in Bucket(client, bucket).traces()} == {"web 1/access.log"}


def delete_twice(site: Site) -> None:
    for _ in range(2):
        assert close_due(site.open(), "operations", silent, clock_is_right=True)[1] == []


def test_all_versions_of_a_key_go_and_none_comes_back(client: Any, bucket: str, settings: Any) -> None:
    for content in (b"a\n", b"b\n", b"c\n"):
        client.put_object(Bucket=bucket, Key="a/x.1", Body=content)
    client.put_object(Bucket=bucket, Key="a/x.10", Body=b"stays\n")
    file = LogFile(find_file(f"s3://{bucket}/a/x.1"))
    assert file.remove()
    assert {trace.name for trace in Bucket(client, bucket).traces()} == {"a/x.10"}
    other = LogFile(find_file(f"s3://{bucket}/a/x.10"))
    client.put_object(Bucket=bucket, Key="a/x.10", Body=b"another\n")
    assert not other.remove()
    with pytest.raises(ExchangedError):
        other.read(0, 3)


def test_an_address_without_a_key_is_refused(settings: Any) -> None:
    with pytest.raises(OutOfReachError, match="s3://bucket/key"):
        list(objects_in("s3://bucket"))
