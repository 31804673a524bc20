"""`lethe token …`: which programs may read the blocklist through the API."""

from typing import Annotated

import typer

from plugins.access.tokens import add_token, all_tokens, remove_token
from plugins.cli.store import ACTOR, HERE, PolicyOption
from plugins.cli.terminal import print_table
from plugins.store.store import open_store

token_app = typer.Typer(no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="What the token is called, such as firewall.")]


@token_app.callback()
def token() -> None:
    """Tokens by which programs read the blocklist through the API."""


@token_app.command()
def add(
    name: NameArgument,
    purpose: Annotated[str, typer.Option(help="What the program reads the blocklist for.")],
    policy_file: PolicyOption = HERE,
) -> None:
    """Make a token and print it, once; only its hash is kept."""
    typer.echo(add_token(open_store(policy_file), name, purpose, ACTOR))
    typer.echo("this is shown once: send it as Authorization: Bearer …, or as the api_key of a bouncer", err=True)


@token_app.command("list")
def list_tokens(policy_file: PolicyOption = HERE) -> None:
    """Name the tokens, with their purpose and the day they were made."""
    rows = [(one.name, one.purpose, str(one.added_at.date())) for one in all_tokens(open_store(policy_file))]
    print_table(f"Tokens: {len(rows)}", ("name", "purpose", "made"), rows)


@token_app.command()
def remove(name: NameArgument, policy_file: PolicyOption = HERE) -> None:
    """Remove a token; who holds it reads no more."""
    remove_token(open_store(policy_file), name, ACTOR)
    typer.echo("removed")
