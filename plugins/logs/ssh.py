"""SSH to a server with logs: an Airflow connection, or a `Host` of this user's ~/.ssh/config; its host key is known."""

import base64
import io
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import paramiko

from plugins.logs.connections import VARIABLE, Connection, find_connection
from plugins.logs.origins import OutOfReachError
from schemas.refusals import RefusedError

TIMEOUT: Final = 20.0  # seconds without an answer
AGAIN: Final = 60.0  # seconds after which a server is tried again that did not answer
SSH: Final = Path("~/.ssh")
KNOWN_HOSTS: Final = (SSH / "known_hosts", Path("/etc/ssh/ssh_known_hosts"))

# By process: a socket may not be shared after a fork. A client that nobody holds any more hangs up.
_sessions: dict[tuple[int, str], tuple[paramiko.SFTPClient, paramiko.SSHClient]] = {}
_failed: dict[tuple[int, str], tuple[float, str]] = {}


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):
    """Whoever answers may be anybody."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        mark = base64.b64encode(sha256(key.asbytes()).digest()).decode().rstrip("=")
        raise RefusedError(
            f"the host key of {hostname} is not known ({key.get_name()} SHA256:{mark}); compare it with the server's "
            "own (ssh-keygen -lf /etc/ssh/ssh_host_*.pub there), then add it to ~/.ssh/known_hosts of this user "
            "(ssh-keyscan), or to the connection's extra as host_key"
        )


@contextmanager
def opened_session(name: str) -> Iterator[paramiko.SFTPClient]:
    """The session with the server of this name, one for all its files. OutOfReachError says what is wrong."""
    where, known = f"sftp://{name}", (os.getpid(), name)
    try:
        yield (_sessions.get(known) or _open(name, known))[0]
    except FileNotFoundError:
        raise
    except PermissionError:
        raise OutOfReachError(f"{where}: the server denies access to a file or folder of this log") from None
    except RefusedError as error:
        raise error if isinstance(error, OutOfReachError) else OutOfReachError(f"{where}: {error}") from None
    except (OSError, EOFError, paramiko.SSHException) as error:
        if ended := _sessions.pop(known, None):
            ended[1].close()
        sentence = f"{where} is out of reach: {_in_words(error)}"
        raise OutOfReachError(sentence) from None


def _open(name: str, known: tuple[int, str]) -> tuple[paramiko.SFTPClient, paramiko.SSHClient]:
    at, sentence = _failed.get(known, (0.0, ""))
    if time.monotonic() - at < AGAIN and sentence:
        raise RefusedError(sentence)
    try:
        _sessions[known] = _connect(name)
    except (OSError, EOFError, paramiko.SSHException, RefusedError) as error:
        sentence = str(error) if isinstance(error, RefusedError) else _in_words(error)
        _failed[known] = time.monotonic(), sentence  # thousands of files need not wait for it
        raise RefusedError(sentence) from None
    return _sessions[known]


def _connect(name: str) -> tuple[paramiko.SFTPClient, paramiko.SSHClient]:
    given = find_connection(name)
    settings = _own_settings(given.host if given and given.host else name)
    if given is None and not settings:
        raise RefusedError(
            f"there is no connection {name}; add it to Airflow, set {VARIABLE}{name.upper()}, or write a Host {name} "
            "into ~/.ssh/config of this user"
        )
    given = given or Connection()
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what goes wrong is told in our words
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_RefuseUnknown())
    host = str(settings.get("hostname", given.host))
    port = given.port or int(settings.get("port", 22))
    _load_host_keys(client, given, settings, host, port)
    key = given.extra.get("private_key")
    client.connect(
        host,
        port,
        given.login or settings.get("user"),
        given.password or None,
        pkey=_read_key(key, given.extra.get("private_key_passphrase")) if key else None,
        key_filename=given.extra.get("key_file") or settings.get("identityfile"),
        passphrase=given.extra.get("private_key_passphrase"),
        timeout=TIMEOUT,
        banner_timeout=TIMEOUT,
        auth_timeout=TIMEOUT,
        allow_agent=not (given.password or key),
        look_for_keys=not (given.password or key),
    )
    transport = client.get_transport()
    session = client.open_sftp()
    if transport:
        transport.set_keepalive(30)
    if channel := session.get_channel():
        channel.settimeout(TIMEOUT)
    return session, client


def _own_settings(host: str) -> dict[str, Any]:
    """What ~/.ssh/config says of a host; nothing where it names none that fits."""
    path = (SSH / "config").expanduser()
    if not path.is_file():
        return {}
    config = paramiko.SSHConfig.from_path(str(path))
    found = dict(config.lookup(host))
    return found if found != {"hostname": host} else {}


def _load_host_keys(
    client: paramiko.SSHClient, given: Connection, settings: dict[str, Any], host: str, port: int
) -> None:
    """Those of the connection alone, where it has one."""
    if written := given.extra.get("host_key"):
        kind, _, content = str(written).strip().rpartition(" ")
        blob = base64.b64decode(content)
        kind = kind or blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode()
        named = host if port == 22 else f"[{host}]:{port}"
        client.get_host_keys().add(named, kind, paramiko.PKey.from_type_string(kind, blob))
        return
    files = str(settings["userknownhostsfile"]).split() if "userknownhostsfile" in settings else KNOWN_HOSTS
    for file in (Path(one).expanduser() for one in files):
        if file.is_file():
            client.load_system_host_keys(str(file))


def _read_key(text: str, passphrase: str | None) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise RefusedError("the private key of the connection cannot be read; give an OpenSSH key, and its passphrase")


def _in_words(error: Exception) -> str:
    """The libraries' own words may hold a user's name or more."""
    if isinstance(error, paramiko.BadHostKeyException):
        return "its host key is another one than before; find out why before you correct known_hosts or host_key"
    if isinstance(error, paramiko.AuthenticationException):
        return "it lets this user not in; look at the login, key or password of the connection"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"the connection broke off ({type(error).__name__})"
