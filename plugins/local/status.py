"""`make status` on one screen: components, DAGs, and where the pages are."""

import typer

from plugins.cli.terminal import print_table
from plugins.local.home import Home
from plugins.local.up import address_of, components_of, dags_of


def print_status(home: Home) -> bool:
    """Of what is up; returns whether all of it is well."""
    typer.echo(f"{home.folder}: {address_of(home)}\n")
    components = components_of(home)
    print_table(
        "Components", ("component", "process", "health"), [(name, str(pid), how) for name, pid, how in components]
    )
    print_table("DAGs", ("DAG", "schedule", "last run", "since (UTC)"), list(dags_of(home)))
    return all(health == "healthy" for _, _, health in components)
