"""The services of docker-compose.yaml at rest: who listens where, what they write, what they say and show."""

import json
import re
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import psycopg2
import pytest

from tests.airflow.traces import addresses, clients, content, files, targets
from tests.distributed.cluster import API_PORT, Cluster
from tests.distributed.runs import carry_out


@pytest.fixture
def database(cluster: Cluster):
    """A connection to Airflow's database, as somebody who may read all of it."""
    password = cluster.variables["LETHE_DATABASE_PASSWORD"]
    place = {"host": "127.0.0.1", "port": cluster.ports["postgres"], "dbname": "airflow"}
    connection = psycopg2.connect(**place, user="airflow", password=password)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def test_a_worker_tidies_airflows_database_though_tasks_are_kept_from_it(cluster: Cluster, database):
    database.execute("INSERT INTO log (dttm, event) VALUES (now() - interval '8 days', 'long ago'), (now(), 'now')")
    carry_out(cluster, "tidy_airflow")
    database.execute("SELECT event FROM log WHERE event IN ('long ago', 'now')")
    assert database.fetchall() == [("now",)]
    database.execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE '\\_airflow\\_deleted%'")
    assert database.fetchall() == []


def test_nothing_of_celery_is_kept_in_airflows_database(database):
    """Results lie in Redis, where they expire by themselves."""
    database.execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'celery%'")
    assert database.fetchall() == []


def test_only_the_api_server_the_database_and_the_queue_listen(cluster: Cluster):
    at_work = {pid for _, pid in cluster.processes()}
    found = {one.laddr for one in psutil.net_connections("inet") if one.status == "LISTEN" and one.pid in at_work}
    ports = {API_PORT, cluster.ports["postgres"], cluster.ports["redis"]}
    assert {(address.ip, address.port) for address in found} == {("127.0.0.1", port) for port in ports}


def test_services_write_only_where_their_containers_let_them(cluster: Cluster):
    """The root of a container is read-only: of Airflow's folder only the logs are a volume."""
    assert {path.name for path in (cluster.folder / "airflow").iterdir()} == {"airflow.cfg", "logs"}
    assert (cluster.folder / "airflow" / "airflow.cfg").read_bytes() == b""
    assert list((cluster.folder / "home").iterdir()) == []
    places = {"accounts", "backups", "keys", "keys-mirror", "store"}
    mine = {"policy.toml", "countries.mmdb", "logs", "coming"}
    assert {path.name for path in (cluster.folder / "lethe").iterdir()} - mine == places


def test_passwords_are_for_their_own_user_only(cluster: Cluster):
    assert (cluster.folder / "lethe" / "accounts" / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_no_service_says_a_password_or_key(cluster: Cluster):
    said = "".join(cluster.said(path.name) for path in (cluster.folder / "said").iterdir())
    assert said
    assert not [name for name, value in cluster.variables.items() if name != "LETHE_LOGS" and value in said]


def test_the_pages_show_the_store_that_the_workers_fill(cluster: Cluster):
    status, page = opened(cluster, "op", "lethe/status")
    assert status == 200
    assert all(word in page for word in ("www", "shop", "archive", "ingest_logs"))
    assert opened(cluster, "analyst", "lethe/status")[0] == 403


def opened(cluster: Cluster, user: str, page: str) -> tuple[int, str]:
    """Status and text of a page, as a user sees it who has logged in with the password in .env."""
    login = {"username": user, "password": cluster.variables[f"LETHE_PASSWORD_{user.upper()}"]}
    server, kind = f"http://127.0.0.1:{API_PORT}", {"Content-Type": "application/json"}
    with urlopen(Request(f"{server}/auth/token", json.dumps(login).encode(), kind)) as answer:
        token = json.load(answer)["access_token"]
    try:
        with urlopen(Request(f"{server}/{page}", headers={"Authorization": f"Bearer {token}"})) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


def test_no_visitor_is_in_the_database_the_queue_or_what_anybody_said(cluster: Cluster):
    """Also not after a worker died in the middle of its lines."""
    logs = cluster.folder / "lethe" / "logs"
    visitors, asked = clients(logs), {target for path in files(logs) for target in targets(content(path))}
    assert len(visitors) > 1000
    assert len(asked) > 100
    found = dict(written(cluster))
    for name, text in found.items():
        assert (name, len(visitors & addresses(text)), len(asked & targets(text))) == (name, 0, 0)
        assert b"Mozilla/5.0" not in text, name
    assert b"read_files" in found["database"]
    assert b"read_files" in found["queue"]


def written(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    """All that Airflow's services wrote and said; messages in the queue are decoded."""
    dump = ["pg_dump", "--host=127.0.0.1", "--username=airflow", "airflow"]
    password = {"PGPASSWORD": cluster.variables["LETHE_DATABASE_PASSWORD"]}
    yield "database", subprocess.check_output(dump, env=cluster.environment("postgres") | password)
    queue = b"".join(path.read_bytes() for path in files(cluster.folder / "queue"))
    yield "queue", queue + b"\n".join(map(b64decode, re.findall(rb'"body": "([A-Za-z0-9+/=]+)"', queue)))
    for folder in ("airflow", "said", "tmp"):
        for path in files(cluster.folder / folder):
            yield str(path), path.read_bytes()
