"""Logs on another server, which is OpenSSH's own."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.forgetting.unread import unread_days
from plugins.logs import ssh
from plugins.logs.finding import find_file, find_files
from plugins.logs.log_file import LogFile
from plugins.logs.origins import ExchangedError, OutOfReachError
from plugins.logs.sftp import remote_files
from plugins.steps.closing import close_due
from plugins.steps.originals import delete_originals, list_originals
from tests.plugins.logs.sshd import PROGRAM, Server, running_server
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
# a thread of paramiko asks on ahead, and has nobody to tell that the server is gone; whoever reads is told
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
OLD = NOON - timedelta(days=8)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not PROGRAM:
        pytest.skip("sshd not found; apt-get install --no-install-recommends openssh-server")
    with running_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(autouse=True)
def connection(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """`web` is the server; of this machine's own user nothing is known."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(ssh, "KNOWN_HOSTS", ())
    monkeypatch.setattr(ssh, "_sessions", {})
    monkeypatch.setattr(ssh, "_failed", {})
    connect(monkeypatch, server)
    return monkeypatch


def connect(monkeypatch: pytest.MonkeyPatch, server: Server, **extra: object) -> None:
    given = {
        "conn_type": "sftp",
        "host": "127.0.0.1",
        "port": server.port,
        "login": server.user,
        "extra": {"key_file": str(server.key_file), "host_key": server.host_key} | extra,
    }
    monkeypatch.setenv("AIRFLOW_CONN_WEB", json.dumps(given))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Its logs lie on the server."""
    return Site(tmp_path / "site", NOON, policy_for(tmp_path / "site"))


def policy_for(folder: Path, more: str = "") -> str:
    return POLICY.replace('"logs/', f'"sftp://web{folder}/logs/') + more


def test_new_lines_are_read_once_whatever_becomes_of_the_files(site: Site) -> None:
    site.write("access.log", *(hit(NOON, path=f"/{n}") for n in range(300)))
    assert site.ingest().lines["hits"] == 300
    assert site.ingest().lines.total() == 0
    site.write("access.log", hit(NOON, path="/more"), hit(NOON)[:40])
    assert site.ingest().lines["hits"] == 1
    (site.logs / "access.log").rename(site.logs / "access.log.1")
    site.write("access.log.1", hit(NOON)[40:])
    site.write("access.log", hit(NOON, path="/new"))
    assert site.ingest().lines["hits"] == 2
    packed = site.logs / "access.log.2.gz"
    packed.write_bytes(gzip.compress((site.logs / "access.log.1").read_bytes()))
    os.utime(packed, (NOON.timestamp(), NOON.timestamp()))
    (site.logs / "access.log.1").unlink()
    assert site.ingest().lines.total() == 0
    assert site.counts() == {"hits": 303}


def test_patterns_fit_as_they_do_on_a_disk(tmp_path: Path) -> None:
    for name in ("a/access.log", "a/access.log.1", "a/.access", "b/access.log", "b/other", "a/access [1]?.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n")
    (tmp_path / "b" / "access.link").symlink_to(tmp_path / "b" / "other")
    for pattern in (
        "*/access.log*",
        "a/*",
        "?/access*",
        "[a]/access.log",
        "a/access [[]1][?].log",
        "c/*",
        "b/access.l*",
    ):
        found = sorted(remote.path for remote in remote_files(f"sftp://web{tmp_path}/{pattern}"))
        assert found == sorted(map(str, tmp_path.glob(pattern) if pattern != "a/*" else tmp_path.glob("a/[!.]*")))


def test_a_file_that_does_not_change_is_not_opened(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("access.log", hit(NOON))
    site.ingest()
    monkeypatch.setattr("plugins.logs.sftp.Remote.open", None)
    assert site.ingest().lines.total() == 0


def test_a_file_is_read_as_far_as_it_was_looked_at_and_not_when_another_took_its_place(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"line\n" * 1_000_000)
    file = LogFile(find_file(f"sftp://web{path}"))
    with path.open("ab") as stream:
        stream.write(b"more\n")
    assert file.read(0, 9_000_000) == b"line\n" * 1_000_000
    path.write_bytes(b"short\n")
    with pytest.raises(ExchangedError):
        file.read(0, 10)
    path.unlink()
    with pytest.raises(ExchangedError):
        file.read(0, 10)


@pytest.mark.parametrize("successor", [b"", b"other\n" * 1_000_000], ids=["a new file", "a longer one"])
def test_a_rotation_while_a_file_is_read_puts_no_other_in_its_place(tmp_path: Path, successor: bytes) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"line\n" * 1_000_000)
    pieces = LogFile(find_file(f"sftp://web{path}")).pieces(0, is_final=False, piece_bytes=100_000)
    first = next(pieces)
    path.rename(tmp_path / "access.log.1")
    path.write_bytes(successor)
    assert first.lines + b"".join(piece.lines for piece in pieces) == b"line\n" * 1_000_000


def test_a_file_that_is_truncated_while_it_is_read_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"line\n" * 1_000_000)
    pieces = LogFile(find_file(f"sftp://web{path}")).pieces(0, is_final=False, piece_bytes=100_000)
    next(pieces)
    path.write_bytes(b"")
    with pytest.raises(ExchangedError):
        list(pieces)


def test_an_unknown_host_is_refused_with_its_fingerprint(
    site: Site, server: Server, connection: pytest.MonkeyPatch
) -> None:
    site.write("access.log", hit(NOON))
    connect(connection, server, host_key="")
    (problem, *_) = site.ingest().problems
    assert "is not known (ssh-ed25519 SHA256:" in problem
    assert "known_hosts" in problem


def test_a_host_with_another_key_is_refused(site: Site, server: Server, connection: pytest.MonkeyPatch) -> None:
    site.write("access.log", hit(NOON))
    connect(connection, server, host_key=(server.folder / "user_key.pub").read_text().rsplit(" ", 1)[0])
    assert "its host key is another one than before" in site.ingest().problems[0]


def test_whoever_is_not_let_in_is_told_so_without_a_secret(
    site: Site, server: Server, connection: pytest.MonkeyPatch
) -> None:
    connect(connection, server, key_file=str(server.folder / "host_key"))
    (problem, *_) = site.ingest().problems
    assert "lets this user not in" in problem
    assert server.user not in problem.replace(str(site.folder), "")


def test_the_settings_of_ssh_will_do_where_there_is_no_connection(
    site: Site, server: Server, connection: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection.delenv("AIRFLOW_CONN_WEB")
    site.write("access.log", hit(NOON))
    assert "there is no connection web" in site.ingest().problems[0]
    own = tmp_path / "home" / ".ssh"
    own.mkdir(parents=True)
    (own / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
    (own / "config").write_text(
        f"Host web\n  HostName 127.0.0.1\n  Port {server.port}\n  User {server.user}\n"
        f"  IdentityFile {server.key_file}\n  UserKnownHostsFile {own}/known_hosts\n"
    )
    connection.setattr(ssh, "_failed", {})
    assert site.ingest().lines["hits"] == 1


def test_a_server_that_is_down_keeps_no_other_log_from_being_read_and_old_days_wait_for_it(
    site: Site, connection: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = '[[logs]]\nname = "near"\naccess = ["near/*"]\nformat = "combined"\n'
    site.policy.write_text(policy_for(site.folder, other))
    (site.folder / "near").mkdir()
    (site.folder / "near" / "a.log").write_text(hit(NOON))
    (site.folder / "near" / "old.log").write_text(hit(NOON - timedelta(days=30)))
    with running_server(tmp_path / "other") as down:
        connect(connection, down)
    done = site.ingest()
    assert done.lines["hits"] == 1
    assert all(problem.startswith("sftp://web: ") for problem in done.problems)
    assert [note for note in done.waiting if "out of reach" in note]
    assert site.open().marks.days("closed") == []
    assert [(one.oldest, one.path) for one in list_originals(site.open())][-2:] == [
        (None, f"sftp://web{site.logs}/access*"),
        (None, f"sftp://web{site.logs}/error*"),
    ]
    assert len(unread_days(site.open(), tuple(list_originals(site.open())))) == 2


def test_a_server_that_goes_while_it_is_read_is_told_and_the_rest_comes_later(
    tmp_path: Path, connection: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"line\n" * 1_000_000)
    with running_server(tmp_path / "other") as server:
        connect(connection, server, host_key=server.host_key, key_file=str(server.key_file))
        pieces = LogFile(find_file(f"sftp://web{path}")).pieces(0, is_final=True, piece_bytes=100_000)
        next(pieces)
        server.stop()
        for ended in list(ssh._sessions.values()):
            ended[1].close()
        with pytest.raises(OutOfReachError, match="sftp://web"):
            list(pieces)


def test_files_past_the_window_are_listed_and_deleted_where_the_policy_says_so(tmp_path: Path) -> None:
    deleting = POLICY + 'after_window = "delete"\n'
    site = Site(tmp_path / "site", OLD, deleting.replace('"logs/', f'"sftp://web{tmp_path}/site/logs/'))
    site.write("access.log.1", hit(OLD), hit(OLD, "192.0.2.2", "/b"))
    site.ingest()
    site.now = NOON
    site.write("access.log", hit(NOON))
    (site.logs / "access.log.2").symlink_to(site.logs / "access.log.1")
    site.ingest()
    worst = list_originals(site.open())[0]
    assert (Path(worst.path).name, worst.is_past) == ("access.log.1", True)
    for _ in range(2):
        assert close_due(site.open(), "operations", silent)[1] == []
    assert {path.name for path in site.logs.iterdir()} == {"access.log", "access.log.2"}
    assert find_files(site.open().policy.logs[0], site.folder)


def test_what_a_kill_left_aside_has_its_name_again_and_takes_no_other_file_s(site: Site) -> None:
    site.policy.write_text(policy_for(site.folder, 'after_window = "delete"\n'))
    aside = site.write(".lethe-0123456789abcdef-access.log.1", hit(NOON))
    assert [one.path for one in list_originals(site.open())] == [f"sftp://web{aside}"]
    delete_originals(site.open(), "operations", silent)
    assert {path.name for path in site.logs.iterdir()} == {"access.log.1"}
    site.write(".lethe-0123456789abcdef-access.log.1", hit(NOON, path="/other"))
    delete_originals(site.open(), "operations", silent)
    assert (site.logs / "access.log.1").read_text() == hit(NOON)
    assert len(list(site.logs.glob("access.log.1.*"))) == 1


def test_a_file_that_grew_since_it_was_looked_at_is_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "access.log.1"
    path.write_text("x\n")
    file = LogFile(find_file(f"sftp://web{path}"))
    path.write_text("x\ny\n")
    assert not file.remove()
    assert path.exists()
