"""`lethe alerts`: who attacked, and whom the blocklist would have held."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import pyarrow as pa
import typer

from plugins.analysis import read_logs
from plugins.cli.parse import FormatOption
from plugins.cli.statistics import PolicyOption
from plugins.cli.terminal import Progress, print_table, say, to_json
from plugins.databases import open_owners
from plugins.policy_file import read_policy
from plugins.scenarios import scenarios_of
from schemas.policy import Policy
from transforms.detection.count import find_alerts
from transforms.detection.decide import BanRule, decide
from transforms.detection.match import match_events
from transforms.detection.match_errors import match_errors
from transforms.parsing.parser import Parsed

ALERT_KEYS = ("scenario", "target", "first_seen", "last_seen", "events", "outcome")
DECISION_KEYS = ("target", "scenario", "until")


def alerts(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Access logs, plain or compressed.", readable=False)
    ] = None,
    errors: Annotated[
        list[Path] | None, typer.Option(help="Error logs (their layout is found).", readable=False)
    ] = None,
    log_format: FormatOption = "detect",
    policy_file: PolicyOption = None,
    readable: Annotated[bool, typer.Option("--table", help="The blocklist as a table for people.")] = False,
) -> None:
    """Print a JSON line for each alert and each decision, as they would have been made at the time; stores nothing."""
    policy = read_policy(policy_file)
    found = read_logs(files or [], errors or [], log_format, policy, datetime.now(UTC), Progress())
    alerted, decisions = detect(found, policy)
    if readable:
        _print_blocklist(alerted, decisions)
        return
    for kind, table, keys in (("alert", alerted, ALERT_KEYS), ("decision", decisions, DECISION_KEYS)):
        say(*(to_json({kind: row}) for row in table.select(keys).to_pylist()))


def detect(files: list[Parsed], policy: Policy) -> tuple[pa.Table, pa.Table]:
    """Alerts and decisions of whole files, in the clock of the log."""
    scenarios = scenarios_of(policy)
    hits, errors = (pa.concat_tables([getattr(file, kind) for file in files]) for kind in ("hits", "errors"))
    events = [match_events(hits, scenarios), match_errors(errors, scenarios)]
    with open_owners(policy) as owner_of:
        found, _ = find_alerts(pa.concat_tables(events), scenarios, policy.allowed, owner_of)
    rule = BanRule(policy.blocklist.ban, policy.keep.security_window, ZoneInfo(policy.site.timezone))
    decisions = decide(found, scenarios, rule, policy.protected)
    return found, decisions


def _print_blocklist(alerted: pa.Table, decisions: pa.Table) -> None:
    """Whom to block and why; an alert is an address with an attack pattern, not guilt."""
    why = {(row["target"], row["scenario"], row["overflowed_at"]): row for row in alerted.to_pylist()}
    rows = []
    for decision in decisions.to_pylist():
        alert = why[decision["target"], decision["scenario"], decision["decided_at"]]
        keys = ("target", "scenario", "events", "outcome", "first_seen", "until")
        rows.append([(alert | decision)[key] for key in keys])
    print_table(
        f"Blocklist: {len(rows)} decisions from {len(alerted)} alerts",
        ("target", "scenario", "events", "outcome", "first seen (UTC)", "until (UTC)"),
        rows,
    )
