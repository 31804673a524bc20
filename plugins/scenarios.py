"""The scenarios that an installation uses: the project's own and those of its folder, as its policy says."""

from pathlib import Path

from schemas.policy import Policy
from schemas.refusals import RefusedError
from schemas.scenario import Match, Scenario
from transforms.detection.load import load_scenarios


def scenarios_of(policy: Policy) -> tuple[Scenario, ...]:
    """By name; one of the policy's folder replaces the project's of the same name.

    RefusedError where a file is wrong, or the policy names a scenario that there is none of.
    """
    return _used(own_scenarios(policy), policy)


def _used(own: tuple[Scenario, ...], policy: Policy) -> tuple[Scenario, ...]:
    found = {one.name: one for one in (*load_scenarios(), *own)}
    for key in ("simulate", "off"):
        for name in getattr(policy.blocklist, key):
            if name not in found:
                raise RefusedError(f'blocklist.{key} has "{name}"; allowed are {", ".join(sorted(found))}')
    simulated = {name: {"mode": "simulate"} for name in policy.blocklist.simulate}
    used = (found[name] for name in sorted(found) if name not in policy.blocklist.off)
    return tuple(with_engines(one.model_copy(update=simulated.get(one.name)), policy) for one in used)


def look_at_rules(policy: Policy) -> tuple[str, str]:
    """`ok` or `wrong`, and in a sentence how many rules are in use, or why none can be and what waits for that."""
    try:
        own = own_scenarios(policy)
        used = {one.name for one in _used(own, policy)}
    except RefusedError as refusal:
        return "wrong", f"no line is read, and nothing is detected, until this is put right: {refusal}"
    except OSError as error:
        return "wrong", f"no line is read, and nothing is detected: {error.filename}: {error.strerror}"
    return "ok", f"{len(used)} are in use, {sum(one.name in used for one in own)} of them your own"


def own_scenarios(policy: Policy) -> tuple[Scenario, ...]:
    """Those of the policy's folder, as its files say."""
    folder = policy.places.scenarios
    if not folder:
        return ()
    if not Path(folder).is_dir():
        raise RefusedError(f"places.scenarios: {folder} is no folder; make it, or leave the key empty")
    return load_scenarios(Path(folder))


def with_engines(scenario: Scenario, policy: Policy) -> Scenario:
    """The scenario with networks where it names a search engine of the policy."""
    parts = ("match", "then", "success")
    named = {part: tuple(_with_networks(one, policy) for one in getattr(scenario, part)) for part in parts}
    return scenario.model_copy(update=named)


def _with_networks(match: Match, policy: Policy) -> Match:
    engines = {engine.name: tuple(map(str, engine.networks)) for engine in policy.search_engines}
    if not match.outside or match.outside[0] not in engines:
        return match
    return match.model_copy(update={"outside": engines[match.outside[0]]})
