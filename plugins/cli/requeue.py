"""`lethe requeue`: what was not read in a wrong format, read in the right one."""

from typing import Annotated

import typer

from plugins.cli.store import ACTOR, HERE, PolicyOption, open_by_hand
from plugins.cli.terminal import Progress, say
from plugins.steps.requeuing import requeue as requeue_lines


def requeue(
    logs: Annotated[
        list[str] | None, typer.Argument(metavar="LOG", help="Names of logs in the policy; all if none.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also lines that were tried in this format before.")] = False,
    policy_file: PolicyOption = HERE,
) -> None:
    """Parse the quarantined lines of open days once more, after the policy's format, time zone or proxies were put
    right."""
    result = requeue_lines(open_by_hand(policy_file), logs or [], ACTOR, Progress(), again)
    what = ", ".join(f"{lines:,} {kind}" for kind, lines in result.lines.items() if lines)
    if not result.lines.total() and not result.left:
        say("nothing in quarantine was read in another format than now")
        return
    say(
        f"lines out of quarantine: {result.lines.total():,}" + (f" = {what}" if what else ""),
        f"left in quarantine: {result.left:,}",
        *(f"{mark.day}: imported, {mark.lines:,} lines in its statistics" for mark in result.marks),
    )
