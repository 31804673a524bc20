"""`make status` on one screen: components, DAGs, and where the pages are."""

import typer

from plugins.cli.terminal import print_table
from plugins.local.home import Home
from plugins.local.starting import is_up
from plugins.local.up import address_of, components_of, dags_of


def print_status(home: Home) -> bool:
    """Returns whether it is up at all."""
    if not is_up(home):
        return False
    typer.echo(f"{home.folder}: {address_of(home)}\n")
    print_table("Components", ("component", "process", "health"), components_of(home))
    print_table("DAGs", ("DAG", "schedule", "last run", "since (UTC)"), list(dags_of(home)))
    return True
