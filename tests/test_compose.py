"""What docker-compose.yaml and the Dockerfile promise, read from the files; tests/distributed runs what they say."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.distributed.compose import (
    COMPOSE_FILE,
    ROOT,
    MissingError,
    raw_services,
    read_variables,
    secrets_command,
    services,
    texts,
)

SERVICES = raw_services()
AIRFLOW = [name for name, service in SERVICES.items() if service["image"].startswith("lethe:")]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
needs_compose = pytest.mark.skipif(
    not shutil.which("docker-compose"), reason="docker-compose is not installed (apt-get install docker-compose)"
)


@pytest.fixture
def site(tmp_path):
    """A folder with the compose file, and with .env as the guide makes it."""
    shutil.copy(COMPOSE_FILE, tmp_path)
    subprocess.run(["sh", "-c", secrets_command()], cwd=tmp_path, check=True)
    with (tmp_path / ".env").open("a") as file:
        file.write("LETHE_LOGS=/var/log/nginx\n")
    return tmp_path


def config(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["docker-compose", "config", "-q"]
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)


@needs_compose
def test_debians_compose_accepts_the_file(site):
    checked = config(site)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@needs_compose
def test_compose_says_what_to_do_where_there_is_no_env_file(tmp_path):
    shutil.copy(COMPOSE_FILE, tmp_path)
    checked = config(tmp_path)
    assert checked.returncode
    assert checked.stderr.strip().endswith("make .env first, see docs/install-with-compose.md")


def test_the_guides_command_makes_secrets_that_differ_and_that_nobody_else_reads(site):
    found = read_variables(site / ".env")
    made = [value for name, value in found.items() if name != "LETHE_LOGS"]
    assert len(set(made)) == len(made) == 11
    assert all(re.fullmatch(r"[\w-]{43}=", value) for value in made)
    assert stat.S_IMODE((site / ".env").stat().st_mode) == 0o600


def test_each_secret_is_needed(site):
    variables = read_variables(site / ".env")
    services(variables)
    for name in variables:
        with pytest.raises(MissingError, match=f"^{name}: .*see docs/install-with-compose.md$"):
            services({**variables, name: ""})


def test_no_service_holds_a_secret_that_is_written_down():
    """Whatever is called a secret, and whatever stands before the @ of an address, comes from a variable."""
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search(r"(PASSWORD|SECRET|_KEY|AUTH)$", name):
                assert value.startswith("${LETHE_"), name
        for text in texts(service):
            assert re.findall(r"://\w*:(?!\$\{LETHE_)[^/\s]*@", text) == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check(name):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_can_become_root(name):
    service = SERVICES[name]
    assert service["user"] not in ("", "0", "root")
    assert not service["user"].startswith("0:")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"]


def test_only_the_api_server_listens_and_only_on_this_machine():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"api-server": ["127.0.0.1:${LETHE_PORT:-8080}:8080"]}
    assert not [name for name, service in SERVICES.items() if "network_mode" in service]


def test_database_and_queue_have_no_way_out():
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"api-server", "dag-processor", "worker"}


def mounts(name: str) -> dict[str, str]:
    """Where in a service → what lies there, in the words of the file."""
    found = {}
    for volume in SERVICES[name]["volumes"]:
        what, where = re.fullmatch(r"((?:\$\{[^}]*\})|[^:]*):(.*)", volume).groups()
        found[where] = what
    return found


@pytest.mark.parametrize("name", ["api-server", "worker"])
def test_keys_their_mirror_and_the_store_are_volumes_of_their_own(name):
    places = ("store", "keys", "keys-mirror", "backups")
    assert len({mounts(name)[f"/lethe/{place}"] for place in places}) == len(places)


def test_logs_and_policy_can_only_be_read():
    assert "/logs:ro" in mounts("worker")
    assert all("/lethe/policy.toml:ro" in mounts(name) for name in AIRFLOW if name != "init")


def test_who_needs_neither_store_nor_keys_has_none():
    holders = {name for name in SERVICES if {"/lethe/store", "/lethe/keys"} & mounts(name).keys()}
    assert holders == {"api-server", "worker"}


def test_workers_can_neither_sign_tokens_nor_decrypt_connections():
    held = SERVICES["worker"]["environment"].keys()
    assert not held & {"AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY"}


def test_a_task_that_still_runs_is_given_to_no_second_worker():
    """Celery gives a task to a second worker after this time; no task of Lethe may run so long."""
    from plugins.scheduling.defaults import TASK_DEFAULTS  # noqa: PLC0415 - it loads Airflow

    seconds = int(SERVICES["worker"]["environment"]["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"])
    assert seconds > TASK_DEFAULTS["execution_timeout"].total_seconds()


def test_every_volume_and_user_of_the_image_exists_in_it():
    """A named volume takes rights from the folder of the image that it covers; a folder that is not there is root's."""
    folders = " ".join(line for line in DOCKERFILE.splitlines() if "install -d" in line).split()
    for name in AIRFLOW:
        for where in mounts(name):
            if where.startswith(("/lethe/", "/opt/airflow/")) and not where.endswith(":ro"):
                assert where in folders, where
    assert "\nUSER 10001:10001\n" in DOCKERFILE
    assert {SERVICES[name]["user"] for name in AIRFLOW} == {"10001:10001"}


def test_the_image_is_built_with_the_installer_and_the_lock_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"uv=={re.search('UV_VERSION := (.*)', makefile)[1]}\n" in DOCKERFILE
    assert "--verify-hashes -r /tmp/runtime.in -c requirements.txt" in DOCKERFILE


def test_the_image_leaves_out_what_only_tests_need():
    runtime = (ROOT / "requirements.in").read_text(encoding="utf-8").partition("\n# checks and tests\n")[0]
    assert "sed '/^# checks and tests/,$d' requirements.in" in DOCKERFILE
    assert "apache-airflow\n" in runtime
    assert not {"pytest", "mypy", "playwright"} & set(runtime.split())


def test_only_what_the_image_needs_goes_to_the_engine():
    """Everything is left out but what is named, so that no .env, key or store ends in an image."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    named = " ".join(rule[1:] for rule in rules if rule.startswith("!"))
    assert named == "dags plugins transforms schemas pyproject.toml requirements.in requirements.txt"
