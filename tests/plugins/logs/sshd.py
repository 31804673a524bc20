"""An OpenSSH server on a port of its own, which lets one key and nobody else in; its files are this machine's."""

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
PATIENCE = 20.0  # seconds

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def user(self) -> str:
        return getpass.getuser()

    @property
    def key_file(self) -> Path:
        return self.folder / "user_key"

    @property
    def host_key(self) -> str:
        """Kind and key, without a comment."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    (folder / "config").write_text(CONFIG.format(folder=folder, port=port))
    with suppress(PermissionError):  # only root's server wants it
        Path("/run/sshd").mkdir(exist_ok=True)
    assert PROGRAM
    process = subprocess.Popen([PROGRAM, "-D", "-e", "-f", folder / "config"], stderr=(folder / "log").open("wb"))
    server = Server(folder, port, process)
    try:
        _wait_for(server)
        yield server
    finally:
        server.stop()


def _wait_for(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1) as found:
            assert found.recv(4) == b"SSH-"
            return
        time.sleep(0.05)
    raise AssertionError((server.folder / "log").read_text()[-2000:])
