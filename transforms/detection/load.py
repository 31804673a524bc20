"""Scenario and payload files → what matching and counting work with."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from schemas.scenario import Payload, Scenario, ScenarioError, read_rule

Rule = TypeVar("Rule", Scenario, Payload)


def load_scenarios(folder: Traversable | Path | None = None) -> tuple[Scenario, ...]:
    """The scenarios of a folder's `<name>.toml` files, by name; the project's own without one.

    Raises `ScenarioError` with one sentence that names the file, the key and what is allowed.
    """
    return _own_scenarios() if folder is None else _read_scenarios(folder)


@cache
def load_payloads() -> Mapping[str, Payload]:
    """The project's payload patterns by name."""
    return MappingProxyType({rule.name: rule.whole for rule in _read(Payload, files(__package__) / "payloads")})


def scenarios_version(scenarios: Sequence[Scenario]) -> str:
    """Twelve hex digits that change when a scenario, or a pattern it uses, does; the order does not count."""
    payloads = load_payloads()
    named = {match.payload for scenario in scenarios for match in scenario.matches if match.payload}
    rules = [*scenarios, *(payloads[name] for name in named)]
    written = sorted(f"{type(rule).__name__} {rule.model_dump_json()}" for rule in rules)
    return hashlib.sha256("\n".join(written).encode()).hexdigest()[:12]


@cache
def _own_scenarios() -> tuple[Scenario, ...]:
    return _read_scenarios(files(__package__) / "scenarios")


def read_scenario(file_name: str, content: str) -> Scenario:
    """One scenario from the text of a file; raises as `load_scenarios`."""
    return _with_payloads(read_rule(Scenario, file_name, content), file_name)


def _read_scenarios(folder: Traversable | Path) -> tuple[Scenario, ...]:
    return tuple(_with_payloads(scenario, f"{scenario.name}.toml") for scenario in _read(Scenario, folder))


def _with_payloads(scenario: Scenario, file_name: str) -> Scenario:
    """The scenario, once it is seen that there are the payloads that it names."""
    payloads = load_payloads()
    for match in scenario.matches:
        if match.payload and match.payload not in payloads:
            allowed = ", ".join(payloads)
            raise ScenarioError(f'{file_name}: match.payload is "{match.payload}"; allowed is one of {allowed}')
    return scenario


def _read(model: type[Rule], folder: Traversable | Path) -> tuple[Rule, ...]:
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(_read_file(model, file) for file in found)


def _read_file(model: type[Rule], file: Traversable | Path) -> Rule:
    rule = read_rule(model, file.name, file.read_text(encoding="utf-8"))
    if file.name != f"{rule.name}.toml":
        raise ScenarioError(f'{file.name}: name is "{rule.name}"; allowed is the name of the file')
    return rule
