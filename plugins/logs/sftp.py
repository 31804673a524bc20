"""Log files on other servers, over SFTP: `sftp://connection/path`, of an Airflow connection or a Host of ~/.ssh/config.

The protocol tells size and time of a file and no inode: whether it still is the same one, its content says.
"""

import io
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from paramiko import SFTPAttributes, SFTPClient, SFTPFile, SSHException

from plugins.logs.origins import (
    ExchangedError,
    Look,
    OutOfReachError,
    aside_of,
    before_aside,
    fetched_stream,
    folder_and_name,
    number_of,
)
from plugins.logs.patterns import cut_pattern, fits
from plugins.logs.ssh import opened_session
from schemas.refusals import RefusedError

ADDRESS: Final = re.compile(r"sftp://([\w.-]+)(/.+)", re.DOTALL)


class Remote:
    """A file as it was when its folder was listed, or when it was first looked at."""

    def __init__(self, connection: str, path: str, seen: Look | None = None) -> None:
        self.connection, self.path = connection, path
        self._seen = seen

    @property
    def name(self) -> str:
        return f"sftp://{self.connection}{self.path}"

    def look(self) -> Look:
        if not self._seen:
            self._seen = self._look_again()
        return self._seen

    def open(self, look: Look) -> io.BufferedReader:
        """As far as it was looked at; one handle, so that a rotation meanwhile puts no other file in its place."""
        with self._there() as session:
            file = session.open(self.path, "rb")
            now = _look(self.name, file.stat())
        if now.size < look.size or now.changed_at < look.changed_at:
            self._close(file)
            raise ExchangedError(self.name)
        return fetched_stream(lambda begin, end: self._get(file, begin, end), look.size, lambda: self._close(file))

    def neighbours(self) -> Mapping[str, float]:
        with opened_session(self.connection) as session:
            listed = session.listdir_attr(folder_and_name(self.path)[0] or "/")
        return {one.filename: float(one.st_mtime or 0) if _is_file(one) and one.st_size else 0.0 for one in listed}

    def is_free(self) -> bool:
        """A link is there for somebody else. Who writes to a file of another machine nobody here can know."""
        with opened_session(self.connection) as session:
            return _is_file(session.lstat(self.path))

    def remove(self, look: Look) -> bool:
        aside = Remote(self.connection, aside_of(self.path))
        try:
            with opened_session(self.connection) as session:
                session.rename(self.path, aside.path)
                if _look(self.name, session.lstat(aside.path)) == look:
                    session.remove(aside.path)
                    return True
                aside.put_back()
        except FileNotFoundError:
            pass
        return False

    def put_back(self) -> None:
        """The protocol renames to no name that another file has."""
        path = before_aside(self.path)
        with opened_session(self.connection) as session:
            is_taken = folder_and_name(path)[1] in session.listdir(folder_and_name(path)[0] or "/")
            session.rename(self.path, f"{path}.{secrets.token_hex(4)}" if is_taken else path)

    def _look_again(self) -> Look:
        with self._there() as session:
            found = session.stat(self.path)
        if not _is_file(found):
            raise RefusedError(f"{self.name} is no file; name the log files in it")
        return _look(self.name, found)

    def _get(self, file: SFTPFile, begin: int, end: int) -> bytes:
        with self._there():
            found = b"".join(file.readv([(begin, end - begin)]))
        if len(found) < end - begin:  # truncated meanwhile
            raise ExchangedError(self.name)
        return found

    def _close(self, file: SFTPFile) -> None:
        with suppress(OSError, EOFError, SSHException):  # whoever hung up has closed it
            file.close()

    @contextmanager
    def _there(self) -> Iterator[SFTPClient]:
        try:
            with opened_session(self.connection) as session:
                yield session
        except FileNotFoundError:
            raise ExchangedError(self.name) from None


def remote_files(pattern: str) -> Iterator[Remote]:
    """The files that fit, of one listing for each folder."""
    connection, wanted = _parts(pattern)
    folder = cut_pattern(wanted)[0].rpartition("/")[0]
    depth = folder.count("/") + 1
    yield from _below(connection, folder, wanted.split("/"), depth)


def remote_file(name: str) -> Remote:
    return Remote(*_parts(name))


def _below(connection: str, folder: str, wanted: list[str], depth: int) -> Iterator[Remote]:
    """Folders that are not there hold nothing."""
    try:
        with opened_session(connection) as session:
            listed = session.listdir_attr(folder or "/")
    except FileNotFoundError:
        return
    is_last = depth == len(wanted) - 1
    for one in sorted(listed, key=lambda one: one.filename):
        path = f"{folder}/{one.filename}"
        if not fits(one.filename, wanted[depth]):
            continue
        if not is_last:
            yield from _below(connection, path, wanted, depth + 1) if _is_folder(one) else ()
        elif stat.S_ISLNK(one.st_mode or 0):
            yield Remote(connection, path)
        elif _is_file(one):
            yield Remote(connection, path, _look(f"sftp://{connection}{path}", one))


def _parts(address: str) -> tuple[str, str]:
    found = ADDRESS.fullmatch(address)
    if not found:
        raise OutOfReachError("a log on another server is written sftp://connection/path")
    return found[1], found[2]


def _look(name: str, found: SFTPAttributes) -> Look:
    size, changed = found.st_size or 0, found.st_mtime or 0
    return Look((number_of(name), 0, size, changed), float(changed))


def _is_file(found: SFTPAttributes) -> bool:
    return stat.S_ISREG(found.st_mode or 0)


def _is_folder(found: SFTPAttributes) -> bool:
    return stat.S_ISDIR(found.st_mode or 0)
