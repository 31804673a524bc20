"""`lethe notice`: what the site tells its visitors about their traces, written from the policy."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import typer

from plugins.policy_file import read_policy
from schemas.notice import Language
from schemas.policy import Policy
from schemas.refusals import RefusedError
from transforms.notice.document import write_document
from transforms.notice.ready import missing_for_notice
from transforms.notice.rendering import as_html, as_markdown

FORMS: Final = {"markdown": as_markdown, "html": as_html}


def notice(
    language: Annotated[Language, typer.Option(help="Bokmål or English.")] = "nb",
    article_30: Annotated[bool, typer.Option("--article-30", help="The record of processing instead.")] = False,
    policy_file: Annotated[Path, typer.Option("--policy", help="The policy.", readable=False)] = Path("policy.toml"),
    form: Annotated[
        Literal["markdown", "html"], typer.Option("--as", help="Markdown, or a fragment of HTML.")
    ] = "markdown",
    out: Annotated[Path | None, typer.Option("--out", help="A file to write, instead of here.")] = None,
) -> None:
    """Write the site's text on its visit logs, or the GDPR Art. 30 record; every figure in it is the policy's."""
    policy = read_policy(policy_file)
    today = today_of(policy)
    if missing := missing_for_notice(policy, today):
        raise RefusedError("\n".join(f"{policy_file}: {sentence}" for sentence in missing))
    document = write_document(policy, "record" if article_30 else "notice", language, today)
    text = FORMS[form](document)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"written: {out}")


def today_of(policy: Policy) -> date:
    """The day in the policy's zone; an attestation may begin or run out with it."""
    return datetime.now(UTC).astimezone(ZoneInfo(policy.site.timezone)).date()
