"""`lethe backtest`: what a scenario would have done in the window, before it bans anybody."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from plugins.backtest.choosing import find_scenario, read_rule
from plugins.backtest.evidence import evidence_of
from plugins.backtest.running import Backtest, Found
from plugins.backtest.running import backtest as run_backtest
from plugins.backtest.telling import as_values, note_of, sentences
from plugins.cli.store import ACTOR, HERE, PolicyOption, open_by_hand
from plugins.cli.terminal import Progress, print_table, say, to_json
from plugins.store.store import Store
from schemas.scenario import Scenario
from transforms.detection.load import read_text

MOST: Final = 30  # targets of the table
HEADINGS: Final = (
    *("target", "first seen", "last seen", "events", "outcome", "until"),
    *("views hit", "views in all", "visitors", ""),
)
OWN: Final = "a rule that is not in use"
Evidence = dict[str, list[dict[str, Any]]]


def backtest(
    scenario: Annotated[str, typer.Argument(help="The name of a scenario in use, or the path of a .toml file.")],
    evidence: Annotated[bool, typer.Option("--evidence", help="Show a few lines behind each target.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    policy_file: PolicyOption = HERE,
) -> None:
    """Say whom a scenario would have banned in the window, and how many people's pageviews that had cost."""
    store = open_by_hand(policy_file)
    rule = _read(store, scenario)
    found = run_backtest(store, rule, Progress())
    lines = evidence_of(store, found, {one.target for one in _shown(found, as_json)}) if evidence else {}
    named = OWN if scenario.endswith(".toml") else rule.name
    seen = "with lines" if evidence else "targets only"
    store.audit.append(store.clock(), ACTOR, "backtest", scenario=named, targets=len(found.targets), seen=seen)
    if as_json:
        say(to_json(as_values(found, lines if evidence else None), indent=2))
    else:
        _print(found, lines)


def _read(store: Store, scenario: str) -> Scenario:
    if not scenario.endswith(".toml"):
        return find_scenario(store.policy, scenario)
    path = Path(scenario)
    return read_rule(store.policy, path.name, read_text(path))


def _shown(found: Backtest, whole: bool) -> list[Found]:
    return found.targets if whole else found.targets[:MOST]


def _print(found: Backtest, lines: Evidence) -> None:
    say(*sentences(found))
    if not found.targets:
        return
    say("")
    rows = [
        (
            *(one.target, one.first_seen, one.last_seen, one.events, one.outcome, one.until),
            *(one.cost.banned.pageviews, one.cost.whole.pageviews, one.cost.most, note_of(one)),
        )
        for one in _shown(found, whole=False)
    ]
    left = len(found.targets) - len(rows)
    told = f"Targets, the costliest first{f'; {left:,} more with --json' if left else ''} (UTC)"
    print_table(told, HEADINGS, rows)
    for target, own in lines.items():
        rows_of = (row.values() for row in own)
        print_table(target, tuple(own[0]), [(f"{at:%Y-%m-%d %H:%M:%S}", *rest) for at, *rest in rows_of])
