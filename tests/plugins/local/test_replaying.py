"""A replay: which files, under which policy, and at what time."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.local.home import ROOT, Home
from plugins.local.replaying import named_files, prepare_replay, replay_policy
from plugins.policy_file import read_policy
from plugins.steps.ingest import ingest
from plugins.store.store import open_store
from schemas.refusals import RefusedError
from tests.stores import hit, silent, utc

NOON = utc(2024, 3, 1, 12)
OWN_POLICY = """\
[site]
name = "shop.example.org"
[keep]
security_window = "P3D"
[places]
store = "/var/lib/lethe/store"
country_data = "countries.mmdb"
[blocklist]
allowlist = ["192.0.2.0/30"]
[[logs]]
name = "shop"
access = ["/var/log/shop*"]
format = '%h %l %u %t "%r" %>s %b'
timezone = "UTC"
after_window = "delete"
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text("".join(hit(NOON - timedelta(minutes=number)) for number in (3, 2, 1, 0)))
    return path


def test_files_are_named_as_in_a_shell(tmp_path: Path) -> None:
    for name in ("a.log", "a.log.1", "with a blank.log"):
        (tmp_path / name).touch()
    assert named_files(f"{tmp_path}/a.log* '{tmp_path}/with a blank.log' {tmp_path}/a.log") == [
        tmp_path / "a.log", tmp_path / "a.log.1", tmp_path / "with a blank.log",
    ]  # fmt: skip
    assert named_files(" ") == []
    with pytest.raises(RefusedError, match="there is no such file"):
        named_files(f"{tmp_path}/b.log*")


def test_a_replay_stands_at_its_newest_line_and_reads_every_line_once(tmp_path: Path, log: Path) -> None:
    packed = tmp_path / "older[1].gz"
    packed.write_bytes(gzip.compress(hit(NOON - timedelta(days=2)).encode()))
    home = Home(tmp_path / "replay", None)
    for lines in (5, 0):
        assert NOON <= prepare_replay(home, [log, packed], [], None) < NOON + timedelta(minutes=5)
        store = open_store(home.policy)
        assert store.is_replay
        assert ingest(store, "operations", silent).lines.total() == lines


def test_other_files_are_another_replay(tmp_path: Path, log: Path) -> None:
    home, other = Home(tmp_path / "replay", None), tmp_path / "other.log"
    prepare_replay(home, [log], [], None)
    ingest(open_store(home.policy), "operations", silent)
    other.write_text(hit(NOON - timedelta(days=400)))
    assert prepare_replay(home, [other], [], None) < NOON - timedelta(days=399)
    assert ingest(open_store(home.policy), "operations", silent).lines.total() == 1


def test_a_policy_says_what_counts_and_how_to_read_but_not_where_to_write_or_what_to_delete(
    tmp_path: Path,
) -> None:
    own = tmp_path / "policy.toml"
    own.write_text(OWN_POLICY)
    written = tmp_path / "replay.toml"
    written.write_text(replay_policy([tmp_path / "x.log"], [tmp_path / "y.log"], own))
    policy = read_policy(written)
    assert policy.site.name == "shop.example.org"
    assert policy.keep.security_window == timedelta(days=3)
    assert policy.places.store == "store"
    assert policy.places.country_data == str(tmp_path / "countries.mmdb")
    assert [(log.access, log.error) for log in policy.logs] == [((f"{tmp_path}/x.log",), (f"{tmp_path}/y.log",))]
    assert policy.logs[0].format.startswith("%h")
    assert policy.logs[0].after_window == "report"


def test_without_a_policy_the_layout_is_found(tmp_path: Path) -> None:
    written = tmp_path / "replay.toml"
    written.write_text(replay_policy([tmp_path / "x.log"], [], None))
    assert read_policy(written).logs[0].format == "detect"
    assert read_policy(written).site == read_policy(ROOT / "policy.toml").site


def test_a_wrong_policy_is_refused_before_anything_is_written(tmp_path: Path, log: Path) -> None:
    own, home = tmp_path / "policy.toml", Home(tmp_path / "replay", None)
    own.write_text('[keep]\nsecurity_window = "P60D"\n')
    with pytest.raises(RefusedError, match="security_window"):
        prepare_replay(home, [log], [], own)
    assert not home.policy.exists()
