"""The backups' verbs by hand or from cron: `lethe back-up`, `purge`."""

import typer

from plugins.backups.taking import back_up as take_backup
from plugins.cli.store import ACTOR, HERE, PolicyOption
from plugins.cli.terminal import Progress
from plugins.store.locks import BusyError
from plugins.store.store import open_store
from schemas.refusals import RefusedError


def back_up(policy_file: PolicyOption = HERE) -> None:
    """Take a backup of all that may come back: never a key, nor an address that can be read."""
    store, tell = open_store(policy_file), Progress()
    try:
        manifest = take_backup(store, ACTOR, tell)
    except BusyError as error:
        raise RefusedError(f"other work on the store ({error}) did not end in time; no backup was taken") from None
    tell("")
    size = sum(backed.size for backed in manifest.objects.values())
    typer.echo(
        f"backup taken at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {len(manifest.objects):,} objects, {size:,} bytes"
    )
    typer.echo(f"lines that were read by then: {manifest.lines:,}")
