"""The services of docker-compose.yaml at rest: who listens where, what they write, and what they say."""

import psutil
import psycopg2
import pytest

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
