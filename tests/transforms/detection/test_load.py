import re
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.scenario import ScenarioError
from transforms.detection.carried import carried_payloads
from transforms.detection.load import load_lists, load_payloads, load_scenarios, scenarios_version

GUIDE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
RULE = """
name = "own"
description = "Ours"
severity = "low"
bucket = { capacity = 1, leak = "PT1S" }
[[match]]
payload = "log4shell"
"""


def test_the_projects_own_scenarios_are_there_by_name():
    names = [scenario.name for scenario in load_scenarios()]

    assert names == sorted(names)
    assert {"login-bruteforce", "path-scan", "secret-files", "sql-injection", "error-login"} <= set(names)


def test_a_scenario_that_bans_a_network_counts_more_than_one_of_its_addresses():
    for scenario in load_scenarios():
        assert scenario.group_by == "address" or scenario.count == "distinct address"


def test_the_guide_names_every_scenario():
    named = re.findall(r"^\| `([a-z0-9-]+)`", GUIDE, re.MULTILINE)

    assert {scenario.name for scenario in load_scenarios()} <= set(named)


def test_the_guides_examples_are_scenarios(tmp_path: Path):
    examples = [text for text in re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL) if "[[match]]" in text]
    names = sorted(re.search(r'name = "(.+)"', example)[1] for example in examples)
    for example in examples:
        name = re.search(r'name = "(.+)"', example)[1]
        (tmp_path / f"{name}.toml").write_text(example, encoding="utf-8")

    assert [scenario.name for scenario in load_scenarios(tmp_path)] == names
    assert "robots-trap" in names


def test_every_payload_is_used_by_a_scenario():
    assert {match.payload for rule in load_scenarios() for match in rule.matches} - {None} == set(load_payloads())


def test_every_list_stands_for_its_patterns_in_a_scenario():
    keys = [value for rule in load_scenarios() for match in rule.matches for value in vars(match).values()]
    used = {pattern for patterns in keys if isinstance(patterns, tuple) for pattern in patterns}

    assert set().union(*load_lists().values()) <= used
    assert carried_payloads(["/webacs/"]) == [0], "what is in a list is no attack by itself"


def test_a_list_may_be_named_among_patterns(tmp_path: Path):
    (tmp_path / "own.toml").write_text(RULE + 'user_agent = ["tools", "mybot", "scanners"]')

    (rule,) = load_scenarios(tmp_path)

    assert rule.match[0].user_agent == (*load_lists()["tools"], "mybot", *load_lists()["scanners"])


def test_a_folder_of_ones_own_is_read(tmp_path: Path):
    (tmp_path / "own.toml").write_text(f"\ufeff{RULE}", encoding="utf-8")  # as Windows' editor saves it
    (tmp_path / "README.md").write_text("no scenario")

    assert [scenario.name for scenario in load_scenarios(tmp_path)] == ["own"]


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("other.toml", RULE, 'other.toml: name is "own"; allowed is the name of the file'),
        (
            "own.toml",
            RULE.replace("log4shell", "nonsense"),
            f'own.toml: match.payload is "nonsense"; allowed is one of {", ".join(load_payloads())}',
        ),
        (
            "own.toml",
            RULE + 'not_user_agent = "living"',
            'own.toml: match.not_user_agent is "living"; allowed is a list of regular expressions of RE2, in lower case'
            f", or the name of one: {', '.join(load_lists())}",
        ),
    ],
)
def test_a_file_that_fits_nothing_else_is_refused(tmp_path: Path, file, content, sentence):
    (tmp_path / file).write_text(content)

    with pytest.raises(ScenarioError) as refusal:
        load_scenarios(tmp_path)

    assert str(refusal.value) == f"{tmp_path}/{sentence}"


def test_the_version_changes_with_a_rule_and_not_with_the_order():
    rules = load_scenarios()
    simulated = [rules[0].model_copy(update={"mode": "simulate"}), *rules[1:]]

    assert scenarios_version(rules) == scenarios_version(rules[::-1])
    assert len({scenarios_version(rules), scenarios_version(simulated), scenarios_version(rules[1:])}) == 3
    assert len(scenarios_version(rules)) == 12


def write_folder(path: Path) -> None:
    path.mkdir()


def write_link(path: Path) -> None:
    path.symlink_to("nowhere.toml")


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (write_folder, "this is no file"),
        (write_link, "this is no file"),
        (lambda path: path.symlink_to("/dev/zero"), "this is no file"),
        (lambda path: path.write_bytes(RULE.encode("utf-16")), "this is not UTF-8"),
        (lambda path: path.write_text(RULE + "#" * 200_000), "this is longer than 100,000 bytes"),
    ],
    ids=["folder", "link", "device", "utf-16", "huge"],
)
def test_what_is_no_rules_file_is_said_in_a_sentence(tmp_path: Path, write: Callable[[Path], object], said: str):
    write(tmp_path / "own.toml")

    with pytest.raises(ScenarioError, match=f"^{tmp_path}/own.toml: {said}"):
        load_scenarios(tmp_path)


def test_what_an_editor_leaves_beside_a_rule_is_none(tmp_path: Path):
    (tmp_path / "own.toml").write_text(RULE)
    (tmp_path / ".#own.toml").symlink_to("somebody@host.1234")

    assert [scenario.name for scenario in load_scenarios(tmp_path)] == ["own"]
