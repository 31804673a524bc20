"""The backups' verbs by hand or from cron: `lethe back-up`, `purge`."""

from typing import Annotated

import typer

from plugins.backups.purging import purge as purge_backups
from plugins.backups.taking import back_up as take_backup
from plugins.cli.store import ACTOR, HERE, ClockOption, PolicyOption, open_by_hand
from plugins.cli.terminal import Progress

StoreOption = Annotated[bool, typer.Option("--store-is-right", help="Answer yourself for what the store lost.")]


def back_up(
    store_is_right: StoreOption = False, clock_is_right: ClockOption = False, policy_file: PolicyOption = HERE
) -> None:
    """Take a backup of all that may come back: never a key, nor an address that can be read."""
    store, tell = open_by_hand(policy_file), Progress()
    manifest = take_backup(store, ACTOR, tell, store_is_right, clock_is_right)
    tell("")
    size = sum(backed.size for backed in manifest.objects.values())
    typer.echo(
        f"backup of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {len(manifest.objects):,} objects, {size:,} bytes"
    )
    typer.echo(f"lines read by then: {manifest.lines:,}")


def purge(clock_is_right: ClockOption = False, policy_file: PolicyOption = HERE) -> None:
    """Remove backups past their time, with every version, marker and unfinished upload, and list what is left."""
    store, notes = open_by_hand(policy_file), list[str]()
    purged = purge_backups(store, ACTOR, notes.append, clock_is_right)
    for note in notes:
        typer.echo(f"lethe: {note}", err=True)
    typer.echo(
        f"removed: {purged.manifests:,} backups, {purged.blobs:,} objects that no other one needs, {purged.traces:,} "
        "older versions, markers and halves"
    )
    oldest = f"the oldest backup is of {purged.oldest:%Y-%m-%d %H:%M:%S} UTC" if purged.oldest else "there is no backup"
    typer.echo(f"listed again: {purged.left:,} objects, nothing behind them; {oldest}")
