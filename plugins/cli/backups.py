"""Backups by hand or from cron: `lethe back-up`, `purge`, `restore`, `rehearse`."""

from typing import Annotated

import typer

from plugins.backups.purging import purge as purge_backups
from plugins.backups.rehearsing import rehearse as rehearse_restore
from plugins.backups.restoring import describe_restored
from plugins.backups.restoring import restore as restore_store
from plugins.backups.taking import back_up as take_backup
from plugins.cli.store import ACTOR, HERE, ClockOption, PolicyOption, ingest, open_by_hand
from plugins.cli.terminal import Progress, fail_for, say, warn

StoreOption = Annotated[bool, typer.Option("--store-is-right", help="Answer yourself for what the store lost.")]


def back_up(
    store_is_right: StoreOption = False, clock_is_right: ClockOption = False, policy_file: PolicyOption = HERE
) -> None:
    """Take a backup of all that may come back: never a key, nor an address that can be read."""
    store = open_by_hand(policy_file)
    manifest = take_backup(store, ACTOR, Progress(), store_is_right, clock_is_right)
    size = sum(backed.size for backed in manifest.objects.values())
    say(
        f"backup of {store.calendar.words(manifest.taken_at)}: {len(manifest.objects):,} objects, {size:,} bytes",
        f"lines read by then: {manifest.lines:,}",
    )


def purge(clock_is_right: ClockOption = False, policy_file: PolicyOption = HERE) -> None:
    """Remove backups past their time, with every version, marker and unfinished upload, and list what is left."""
    store, notes = open_by_hand(policy_file), list[str]()
    purged = purge_backups(store, ACTOR, notes.append, clock_is_right)
    warn(*notes)
    oldest = f"the oldest backup is of {store.calendar.words(purged.oldest)}" if purged.oldest else "there is no backup"
    say(
        f"removed: {purged.manifests:,} backups, {purged.blobs:,} objects that no other one needs, {purged.traces:,} "
        "older versions, markers and halves",
        f"listed again: {purged.left:,} objects, nothing behind them; {oldest}",
    )


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
    store = open_by_hand(policy_file, is_restoring=True)
    restored = restore_store(store, reason, ACTOR, Progress(), replace, accept_damage)
    say(*(describe_restored(store, restored) if restored else ()))
    ingest(policy_file, clock_is_right)


def rehearse(policy_file: PolicyOption = HERE) -> None:
    """Restore the newest backup into a scratch place, verify it, and remove it; the store itself is not touched."""
    store = open_by_hand(policy_file)
    rehearsal = rehearse_restore(store, ACTOR, Progress())
    if rehearsal.taken_at:
        say(
            f"backup of {store.calendar.words(rehearsal.taken_at)}: {rehearsal.objects:,} objects, "
            f"{rehearsal.bytes:,} bytes brought back in {rehearsal.seconds:.1f} seconds, and removed again"
        )
    fail_for(rehearsal.problems)
