"""PostgreSQL and Redis from Debian's packages, each a process of this test with a folder and a port of its own."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

POSTGRES_USER = "postgres"  # Debian's; the server refuses to run as root


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs, which Debian keeps out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return found[-1] if found else None


def missing_servers() -> list[str]:
    """Debian's packages that are needed and not there."""
    found = {"postgresql": postgres_programs(), "redis-server": shutil.which("redis-server")}
    return [package for package, program in found.items() if not program]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_database(folder: Path, password: str) -> list[str]:
    """Make an empty cluster with the user `airflow`; returns the command that serves it."""
    programs = postgres_programs()
    assert programs
    as_user = ["/usr/sbin/runuser", "-u", POSTGRES_USER, "--"] if os.geteuid() == 0 else []
    data, secret = folder / "data", folder / "password"
    folder.mkdir()
    secret.write_text(password)
    if as_user:
        for path in (folder, secret):
            shutil.chown(path, POSTGRES_USER)
    make = [programs / "initdb", "--auth=scram-sha-256", "--username=airflow", f"--pwfile={secret}", "-D", data]
    subprocess.run([*as_user, *make], cwd="/", check=True, stdout=subprocess.DEVNULL)
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
    return [
        *as_user,
        str(programs / "postgres"),
        *("-D", str(data)),
        *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
    ]


def create_airflow(port: int, password: str) -> bool:
    """Make the database `airflow` as the image of PostgreSQL does; whether the server was there to do it."""
    programs = postgres_programs()
    assert programs
    command = [programs / "createdb", "--host=127.0.0.1", f"--port={port}", "--username=airflow", "airflow"]
    environment = {"PGPASSWORD": password, "PATH": os.defpath}
    return not subprocess.run(command, env=environment, check=False, stderr=subprocess.DEVNULL).returncode
