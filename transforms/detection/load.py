"""Scenario and payload files → what matching and counting work with."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from schemas.rule_text import read_rule
from schemas.scenario import PatternList, Payload, Scenario, ScenarioError

Rule = TypeVar("Rule", Scenario, Payload, PatternList)
LONGEST_FILE: Final = 100_000  # bytes


def load_scenarios(folder: Traversable | Path | None = None) -> tuple[Scenario, ...]:
    """The scenarios of a folder's `<name>.toml` files, by name; the project's own without one.

    Raises `ScenarioError` with one sentence that names the file, the key and what is allowed.
    """
    return _own_scenarios() if folder is None else _read_scenarios(folder, f"{folder}/")


@cache
def load_payloads() -> Mapping[str, Payload]:
    """The project's payload patterns by name."""
    return MappingProxyType({rule.name: rule.whole for rule in _read(Payload, files(__package__) / "payloads")})


@cache
def load_lists() -> Mapping[str, tuple[str, ...]]:
    """The project's lists of patterns by name, which scenarios may name instead of patterns of their own."""
    return MappingProxyType({one.name: one.patterns for one in _read(PatternList, files(__package__) / "lists")})


def scenarios_version(scenarios: Sequence[Scenario]) -> str:
    """Twelve hex digits that change when a scenario, or a pattern it uses, does; the order does not count."""
    payloads = load_payloads()
    named = {match.payload for scenario in scenarios for match in scenario.matches if match.payload}
    rules = [*scenarios, *(payloads[name] for name in named)]
    written = sorted(f"{type(rule).__name__} {rule.model_dump_json()}" for rule in rules)
    return hashlib.sha256("\n".join(written).encode()).hexdigest()[:12]


@cache
def _own_scenarios() -> tuple[Scenario, ...]:
    return _read_scenarios(files(__package__) / "scenarios", "Lethe's own ")


def read_scenario(file_name: str, content: str) -> Scenario:
    """One scenario from the text of a file; raises as `load_scenarios`."""
    return _with_payloads(read_rule(Scenario, file_name, content, load_lists()), file_name)


def read_text(file: Traversable | Path) -> str:
    """What a rule's file says; ScenarioError where that is not to be had."""
    if not file.is_file():
        raise ScenarioError(f"{file.name}: this is no file; write one, or remove it")
    try:
        with file.open("rb") as opened:
            content = opened.read(LONGEST_FILE + 1)
    except OSError as error:
        raise ScenarioError(f"{file.name}: it cannot be read: {error.strerror}") from None
    if len(content) > LONGEST_FILE:
        raise ScenarioError(f"{file.name}: this is longer than {LONGEST_FILE:,} bytes; a rule is some twenty lines")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(f"{file.name}: this is not UTF-8; save it as such") from None


def _read_scenarios(folder: Traversable | Path, whose: str) -> tuple[Scenario, ...]:
    """`whose` stands before the file's name in a refusal."""
    try:
        return tuple(_with_payloads(scenario, f"{scenario.name}.toml") for scenario in _read(Scenario, folder))
    except ScenarioError as refusal:
        raise ScenarioError(f"{whose}{refusal}") from None


def _with_payloads(scenario: Scenario, file_name: str) -> Scenario:
    """The scenario, once it is seen that there are the payloads that it names."""
    payloads = load_payloads()
    for match in scenario.matches:
        if match.payload and match.payload not in payloads:
            allowed = ", ".join(payloads)
            raise ScenarioError(f'{file_name}: match.payload is "{match.payload}"; allowed is one of {allowed}')
    return scenario


def _read(model: type[Rule], folder: Traversable | Path) -> tuple[Rule, ...]:
    files = (file for file in folder.iterdir() if file.name.endswith(".toml") and not file.name.startswith("."))
    return tuple(_read_file(model, file) for file in sorted(files, key=lambda file: file.name.removesuffix(".toml")))


def _read_file(model: type[Rule], file: Traversable | Path) -> Rule:
    rule = read_rule(model, file.name, read_text(file), load_lists() if model is Scenario else None)
    if file.name != f"{rule.name}.toml":
        raise ScenarioError(f'{file.name}: name is "{rule.name}"; allowed is the name of the file')
    return rule
