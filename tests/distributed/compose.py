"""docker-compose.yaml as its services find it: variables filled in, every service with command and environment."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yaml"
GUIDE = ROOT / "docs" / "install-with-compose.md"
VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})")


class MissingError(Exception):
    """A variable without which nothing starts."""


def raw_services() -> dict[str, dict[str, Any]]:
    """The services with anchors resolved and variables as they are written."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    return found


def services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The services as Compose hands them to the engine."""
    return {name: filled_in(service, variables) for name, service in raw_services().items()}


def filled_in(value: Any, variables: Mapping[str, str]) -> Any:
    """Every text in a value, with its variables replaced as Compose does it."""
    if isinstance(value, dict):
        return {name: filled_in(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [filled_in(one, variables) for one in value]
    return VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    dollar, name, kind, rest = found.groups()
    if dollar:
        return "$"
    if variables.get(name):
        return variables[name]
    if kind == "-":
        return rest
    raise MissingError(f"{name}: {rest}")


def texts(value: Any) -> list[str]:
    """Every text somewhere in a value."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in texts(part)]
    return [str(value)]


def secrets_command() -> str:
    """The shell command of the guide that makes .env."""
    found = re.search(r"^```console\n\$ (\(umask 077.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    assert found, f"{GUIDE} no longer shows how .env is made"
    return found[1]


def read_variables(path: Path) -> dict[str, str]:
    """The variables of a .env file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
