"""What backups are for, by hand: `lethe restore`, `rehearse`."""

from typing import Annotated

import typer

from plugins.backups.rehearsing import rehearse as rehearse_restore
from plugins.backups.restoring import describe_restored
from plugins.backups.restoring import restore as restore_store
from plugins.cli.store import ACTOR, HERE, ClockOption, PolicyOption, fail_for, ingest, open_by_hand
from plugins.cli.terminal import Progress


def restore(
    reason: Annotated[str, typer.Option("--reason", help="Why, in a few words; it is kept in the audit trail.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remove for good what the store still holds.")] = False,
    accept_damage: Annotated[
        bool, typer.Option("--accept-damage", help="Bring back what is left where no backup is whole.")
    ] = False,
    clock_is_right: ClockOption = False,
    policy_file: PolicyOption = HERE,
) -> None:
    """Bring the newest backup back, without what ended since, and then read what the logs still hold."""
    tell = Progress()
    restored = restore_store(open_by_hand(policy_file, is_restoring=True), reason, ACTOR, tell, replace, accept_damage)
    tell("")
    for sentence in describe_restored(restored) if restored else ():
        typer.echo(sentence)
    ingest(policy_file, clock_is_right)


def rehearse(policy_file: PolicyOption = HERE) -> None:
    """Restore the newest backup into a scratch place, verify it, and remove it; the store itself is not touched."""
    tell = Progress()
    rehearsal = rehearse_restore(open_by_hand(policy_file), ACTOR, tell)
    tell("")
    if rehearsal.taken_at:
        typer.echo(
            f"backup of {rehearsal.taken_at:%Y-%m-%d %H:%M:%S} UTC: {rehearsal.objects:,} objects, "
            f"{rehearsal.bytes:,} bytes brought back in {rehearsal.seconds:.1f} seconds, and removed again"
        )
    fail_for(rehearsal.problems)
