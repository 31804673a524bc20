"""Airflow's database may be PostgreSQL: every kind of column is read, and decoys never stay in it."""

import gzip
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from plugins.forgetting.canaries import NO_DAY, new_canaries
from plugins.forgetting.reach import unreached
from plugins.forgetting.scanner import Canary, Scanner
from plugins.forgetting.traces import Outside, database_contents
from schemas.refusals import RefusedError
from tests.distributed.servers import free_port, make_database, postgres_programs
from tests.stores import Site, utc

CANARIES = new_canaries(date(2026, 11, 20), ())[1]
DECOYS = new_canaries(NO_DAY, [CANARIES])[1]
SCANNER = Scanner([CANARIES, DECOYS])
IPV4, IPV6 = CANARIES.addresses[0], CANARIES.addresses[6]

pytestmark = pytest.mark.skipif(not postgres_programs(), reason="needs PostgreSQL: apt-get install postgresql")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("postgres"), free_port()
    for closed in (one for one in (folder, *folder.parents) if not one.stat().st_mode & 0o001):
        closed.chmod(0o755)  # the server has a user of its own
    server = subprocess.Popen([*map(str, make_database(folder / "cluster", "x")), "-p", str(port)])
    where = f"postgresql+psycopg2://airflow:x@127.0.0.1:{port}/postgres"
    for _ in range(600):
        try:
            create_engine(where).connect().close()
            break
        except OperationalError:
            time.sleep(0.1)
    yield where
    server.terminate()
    server.wait()


@pytest.fixture
def connection(address: str) -> Iterator[Connection]:
    with create_engine(address).connect() as connection:
        connection.execute(text("DROP TABLE IF EXISTS planted"))
        yield connection
        connection.execute(text("DROP TABLE IF EXISTS planted"))
        connection.commit()


@pytest.mark.parametrize(
    ("kind", "value", "canary"),
    [
        ("text", f"from {IPV4}", 0),
        ("jsonb", f'{{"ip": "{IPV6}"}}', 6),
        ("bytea", gzip.compress(str(IPV4).encode()), 0),
        ("bytea", IPV6.packed, 6),
        ("inet", str(IPV4), 0),
        ("text[]", [str(IPV6)], 6),
    ],
    ids=["text", "jsonb", "compressed", "packed", "inet", "list"],
)
def test_every_kind_of_column_is_read(
    connection: Connection, address: str, kind: str, value: object, canary: int
) -> None:
    connection.execute(text(f"CREATE TABLE planted (number int, value {kind})"))
    connection.execute(text("INSERT INTO planted VALUES (1, :value)"), {"value": value})
    connection.commit()
    assert SCANNER.scan_all(database_contents(address)) == {Canary(CANARIES.day, canary)}


def test_decoys_are_found_and_gone(connection: Connection, address: str, tmp_path: Path) -> None:
    store = Site(tmp_path / "site", utc(2026, 11, 20, 11)).open()
    (tmp_path / "scratch").mkdir()
    assert unreached(SCANNER, DECOYS, store, Outside(address, None, ()), tmp_path / "scratch") == []
    assert SCANNER.scan_all(database_contents(address)) == set()


def test_a_server_that_is_not_there_is_told_of_without_its_password() -> None:
    with pytest.raises(RefusedError) as told:
        list(database_contents(f"postgresql+psycopg2://airflow:secret@127.0.0.1:{free_port()}/postgres"))
    assert "secret" not in str(told.value)
