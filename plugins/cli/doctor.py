"""`lethe doctor`: is everything in order that the promise rests on?"""

import typer

from plugins.cli.store import HERE, PolicyOption
from plugins.cli.terminal import print_table
from plugins.steps.examining import examine
from plugins.store.store import open_store


def doctor(policy_file: PolicyOption = HERE) -> None:
    """Report keys, mirror, clock, rights, disk, audit trail, the oldest line of each log and checks; change nothing."""
    findings = examine(open_store(policy_file))
    rows = [(finding.state, finding.subject, finding.sentence) for finding in findings]
    print_table("Lethe: is everything in order?", ("", "what", "finding"), rows)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)
