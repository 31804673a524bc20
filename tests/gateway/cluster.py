"""Ceph's object gateway, from Debian's packages, with a cluster of its own: one monitor, one disk in memory.

It listens on this machine only, at ports that were free, and is gone when the tests end.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

PROGRAMS: Final = ("ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph-authtool")
PACKAGES: Final = "radosgw ceph-mon ceph-osd ceph-common"
PATIENCE: Final = 90.0  # seconds until it answers; it takes about 15

SETTINGS: Final = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port},v1:127.0.0.1:{old_port}]
keyring = {folder}/keyring
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
ms bind ipv4 = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon max pg per osd = 1000
[mon]
mon data = {folder}/mon
[osd]
osd objectstore = memstore
osd data = {folder}/osd
memstore device bytes = 1073741824
[client]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {folder}/rgw
rgw enable usage log = false
rgw dynamic resharding = false
"""


class Gateway(NamedTuple):
    """Its address, and the keys of a user who may do anything."""

    address: str
    access_key: str
    secret_key: str


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if not shutil.which(program)]


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    """A gateway while the block runs."""
    with tempfile.TemporaryDirectory(prefix="lethe-gateway-") as name, ExitStack() as stack:
        cluster = _Cluster(Path(name), stack)
        yield cluster.start()


class _Cluster:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.settings = folder / "ceph.conf"
        self.environment = {**os.environ, "CEPH_CONF": str(self.settings)}

    def start(self) -> Gateway:
        fsid, (mon_port, old_port, port) = str(uuid4()), _free_ports(3)
        self.settings.write_text(
            SETTINGS.format(fsid=fsid, folder=self.folder, mon_port=mon_port, old_port=old_port, port=port)
        )
        for name in ("mon", "osd", "rgw"):
            (self.folder / name).mkdir()
        monitors = str(self.folder / "monmap")
        address = f"[v2:127.0.0.1:{mon_port},v1:127.0.0.1:{old_port}]"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monitors)
        self._make_keys()
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--keyring", str(self.folder / "keyring"))
        self._serve("ceph-mon", "-i", "a")
        disk = str(uuid4())
        self._run("ceph", "osd", "new", disk, "0")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._serve("ceph-osd", "-i", "0")
        keys = secrets.token_hex(10), secrets.token_hex(20)
        self._run(
            *("radosgw-admin", "user", "create", "--uid=lethe", "--display-name=lethe"),
            *("--access-key", keys[0], "--secret-key", keys[1]),
        )
        self._serve("radosgw", "-n", "client.admin")
        gateway = Gateway(f"http://127.0.0.1:{port}", *keys)
        self._wait_for(gateway.address)
        return gateway

    def _make_keys(self) -> None:
        """Of everybody in one file: nobody else gets in, and nobody inside is kept apart."""
        keyring = str(self.folder / "keyring")
        for number, name in enumerate(("mon.", "client.admin", "osd.0")):
            caps = [part for service in ("mon", "osd", "mgr") for part in ("--cap", service, "allow *")]
            create = ["--create-keyring"] if number == 0 else []
            command = ["ceph-authtool", keyring, *create, "--gen-key", "-n", name, *caps]
            done = subprocess.run(command, capture_output=True, check=False)
            assert done.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        command = [program, "-c", str(self.settings), *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"{program}: {done.stderr[-2000:]}"

    def _serve(self, program: str, *arguments: str) -> None:
        log = (self.folder / f"{program}.out").open("wb")
        process = subprocess.Popen(
            [program, "-c", str(self.settings), "-f", *arguments], env=self.environment, stdout=log, stderr=log
        )
        self.stack.callback(_end, process)
        self.stack.callback(log.close)

    def _wait_for(self, address: str) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(OSError), urllib.request.urlopen(address, timeout=2):
                return
            time.sleep(0.2)
        raise AssertionError((self.folder / "radosgw.out").read_text()[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # nothing in it is worth a goodbye
    process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
