from pathlib import Path

import pytest

from plugins.policy_file import read_policy
from plugins.scenarios import scenarios_of
from schemas.policy import load_policy
from schemas.refusals import RefusedError
from transforms.detection.load import load_scenarios

OWN = """
name = "{name}"
description = "Somebody asks for what nobody may"
severity = "low"
mode = "simulate"
bucket = {{ capacity = 3, leak = "PT1M" }}

[[match]]
path = ['^/trap/']
outside = "{engine}"
"""


def rules_of(folder: Path, policy: str, **files: str) -> dict[str, object]:
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text)
    (folder / "policy.toml").write_text(policy)
    return {one.name: one for one in scenarios_of(read_policy(folder / "policy.toml"))}


def own_rules(tmp_path: Path, policy: str, **files: str) -> dict[str, object]:
    (tmp_path / "rules").mkdir()
    for name, text in files.items():
        (tmp_path / "rules" / f"{name.replace('_', '-')}.toml").write_text(text)
    return rules_of(tmp_path, f'{policy}\n[places]\nscenarios = "rules"')


def test_without_a_folder_the_projects_own_are_used():
    assert [one.name for one in scenarios_of(load_policy(""))] == [one.name for one in load_scenarios()]


def test_a_folder_beside_the_policy_adds_scenarios_and_replaces_those_of_the_same_name(tmp_path):
    found = own_rules(
        tmp_path,
        "",
        trap=OWN.format(name="trap", engine="google"),
        path_scan=OWN.format(name="path-scan", engine="google"),
    )

    assert {one.name for one in load_scenarios()} | {"trap"} == set(found)
    assert found["path-scan"].description == "Somebody asks for what nobody may"


def test_the_policy_says_which_ban_nobody_and_which_are_off():
    found = {
        one.name: one
        for one in scenarios_of(load_policy('[blocklist]\nsimulate = ["path-scan"]\noff = ["request-flood"]'))
    }

    assert found["path-scan"].mode == "simulate"
    assert "request-flood" not in found


def test_a_name_that_no_scenario_has_is_refused():
    with pytest.raises(RefusedError, match=r'blocklist.off has "path-scam"; allowed are .*path-scan'):
        scenarios_of(load_policy('[blocklist]\noff = ["path-scam"]'))


def test_a_search_engine_stands_for_its_networks_if_the_policy_knows_it(tmp_path):
    engines = '[[search_engines]]\nname = "google"\nnetworks = ["192.0.2.0/24", "2001:db8::/32"]'
    found = own_rules(
        tmp_path,
        engines,
        trap=OWN.format(name="trap", engine="google"),
        other=OWN.format(name="other", engine="bing"),
    )

    assert found["trap"].match[0].outside == ("192.0.2.0/24", "2001:db8::/32")
    assert found["other"].match[0].outside == ("bing",)


def test_a_folder_that_is_not_there_and_a_wrong_file_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(RefusedError, match=r"places.scenarios: .*/rules is no folder; make it, or leave the key empty"):
        rules_of(tmp_path, '[places]\nscenarios = "rules"')
    with pytest.raises(RefusedError, match=r'^/.*/rules/trap.toml: severity is "urgent"; allowed is one of'):
        own_rules(tmp_path, "", trap=OWN.format(name="trap", engine="google").replace('"low"', '"urgent"'))
