"""`lethe verify-audit`: is the audit trail as it was written?"""

import typer

from plugins.cli.store import HERE, PolicyOption
from plugins.store.store import open_store


def verify_audit(policy_file: PolicyOption = HERE) -> None:
    """Read the audit trail against its hashes and its roots: what it holds, or the first thing that is wrong."""
    found = open_store(policy_file).audit.verify()
    if found.first:
        typer.echo(f"{found.entries} entries in {found.days} files, from {found.first} to {found.last}: as written")
    else:
        typer.echo("no entries yet")
