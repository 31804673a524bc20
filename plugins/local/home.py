"""The folder that a local Airflow lives in: its settings, secrets and passwords, for this user only."""

import base64
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from string import Template
from typing import Final

from plugins.access.roles import ROLES
from plugins.local.schedules import LOCAL_SETTINGS, OFF, SWITCH
from schemas.refusals import RefusedError

ROOT: Final = Path(__file__).parents[2]
TEMPLATE: Final = Path(__file__).with_name("airflow.cfg")
FIRST_PORT: Final = 8080
PORTS: Final = 50


class Home:
    """`folder` holds Airflow, below `airflow/`, and the policy unless another one is named."""

    def __init__(self, folder: Path, policy: Path | None) -> None:
        self.folder = folder
        self.policy = policy or folder / "policy.toml"
        self.airflow = folder / "airflow"
        self.logs = self.airflow / "logs"
        self.passwords_file = self.airflow / "passwords.json"

    @property
    def is_demo(self) -> bool:
        """Whether its policy is the demo's, or still to be written as such."""
        return self.policy == self.folder / "policy.toml" and (self.demo_logs.exists() or not self.policy.exists())

    @property
    def demo_logs(self) -> Path:
        return self.folder / "logs"

    def passwords(self) -> dict[str, str]:
        """User → password; RefusedError where the file is not what it should be."""
        try:
            found = json.loads(self.passwords_file.read_text(encoding="utf-8"))
            return {user: str(found[user]) for user in ROLES}
        except (OSError, ValueError, KeyError, TypeError):
            raise RefusedError(
                f"{self.passwords_file} does not hold a password for each of {', '.join(ROLES)}; remove it, and the "
                "next start makes new ones"
            ) from None

    def prepare(self, port: int) -> bool:
        """Write settings for this port; returns whether the passwords are new."""
        for folder in (self.folder, self.airflow, self.logs, self.airflow / "config"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self.passwords_file.exists()
        if is_new:
            write_private(self.passwords_file, json.dumps({user: secrets.token_urlsafe(12) for user in ROLES}))
        write_private(self.airflow / "airflow.cfg", self._settings(port))
        write_private(self.airflow / "config" / "airflow_local_settings.py", LOCAL_SETTINGS)
        return is_new

    def _settings(self, port: int) -> str:
        values = self._secrets() | {
            "root": str(ROOT),
            "home": str(self.airflow),
            "port": str(port),
            "address": address(port),
            "users": ",".join(f"{role}:{role}" for role in ROLES),
        }
        escaped = {name: value.replace("%", "%%") for name, value in values.items()}
        return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(escaped)

    def _secrets(self) -> dict[str, str]:
        """Made once; what was signed or encrypted under them stays readable after a restart."""
        path = self.airflow / "secrets.json"
        if not path.exists():
            made = {"jwt_secret": secrets.token_urlsafe(64), "secret_key": secrets.token_urlsafe(32)}
            made["fernet_key"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            write_private(path, json.dumps(made))
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def environment(self, has_schedules: bool) -> dict[str, str]:
        """What each component finds in its environment.

        A proxy must not come between them, and settings for another Airflow of this user are not for this one.
        """
        own = {
            "AIRFLOW_HOME": str(self.airflow),
            "AIRFLOW_CONFIG": str(self.airflow / "airflow.cfg"),
            "LETHE_POLICY": str(self.policy),
            SWITCH: "on" if has_schedules else OFF,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
        return inherited | own


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def free_port(first: int = FIRST_PORT) -> int:
    """The first port from `first` on at which nobody on this machine listens."""
    for port in range(first, first + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RefusedError(f"the ports {first} to {first + PORTS - 1} are all taken; free one, or name another with --port")


def write_private(path: Path, text: str) -> None:
    """Replace the file as a whole; nobody else may read it, not even while it is written."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
