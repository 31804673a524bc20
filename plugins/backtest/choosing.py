"""Which scenario is tried: one that is in use, or the text of one that is being written."""

from typing import Final

from plugins.scenarios import scenarios_of, with_engines
from schemas.policy import Policy
from schemas.refusals import RefusedError
from schemas.scenario import Scenario, ScenarioError
from transforms.detection.load import read_scenario

LONGEST: Final = 20_000  # characters of a rule


def find_scenario(policy: Policy, name: str) -> Scenario:
    """One of those in use, by its name."""
    known = {one.name: one for one in scenarios_of(policy)}
    if name not in known:
        raise RefusedError(f"there is no such scenario; those in use are {', '.join(sorted(known))}")
    return known[name]


def read_rule(policy: Policy, file: str, text: str) -> Scenario:
    """The scenario of a TOML text that is in no folder yet; `file` is named where it is wrong."""
    if len(text) > LONGEST:
        raise ScenarioError(f"{file}: this is longer than {LONGEST:,} characters; a rule is some twenty lines")
    return with_engines(read_scenario(file, text), policy)
