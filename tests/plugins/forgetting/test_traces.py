"""What runs leave behind, while they run and after they were killed; and that every version in a bucket is read."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from plugins.cli.prove import prove as prove_verb
from plugins.forgetting.canaries import NO_DAY, Canaries, new_canaries
from plugins.forgetting.hunting import Hunt, hunt_everywhere
from plugins.forgetting.proving import prove
from plugins.forgetting.reach import unreached
from plugins.forgetting.scanner import Canary, Scanner
from plugins.forgetting.traces import Outside, folder_contents, place_contents
from plugins.store.bucket import Bucket
from plugins.store.store import Store
from tests.plugins.store.conftest import client, make_bucket, object_store, settings  # noqa: F401 - fixtures
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
CANARIES = new_canaries(date(2026, 11, 20), ())[1]
SCANNER = Scanner([CANARIES])
WORK = """\
import sys
from pathlib import Path
from tests.stores import Site, utc
site = Site(Path(sys.argv[1]), utc(2026, 11, 20, 11))
print("ready", flush=True)
site.ingest(shard_bytes=1 << 19)
site.rebuild()
print("done", flush=True)
"""


def write_traffic(site: Site, canaries: Canaries) -> None:
    """Real lines of the site's own log, whose visitors happen to be canaries: here they count as everybody does."""
    for number in range(30):
        moments = [NOON - timedelta(seconds=40 * number + second) for second in range(40)]
        site.write(
            f"access.log.{number}",
            *(
                hit(moment, str(address), f"/{address}/{number}", f"Mozilla/5.0 Firefox/128.0 {canaries.words[0]}")
                for moment in moments
                for address in canaries.addresses
                for _ in range(3)
            ),
        )


def found_by(site: Site, temporary: Path) -> dict[str, set[Canary]]:
    """Everything that can be read without a key: the store, keys, and temporary files; the logs lie elsewhere."""
    hunt = Hunt(SCANNER)
    assert hunt_everywhere(hunt, site.open(), Outside(temporary=(temporary,)), silent) == []
    return {place: found for place, found in hunt.found.items() if found}


@pytest.mark.parametrize("seconds", [0.05, 0.4, 1.0, 2.0])
def test_nothing_readable_is_left_during_a_run_and_after_a_kill(tmp_path: Path, seconds: float) -> None:
    site, temporary = Site(tmp_path / "site", NOON), tmp_path / "tmp"
    temporary.mkdir()
    write_traffic(site, CANARIES)
    assert len(SCANNER.scan((site.logs / "access.log.0").read_bytes())) > 9, "they are in the logs"
    work = subprocess.Popen(
        [sys.executable, "-c", WORK, str(site.folder)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert work.stdout
    assert work.stdout.readline() == "ready\n"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert found_by(site, temporary) == {}, "while it runs"
    work.send_signal(signal.SIGKILL)
    work.wait()
    assert found_by(site, temporary) == {}, "after the kill"
    site.ingest()
    site.rebuild()
    assert found_by(site, temporary) == {}, "after the run that went on with it"


def test_only_files_of_this_user_that_can_be_read_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "own")
    os.mkfifo(tmp_path / "pipe")
    assert [Path(path).name for path, _ in folder_contents(tmp_path, only_own=True)] == ["own"]
    assert list(folder_contents(tmp_path / "none")) == []


def test_large_files_are_searched_without_being_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.seek(70 << 20)
        file.write(f"from {CANARIES.addresses[0]} on".encode())
    ((_, content),) = folder_contents(tmp_path)
    assert not isinstance(content, bytes)
    assert SCANNER.scan(content) == {Canary(CANARIES.day, 0)}


def test_every_version_in_a_bucket_is_read(bucket_of: Callable[[bool], Bucket]) -> None:
    place = bucket_of(True)
    for content in (f"a {CANARIES.addresses[0]}", f"a {CANARIES.addresses[1]}", "nothing"):
        place.put("state/x", content.encode())
    place.client.delete_object(Bucket=place.bucket, Key=f"{place.root}state/x")
    assert list(place.names()) == []
    found = [SCANNER.scan(content) for _, content in place_contents(place)]
    assert set().union(*found) == {Canary(CANARIES.day, 0), Canary(CANARIES.day, 1)}


@pytest.mark.parametrize("is_versioned", [False, True])
def test_a_bucket_is_proven_to_be_read_and_left_as_it_was(
    bucket_of: Callable[[bool], Bucket], is_versioned: bool, tmp_path: Path
) -> None:
    place, decoys = bucket_of(is_versioned), new_canaries(NO_DAY, [CANARIES])[1]
    site = Site(tmp_path / "site", NOON)
    store = site.open()
    store.places["state"] = place
    scanner = Scanner([CANARIES, decoys])
    assert unreached(scanner, decoys, store, Outside(temporary=()), tmp_path) == []
    assert list(place.traces()) == []


def test_a_bucket_whose_older_versions_are_not_read_is_not_proven(
    bucket_of: Callable[[bool], Bucket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, decoys = bucket_of(True), new_canaries(NO_DAY, [CANARIES])[1]
    store = Site(tmp_path / "site", NOON).open()
    store.places["state"] = place
    monkeypatch.setattr(
        "plugins.forgetting.reach.place_contents",
        lambda place, prefix="": ((name, place.get(name)) for name in place.names(prefix) if "/." not in name),
    )
    scanner = Scanner([CANARIES, decoys])
    assert place.where in unreached(scanner, decoys, store, Outside(temporary=()), tmp_path)


def test_a_store_in_a_bucket_is_proven_like_any_other(bucket_of: Callable[[bool], Bucket], tmp_path: Path) -> None:
    name = bucket_of(True).bucket
    site = Site(tmp_path / "site", NOON, POLICY + f'\n[places]\nstore = "s3://{name}/store"\nbackups = "backups"\n')
    site.write("access.log", hit(NOON))
    site.ingest()
    store: Store = site.open()
    report = prove(store, "operations", silent, Outside(temporary=()))
    assert report.is_valid, report.problems
    assert {one.result for one in report.checks} == {"kept", "unknown"}
    store.place("state").put("told/x", str(CANARIES.addresses[0]).encode())
    assert {one.place for one in report.searched} >= {"window, without a key", "receipts", "state", "keys"}


def test_the_verb_says_what_is_kept_and_fails_where_something_is_broken(tmp_path: Path, app: Any) -> None:
    site = Site(tmp_path / "site", NOON)
    site.write("access.log", hit(NOON))
    result = CliRunner().invoke(app, ["--policy", str(site.policy)])
    assert "the proof is valid" in result.output
    assert "window" in result.output
    (site.folder / "logs" / "access.old").write_text(hit(NOON - timedelta(days=4000)))
    result = CliRunner().invoke(app, ["--policy", str(site.policy)])
    assert "access.old" in result.output
    assert "broken" in result.output
    assert result.exit_code == 0, "files that Lethe only reads are kept by whoever rotates them"
    site.open().keys.mirror.put("2026-07-01.1", secrets.token_bytes(32))
    result = CliRunner().invoke(app, ["--policy", str(site.policy)])
    assert "1 ended days with a key" in " ".join(result.output.split())
    assert result.exit_code == 1


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr("plugins.cli.prove.Outside", lambda database, logs: Outside(database, logs, ()))
    verb = typer.Typer()
    verb.command()(prove_verb)
    return verb


@pytest.fixture
def bucket_of(
    make_bucket: Callable[[bool], Bucket],  # noqa: F811 - the fixture
    settings: Any,  # noqa: F811 - the fixture
) -> Callable[[bool], Bucket]:
    return make_bucket
