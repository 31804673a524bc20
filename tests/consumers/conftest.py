"""A store with bans that begin now, the exports of it, and real programs on loopback that read them."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import publish_exports
from tests.plugins.blocklist.blocklists import OPEN
from tests.plugins.pages.conftest import decision
from tests.stores import Site

MALLORY, TRUDY, BERIT = "203.0.113.66", "203.0.113.67", "198.51.100.5"
RELOAD = Path(__file__).parents[2] / "plugins" / "blocklist" / "lethe-reload-blocklist.sh"
NAMESPACE = ("unshare", "-n")  # a network of its own, in which sets and rules harm nobody


def needed(*programs: str) -> pytest.MarkDecorator:
    missing = [one for one in programs if shutil.which(one, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)} of Debian")


def run(*command: str | Path, text: str = "", within: tuple[str, ...] = (), status: int = 0) -> str:
    path = f"{os.environ['PATH']}:/usr/sbin"
    done = subprocess.run(
        [*within, *map(str, command)],
        capture_output=True,
        text=True,
        input=text,
        check=False,
        env=os.environ | {"PATH": path},
    )
    assert done.returncode == status, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answer(port: int, client: str, path: str = "/") -> tuple[int, str]:
    """Status and text for a client of this address, by way of a proxy on this machine."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"X-Forwarded-For": client})
    try:
        with urllib.request.urlopen(asked, timeout=10) as got:
            return got.status, got.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def status(port: int, client: str) -> int:
    return answer(port, client)[0]


def reached(client: str, wanted: int, *ports: int) -> bool:
    """Some answers in a row are as wanted: after a reload the workers of before go on for a moment."""
    row, end = 0, time.monotonic() + 20
    while time.monotonic() < end:
        row = row + 1 if all(status(port, client) == wanted for port in ports) else 0
        if row == 10:
            return True
        time.sleep(0 if row else 0.05)
    return False


def wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


def wait_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()) + 0.05)


@contextmanager
def running(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """In the foreground, and ended with the test."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    process = subprocess.Popen(list(map(str, command)), env=os.environ | {"PATH": path})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


class Exports:
    """The files of a store whose clock is this machine's."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder, datetime.now(UTC), OPEN)
        self.folder = self.site.folder / "store" / "exports" / "blocklist"

    def ban(self, bans: dict[str, float]) -> datetime:
        """By target, for how many seconds; when the first ban ends, to the second, as the files say it."""
        self.site.now = now = datetime.now(UTC)
        store = self.site.open()
        made = [
            decision(number, day=now.date(), target=target, until=now + timedelta(seconds=length))
            for number, (target, length) in enumerate(bans.items())
        ]
        with store.writing(now.date()):
            Decisions(store).add(made)
        publish_exports(store)
        return min(one.until for one in made).replace(microsecond=0)

    def reload(self, name: str, copy: Path, check: str, reload: str, status: int = 0) -> str:
        return run(RELOAD, self.folder / name, copy, check, reload, status=status)


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path / "site")


@pytest.fixture
def web(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file for a server, `@name@` in it replaced by what is given."""

    def write(name: str, text: str, **values: object) -> Path:
        for key, value in {"here": tmp_path, **values}.items():
            text = text.replace(f"@{key}@", str(value))
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
