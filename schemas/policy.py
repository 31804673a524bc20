"""From the text of policy.toml to a typed policy, or to one sentence for each wrong value."""

import json
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from hashlib import sha256
from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.policy_agreement import contradictions
from schemas.policy_model import Policy, Section
from schemas.policy_values import HintError
from schemas.refusals import RefusedError

__all__ = ["Policy", "PolicyError", "load_policy", "policy_version"]


class PolicyError(RefusedError):
    """A policy is refused; `problems` has one sentence for each wrong value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


# The model of each section, and of its entries where there may be several.
_SECTIONS: Final[Mapping[str, type[Section]]] = {
    name: (*get_args(field.annotation), field.annotation)[0] for name, field in Policy.model_fields.items()
}
# Sections whose entries have no defaults, so that one that is wrong is judged no further.
LISTS: Final = {name: _SECTIONS[name] for name, field in Policy.model_fields.items() if field.default == ()}


def load_policy(text: str, source: str = "policy.toml") -> Policy:
    """The policy of a TOML text; raises PolicyError with all problems at once, each naming `source`."""
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError([f"{source}: {_syntax_problem(text, str(error))}"]) from None
    wrong = _wrong_values(raw)
    problems = [_sentence(error, raw) for error in wrong]
    wrong_keys = {_dotted(error["loc"]) for error in wrong}
    # The rest is judged too. Defaults stand in for wrong values; what only they contradict is no mistake of the writer.
    policy = Policy.model_validate(_without(raw, wrong))
    problems += [c.sentence for c in contradictions(policy) if wrong_keys.isdisjoint(c.keys)]
    if problems:
        raise PolicyError([f"{source}: {problem}" for problem in problems])
    return policy


def policy_version(policy: Policy) -> str:
    """Twelve hexadecimal digits that change when the meaning does, not with comments or an order."""
    effective = policy.model_dump(mode="json")
    for named in ("logs", "goals"):
        effective[named].sort(key=lambda entry: entry["name"])
    return sha256(json.dumps(effective, sort_keys=True).encode()).hexdigest()[:12]


def _syntax_problem(text: str, message: str) -> str:
    if found := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message, re.DOTALL):
        what, line, column = found.groups()
        return f"line {line}, column {column} is not TOML: {what}"
    if message.endswith(end := " (at end of document)"):
        lines = text.split("\n")
        return f"line {len(lines)}, column {len(lines[-1]) + 1} is not TOML: {message.removesuffix(end)}"
    return f"this TOML is beyond what can be read: {message}"


def _wrong_values(raw: dict[str, Any]) -> list[ErrorDetails]:
    try:
        Policy.model_validate(raw)
    except ValidationError as error:
        # A default that hangs on a wrong value is no second mistake.
        return [details for details in error.errors() if details["type"] != "default_factory_not_called"]
    return []


def _sentence(error: ErrorDetails, raw: dict[str, Any]) -> str:
    place = error["loc"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(_dotted(place, raw), place)
    section, *names = [part for part in place if isinstance(part, str)]
    fields = _SECTIONS[section].model_fields if names else Policy.model_fields
    allowed = fields[names[-1] if names else section].description
    if error["type"] == "missing":
        return f"{_dotted(place, raw)} is missing; allowed is {allowed}"
    refusal = error.get("ctx", {}).get("error")
    hint = str(refusal) if isinstance(refusal, HintError) else ""
    verb = "has" if isinstance(place[-1], int) else "is"
    return f"{_dotted(place, raw)} {verb} {_shown(error['input'])}; allowed is {allowed}{hint}"


def _unknown_key(key: str, place: tuple[int | str, ...]) -> str:
    section = str(place[0]) if len(place) > 1 else ""
    own = list(_SECTIONS[section].model_fields if section else _SECTIONS)
    known = {name: f"{s}.{name}" for s, model in _SECTIONS.items() for name in model.model_fields}
    known |= {name: f"{section}.{name}".lstrip(".") for name in own}
    if near := get_close_matches(str(place[-1]), known, 1):
        return f"{key} is no key of a policy; did you mean {known[near[0]]}?"
    return f"{key} is no key of a policy; allowed {f'in [{section}] ' if section else ''}are {', '.join(own)}"


def _dotted(place: tuple[int | str, ...], raw: Mapping[str, Any] | None = None) -> str:
    names = [str(part) for part in place if isinstance(part, str)]
    if raw and len(place) > 2 and isinstance(place[1], int) and not isinstance(place[2], int):
        entry = raw[str(place[0])][place[1]]
        name = entry.get("name", entry.get("id", ""))
        names.insert(1, name if isinstance(name, str) and re.fullmatch(r"[\w-]{1,64}", name) else str(place[1] + 1))
    return ".".join(names)


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def _without(raw: dict[str, Any], wrong: list[ErrorDetails]) -> dict[str, Any]:
    for error in wrong:
        section, *names = [part for part in error["loc"] if isinstance(part, str)]
        if not names or section in LISTS:
            raw.pop(section, None)
        elif section in raw:
            table = raw[section][error["loc"][1]] if section == "logs" else raw[section]
            table.pop(names[0], None)
    return raw
