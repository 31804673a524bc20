"""Full disks, missing rights, object stores that fail: a sentence, the old data as it was, and the next run goes on."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plugins.steps.closing import close_due
from plugins.steps.days import day_receipts, load_day
from plugins.steps.erasing import erase
from plugins.store.store import utc_now
from schemas.refusals import RefusedError
from tests.plugins.store.conftest import client, object_store, proxy, settings  # noqa: F401 - fixtures
from tests.plugins.store.faulty import CUT, PASS, Faulty
from tests.stores import POLICY, Site, apache_error, hit, silent, utc
from transforms.anonymising.addresses import read_address

NOON = utc(2026, 11, 20, 11)
DAY = NOON.date()
CANARY = "192.0.2.77"
LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from plugins.cli.app import main
main()
"""
PLACES = """
[places]
store = "s3://{0}/store"
keys = "s3://{0}/keys"
key_mirror = "s3://{0}/mirror"
backups = "s3://{0}/backups"
"""


def run(site: Site, *words: str, script: str = "", limit: int = 0, user: str | None = None) -> tuple[int, str]:
    """A verb of the real command; what it says holds no address, no traceback and no mistake of ours."""
    start = [sys.executable, "-c", script, str(limit)] if script else [sys.executable, "-m", "plugins.cli.app"]
    command = [*start, *words, "--policy", str(site.policy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=CANARY, user=user)
    said = done.stdout + done.stderr
    for never in (CANARY, "198.51.100", "2001:db8", "Traceback", "a mistake in Lethe"):
        assert never not in said
    return done.returncode, said


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def random_hits(moment: Any, number: int) -> list[str]:
    """Lines that no compression makes small."""
    return [hit(moment, CANARY, f"/{os.urandom(60).hex()}") for _ in range(number)]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Of today by the machine's own clock, which the real command believes; one line is read, many are not."""
    site = Site(tmp_path / "site", utc(*utc_now().timetuple()[:3]))
    site.write("access.log", hit(site.now, CANARY))
    site.ingest()
    site.write("access.log", *random_hits(site.now, 3000))
    return site


@pytest.mark.parametrize("limit", [40, 10_000])
def test_a_full_disk_is_a_sentence_and_the_next_run_goes_on(limit: int, site: Site) -> None:
    """A file size limit stands in for the full disk: both end a write in the middle with an OSError."""
    before = files(site.folder)
    code, said = run(site, "ingest", script=LIMITED, limit=limit)
    assert code == 1
    assert "File too large" in said
    assert f"lethe: {site.folder}/" in said, "which disk"
    after = files(site.folder)
    kept = before.keys() - {"store/state/ingest/plan.json"}  # the new attempt's
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
    assert not [name for name in after if ".put-" in name], "nothing half-written is left"
    assert site.counts() == {"hits": 1}
    assert site.ingest().lines["hits"] == 3000
    assert site.counts() == {"hits": 3001}


def test_an_erasure_on_a_full_disk_leaves_the_day_readable(site: Site) -> None:
    site.ingest()
    site.write("access.log", *[line.replace(CANARY, "198.51.100.1") for line in random_hits(site.now, 500)])
    site.ingest()
    code, said = run(site, "erase", script=LIMITED, limit=10_000)
    assert code == 1
    assert "File too large" in said
    counts, store, day = site.counts(), site.open(), site.now.date()
    assert counts.total() == 3501
    data = load_day(store.window, day, day_receipts(store, day), lambda generation: store.keys.get(day, generation))
    assert len(data.hits["path"]) == counts["hits"], "what is not rewritten yet opens as before"
    assert run(site, "erase")[0] == 0
    assert site.counts() == {"hits": 500, "erased": 3001}
    assert site.open().keys.generations(site.now.date()) == ["3"]


@pytest.mark.parametrize("folder", ["store", "store/window", "store/receipts", "keys", "keys-mirror"])
def test_a_folder_without_rights_is_a_sentence_and_the_next_run_goes_on(folder: str, site: Site) -> None:
    """Whoever runs it owns everything but that folder."""
    if os.geteuid() != 0:
        pytest.skip("only root can run a command as another user")
    if not all(parent.stat().st_mode & 0o001 for parent in (Path(sys.executable).parent, Path(__file__).parent)):
        pytest.skip("nobody has no way to this checkout")
    shared = Path("/tmp") / f"lethe-rights-{os.getpid()}-{folder.replace('/', '-')}"  # where nobody may go
    shutil.copytree(site.folder, shared)
    try:
        for path in (shared, *shared.rglob("*")):
            shutil.chown(path, "nobody")
        for path in (shared / folder, *(shared / folder).rglob("*")):
            if path.is_dir() and path.name != "locks":
                shutil.chown(path, "root")
                path.chmod(0o500 if folder != "store" else 0o555)
        before = files(shared)
        code, said = run(Site(shared, site.now), "ingest", user="nobody")
        assert code == 1
        assert "Permission denied" in said
        after = files(shared)
        assert {name: after.get(name) for name in before} == before
        for path in (shared, *shared.rglob("*")):
            shutil.chown(path, "root")
        again = Site(shared, site.now)
        again.ingest()
        assert again.counts() == {"hits": 3001}
    finally:
        shutil.rmtree(shared)


# An object store


@pytest.fixture
def remote(tmp_path: Path, client: Any, proxy: Faulty, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: F811
    """A site all of whose places are in a versioned bucket; the way there leads through the proxy."""
    name = f"test-{os.urandom(8).hex()}"
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    site = Site(tmp_path, NOON, POLICY + PLACES.format(name))
    site.write("access.log", hit(NOON, CANARY, "/a"), hit(NOON, "192.0.2.2", "/b"), "192.0.2.77 is no line\n")
    site.write("error.log", apache_error(NOON), "  a trace\n")
    store = site.open()  # once: to open ten buckets takes a second
    monkeypatch.setattr(site, "open", lambda: store)
    return site


def published(site: Site) -> dict[str, int]:
    """Objects of a place, by table."""
    return Counter(name.split("/")[0] for name in site.open().place("statistics").names())


def versions(client: Any, site: Site, part: str) -> list[str]:  # noqa: F811 - the same client
    bucket = site.policy.read_text().partition("s3://")[2].partition("/")[0]
    answer = client.list_object_versions(Bucket=bucket)
    return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in answer.get(kind, ()) if part in one["Key"]]


def test_a_store_in_a_bucket_reads_computes_erases_and_forgets(
    remote: Site,
    client: Any,  # noqa: F811
) -> None:
    assert remote.ingest().lines["hits"] == 2
    assert remote.counts() == {"hits": 2, "errors": 1, "continuations": 1, "quarantine": 1}
    assert remote.rebuild() == [DAY]
    assert published(remote)["days"] == 1
    assert versions(client, remote, f"{DAY}.1") == [f"keys/{DAY}.1", f"mirror/{DAY}.1"]
    address = read_address(CANARY)
    assert address
    assert erase(remote.open(), {address}, "operations", silent).lines == 2
    assert remote.counts() == {"hits": 1, "errors": 1, "continuations": 1, "erased": 2}
    assert versions(client, remote, f"keys/{DAY}.1") == []
    remote.now = utc(2026, 11, 26, 22, 30)
    remote.write("access.log", "")
    marks, problems = close_due(remote.open(), "operations", silent, clock_is_right=True)
    assert [(mark.how, mark.lines) for mark in marks] == [("rebuilt", 3)]
    assert problems == []
    for gone in (f"keys/{DAY}", f"mirror/{DAY}", f"window/{DAY}"):
        assert versions(client, remote, gone) == [], "no version, no delete marker"
    assert sorted(remote.open().place("visit_log").names()) == [f"hits/{DAY}.parquet", f"visits/{DAY}.parquet"]
    assert remote.open().audit.verify().entries == 4, "begun, backed up, done; closed"
    assert not list((remote.folder).glob("s3*")), "no folder of that name"


def in_trouble(act: Callable[[], Any]) -> str:
    """What is said when it goes wrong; nothing where it did not."""
    try:
        act()
    except (OSError, RefusedError) as error:
        sentence = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        assert "192.0.2" not in sentence
        assert "None" not in sentence
        return sentence
    return ""


@pytest.mark.parametrize(("fault", "passing"), [("InternalError", 3), (CUT, 45), ("InternalError", 60)])
def test_an_object_store_that_fails_in_the_middle_loses_and_doubles_nothing(
    fault: str,
    passing: int,
    remote: Site,
    proxy: Faulty,  # noqa: F811
) -> None:
    """From one request on it answers nothing well, for longer than is tried again; then it is well."""
    remote.ingest()
    remote.write("access.log", hit(NOON, "192.0.2.3", "/c"), hit(NOON - timedelta(days=1), "192.0.2.4", "/d"))
    proxy.spoil([*[PASS] * passing, *[fault] * 60])
    said = in_trouble(remote.ingest)
    assert said
    assert "s3://" in said
    proxy.spoil([])
    read = remote.ingest()
    assert read.problems == []
    expected = {"hits": 4, "errors": 1, "continuations": 1, "quarantine": 1}
    assert remote.counts() == expected
    store = remote.open()
    assert store.open_days() == [DAY - timedelta(days=1), DAY]
    assert list(store.keys.main.names()) == list(store.keys.mirror.names())
    named = {one.name for shard in store.receipts.shards() if (r := store.receipts.get(shard)) for one in r.objects}
    assert named == set(store.window.names())


@pytest.mark.parametrize("passing", [30, 90])
def test_a_close_that_an_object_store_fails_is_finished_by_the_next(
    passing: int,
    remote: Site,
    client: Any,  # noqa: F811
    proxy: Faulty,  # noqa: F811
) -> None:
    remote.ingest()
    remote.now = utc(2026, 11, 26, 22, 30)
    proxy.spoil([*[PASS] * passing, *["InternalError"] * 200])
    problems: list[str] = []

    def close() -> None:
        problems.extend(close_due(remote.open(), "operations", silent, clock_is_right=True)[1])

    assert in_trouble(close) or problems
    assert all(f"{date.fromisoformat('2026-11-20')} is not closed: " in problem for problem in problems)
    proxy.spoil([])
    marks, problems = close_due(remote.open(), "operations", silent, clock_is_right=True)
    assert ([mark.day for mark in marks], problems) == ([DAY], [])
    assert published(remote)["days"] == 1
    for gone in (f"keys/{DAY}", f"mirror/{DAY}", f"window/{DAY}"):
        assert versions(client, remote, gone) == []
    store = remote.open()
    assert store.audit.verify().entries == 1
