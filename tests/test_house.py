"""House rules: what a stranger may rely on from the folder list alone."""

import ast
import tomllib
from pathlib import Path

import pytest

from plugins.cli.app import app
from schemas.policy import LISTS, Policy
from schemas.statistics import TABLES

ROOT = Path(__file__).parent.parent
PACKAGES = ("dags", "plugins", "transforms", "schemas")
MODULES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_verb_table_and_make_command() -> None:
    verbs = [command.name or command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]
    groups = [group.name for group in app.registered_groups]
    makes = [line.split(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if "## " in line]
    missing = [verb for verb in [*verbs, *groups] if f"lethe {verb}" not in README]
    missing += [table for table in TABLES if f"`{table}`" not in README]
    missing += [make for make in makes if make in ("run", "test", "check") and f"make {make}" not in README]
    assert missing == []


def test_policy_toml_holds_every_key_with_its_default() -> None:
    written = tomllib.loads((ROOT / "policy.toml").read_text(encoding="utf-8"))
    for section, model in Policy.model_fields.items():
        if section in LISTS:  # examples in comments, which a test of the policy reads
            continue
        table = written[section][0] if section == "logs" else written[section]
        assert table.keys() == (model.default[0] if section == "logs" else model.default).__class__.model_fields.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_one_concept_and_says_which(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert source.count("\n") <= 250
    assert not source or ast.get_docstring(tree), "a module begins with what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 40, node.name  # type: ignore[operator]


SPELLING = {"AF_INET6", "inet_ntop", "inet_pton"}  # how an address is written; no network is asked


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(ROOT).parts[0] in ("transforms", "schemas")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_meaning_knows_no_clock_environment_or_network(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {
        (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not {alias.name for alias in node.names} <= SPELLING
    }
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert imported.isdisjoint({"os", "time", "socket", "subprocess", "random", "secrets", "requests", "logging"})
    assert called.isdisjoint({"open", "print", "datetime.now", "date.today", "datetime.today"})
