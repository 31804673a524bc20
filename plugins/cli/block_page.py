"""`lethe block-page`: the page for those who are banned, and the settings by which web servers show it."""

from pathlib import Path
from typing import Annotated

import typer

from plugins.blocklist.page.making import make_kit
from plugins.cli.store import HERE, PolicyOption
from plugins.policy_file import read_policy


def block_page(
    out: Annotated[Path, typer.Option(help="The folder in which the servers will find it.")],
    policy_file: PolicyOption = HERE,
) -> None:
    """Write a page that tells who is banned until when and whom to ask, and settings for nginx, Apache and HAProxy."""
    kit = dict(make_kit(read_policy(policy_file), out.absolute()))
    out.mkdir(parents=True, exist_ok=True)
    for name, text in kit.items():
        path = out / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)  # whatever the umask: a web server reads it, and nothing in it is secret
        typer.echo(f"written: {path}")
