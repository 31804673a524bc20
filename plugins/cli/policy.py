"""`lethe policy …`: what a policy means, before anything runs on it."""

from pathlib import Path
from typing import Annotated

import typer

from plugins.policy_file import read_policy
from schemas.policy import PolicyError
from schemas.policy_words import describe_policy

policy_app = typer.Typer(no_args_is_help=True)


@policy_app.callback()
def policy() -> None:
    """What the policy means, or what is wrong with it."""


@policy_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The policy.", show_default=True, readable=False)] = Path("policy.toml"),
) -> None:
    """Say in plain words what a policy means, or each wrong value in a sentence."""
    try:
        words = describe_policy(read_policy(file))
    except PolicyError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(1) from None
    for sentence in words:
        typer.echo(sentence)
