"""The bytes of all that lies in a place with all its versions, in a folder, and in Airflow's database."""

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugins.forgetting.unpacking import Content, row_texts
from plugins.store.door import Folder, Place
from schemas.refusals import RefusedError

if TYPE_CHECKING:  # most verbs do without
    from sqlalchemy import Connection

LARGE: Final = 64 << 20  # bytes; such a file is mapped
BESIDE: Final = ("", "-wal", "-journal", "-shm")  # of a SQLite database
SYSTEM: Final = ("information_schema", "pg_catalog", "pg_toast")
TEMPORARY: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - they are searched, not used


@dataclass(frozen=True)
class Outside:
    """Where else lines might have come: Airflow's database (as SQLAlchemy writes it), its logs, temporary folders."""

    database: str | None = None
    logs: Path | None = None
    temporary: tuple[Path, ...] = tuple(Path(one) for one in sorted({*TEMPORARY, tempfile.gettempdir()}))


def place_contents(place: Place, prefix: str = "", ending: str = "") -> Iterator[tuple[str, Content]]:
    """Name and content of everything in a place: hidden by a later version, half-written, or left by others."""
    for trace in place.traces(prefix):
        if not trace.name.endswith(ending):
            continue
        with suppress(FileNotFoundError):  # it ended meanwhile, or has no bytes that anybody can read
            if isinstance(place, Folder):
                yield trace.name, file_content(place.root / trace.name)
            else:
                yield trace.name, place.read(trace)


def folder_contents(
    folder: Path, without: Sequence[Path] = (), only_own: bool = False, since: float = 0.0
) -> Iterator[tuple[str, Content]]:
    """Path and content of each file below a folder that was changed since then (as `stat` has it).

    Where only one's own count, those that can be read.
    """
    for parent, folders, names in os.walk(folder, onerror=None if only_own else _refuse):
        folders[:] = [name for name in folders if Path(parent, name) not in without]
        for path in (Path(parent, name) for name in names):
            with suppress(FileNotFoundError):
                found = path.lstat()
                is_asked = stat.S_ISREG(found.st_mode) and found.st_ctime >= since
                if is_asked and not (only_own and not _is_own(path, found)):
                    yield str(path), file_content(path)


def file_content(path: Path) -> Content:
    """A file's bytes; a large one is mapped."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < LARGE:
            return file.read()
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def database_contents(address: str) -> Iterator[bytes]:
    """All that is in a database: the rows of its tables; of SQLite also its files, where deleted ones may be."""
    from sqlalchemy import inspect  # noqa: PLC0415 - see above

    with opened_database(address) as connection:
        if connection.dialect.name == "sqlite" and (where := connection.engine.url.database):
            for path in (Path(where + end) for end in BESIDE):
                with suppress(FileNotFoundError):
                    yield path.read_bytes()
        inspector = inspect(connection)
        for schema in inspector.get_schema_names():
            for table in inspector.get_table_names(schema) if schema not in SYSTEM else ():
                yield from table_contents(connection, table, schema)


def table_contents(connection: "Connection", table: str, schema: str | None = None) -> Iterator[bytes]:
    """The values of a table, whatever its columns."""
    quote = connection.dialect.identifier_preparer.quote
    name = f"{quote(schema)}.{quote(table)}" if schema else quote(table)
    query = f"SELECT * FROM {name}"  # noqa: S608 - quoted
    rows = connection.exec_driver_sql(query, execution_options={"stream_results": True})
    yield from row_texts(tuple(row) for row in rows)


@contextmanager
def opened_database(address: str) -> Iterator["Connection"]:
    """A connection; what goes wrong is told without the address, which may hold a password."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - see above
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    try:
        engine = create_engine(address, poolclass=NullPool)
        if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():  # it would be made anew
            raise RefusedError("Airflow's database cannot be searched: there is no such file")
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise RefusedError(f"Airflow's database cannot be searched ({type(error).__name__})") from None


def _is_own(path: Path, found: os.stat_result) -> bool:
    return found.st_uid == os.getuid() and os.access(path, os.R_OK)


def _refuse(error: OSError) -> None:
    """A folder that may not be listed must not look like an empty one."""
    if not isinstance(error, FileNotFoundError):
        raise error
