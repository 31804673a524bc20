"""The same hits, whatever order their files come in: the same targets and scenarios, and what is decided stays."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.scenarios import scenarios_of
from tests.plugins.blocklist.blocklists import NOON, OPEN, detect_on, kept, targets
from tests.stores import Site, hit

RULE = """\
name = "{name}"
description = "A rule of this test"
severity = "low"
{head}
[[match]]
path = ["^/{name}/"]
"""
RULES = {
    "burst": 'bucket = { capacity = 2, leak = "PT1M" }',
    "crowd": 'bucket = { capacity = 3, leak = "PT1M" }\ngroup_by = "network"\ncount = "distinct address"',
    "names": 'bucket = { capacity = 2, leak = "PT1M" }\ncount = "distinct path"',
    "steps": 'bucket = { capacity = 1, leak = "PT1M" }\nwithin = "PT10M"',
}
SECOND = '[[then]]\nmethods = ["GET"]\npath = ["^/done$"]\n'


def attacks() -> list[str]:
    """A burst over midnight by one address, four neighbours, three names of which one came again before, and a second
    step after two first ones.
    """
    moments = [NOON - timedelta(hours=12) + timedelta(seconds=20 * n) for n in range(-2, 2)]
    lines = [hit(moment, "203.0.113.1", f"/burst/{n}") for n, moment in enumerate(moments)]
    lines += [hit(NOON - timedelta(seconds=n), f"198.51.100.{n}", f"/crowd/{n}") for n in range(5)]
    moments = [NOON - timedelta(seconds=300 - 20 * n) for n in range(5)]
    lines += [hit(moment, "203.0.113.4", f"/names/{name}") for moment, name in zip(moments, "aaabc", strict=True)]
    lines += [hit(NOON - timedelta(seconds=90 - n), "203.0.113.9", f"/steps/{n}") for n in range(2)]
    lines += [hit(NOON - timedelta(seconds=30), "203.0.113.9", "/done"), hit(NOON, "203.0.113.7", "/done")]
    return sorted(lines, key=lambda line: line.split("[")[1])


def site_of(folder: Path) -> Site:
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for name, head in RULES.items():
        text = RULE.format(name=name, head=head) + (SECOND if name == "steps" else "")
        (rules / f"{name}.toml").write_text(text, encoding="utf-8")
    site = Site(folder, NOON, f'{OPEN}\n[places]\nscenarios = "{rules}"\n')
    off = [one.name for one in scenarios_of(site.open().policy) if one.name not in RULES]
    site.policy.write_text(site.policy.read_text().replace("allowlist", f"off = {off}\nallowlist"))
    return site


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(5)))
def test_files_in_any_order_with_a_detection_after_each_end_as_all_at_once(order: list[int]) -> None:
    lines = attacks()
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = site_of(Path(folder) / "whole"), site_of(Path(folder) / "parts")
        whole.write("access.log", *lines)
        whole.ingest()
        detect_on(whole)
        before: dict[str, object] = {}
        for number in order:
            parts.write(f"access.log.{number}", *lines[number::5])
            parts.ingest()
            detect_on(parts)
            detect_on(parts)
            now = {one.decision: one for one in kept(parts)}
            assert before.items() <= now.items()
            before = dict(now)
        expected = {("203.0.113.1", "burst"), ("203.0.113.4", "names"), ("203.0.113.9", "steps")}
        expected.add(("198.51.100.0/24", "crowd"))
        assert targets(parts) == targets(whole) == expected
