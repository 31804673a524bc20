"""`lethe policy …`: what a policy means, and what another one would change, before anything runs on it."""

from pathlib import Path
from typing import Annotated, Final

import typer

from plugins.cli.notice import today_of
from plugins.cli.terminal import say
from plugins.policy_file import read_policy
from plugins.scenarios import scenarios_of
from schemas.policy import Policy, PolicyError
from schemas.policy_words import describe_policy
from transforms.notice.changes import changed_keys, changed_sentences
from transforms.notice.ready import missing_for_notice

NAMES: Final = {"nb": "bokmål", "en": "English"}

policy_app = typer.Typer(no_args_is_help=True)


@policy_app.callback()
def policy() -> None:
    """What a policy means, what is wrong with it, and what another one would change."""


@policy_app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The policy.", show_default=True, readable=False)] = Path("policy.toml"),
) -> None:
    """Say in plain words what a policy means and what the notice still lacks, or each wrong value in a sentence."""
    found = _read(file)
    say(*describe_policy(found), _rules(found), *_lacking(found))


@policy_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The policy as it is.", readable=False)],
    new: Annotated[Path, typer.Argument(help="The policy as it would be.", readable=False)],
) -> None:
    """Say which keys change, from when on that counts, and which sentences of the notice are others then."""
    before, after = _read(old), _read(new)
    say(*([change.sentence for change in changed_keys(before, after)] or ["Nothing changes."]))
    for language, lines in changed_sentences(before, after, today_of(after)).items():
        say(f"\nThe notice and the record in {NAMES[language]}:", *lines)
    if lacking := _lacking(after):
        say("", *lacking)


def _rules(policy: Policy) -> str:
    """RefusedError where a file of scenarios is wrong."""
    found = scenarios_of(policy)
    simulated = [one.name for one in found if one.mode == "simulate"]
    return f"Scenarios: {len(found)}, of which {len(simulated)} ban nobody ({', '.join(simulated)})."


def _lacking(policy: Policy) -> list[str]:
    return [f"For lethe notice: {sentence}" for sentence in missing_for_notice(policy, today_of(policy))]


def _read(file: Path) -> Policy:
    """What is refused is told, a line each; exit status 1."""
    try:
        return read_policy(file)
    except PolicyError as error:
        for problem in error.problems:
            typer.echo(problem, err=True)
        raise typer.Exit(1) from None
