"""`python -m plugins.local`: what `make run`, `make up`, `make down` and `make status` do."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from plugins.local.home import FIRST_PORT, ROOT, Home
from plugins.local.starting import alone, is_up, nothing_left_behind
from plugins.mistakes import describe_mistake
from schemas.refusals import RefusedError

HELP: Final = "A whole Airflow on this machine, in a folder of its own."
DEMO, REPLAY, INSTALLATION = ROOT / "run", ROOT / "replay", ROOT / "installation"

HomeOption = Annotated[Path | None, typer.Option("--home", help="The working folder.", readable=False)]
PolicyOption = Annotated[Path | None, typer.Option("--policy", help="Another policy than the demo's.", readable=False)]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65000, help="Where to look for a free port first.")]
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)


@app.command()
def run(
    logs: Annotated[str, typer.Option(help="Access logs, with blanks between them.")] = "",
    errors: Annotated[str, typer.Option(help="Error logs, with blanks between them.")] = "",
    policy: PolicyOption = None,
    folder: HomeOption = None,
    port: PortOption = FIRST_PORT,
) -> None:
    """Run the whole pipeline once through Airflow's scheduler: on the demo's logs, or on your own in a replay."""
    from plugins.local.replaying import named_files, prepare_replay  # noqa: PLC0415 - what each needs takes a second
    from plugins.local.running import run_pipeline  # noqa: PLC0415

    files = [named_files(words) for words in (logs, errors)]
    is_replay = any(files)
    home = Home((folder or REPLAY).absolute(), None) if is_replay else _home_of(policy, folder)
    with _at_work(home):
        if is_replay:
            prepare_replay(home, files[0], files[1], policy)
        _prepare(home)
        is_new = run_pipeline(home, port, typer.echo)
        _print_report(home)
    _print_login(home, is_new)
    typer.echo(f"pages: make up{'' if home.folder == DEMO else f' POLICY={home.policy}'}")


@app.command()
def up(policy: PolicyOption = None, folder: HomeOption = None, port: PortOption = FIRST_PORT) -> None:
    """Start Airflow with its pages in the background, schedules on; harmless where it is up."""
    from plugins.local.up import address_of, bring_up  # noqa: PLC0415

    home = _home_of(policy, folder)
    with _at_work(home):
        _prepare(home)
        is_new = bring_up(home, port, typer.echo)
    typer.echo(f"Airflow is up: {address_of(home)}")
    _print_login(home, is_new)


@app.command()
def down(policy: PolicyOption = None, folder: HomeOption = None) -> None:
    """Stop it; nothing is left running."""
    from plugins.local.up import bring_down  # noqa: PLC0415

    for home in [_home_of(policy, folder)] if policy or folder else _homes():
        with _at_work(home):
            typer.echo(f"{home.folder}: {'stopped' if bring_down(home) else 'nothing was running'}")


@app.command()
def status(policy: PolicyOption = None, folder: HomeOption = None) -> None:
    """How its components and DAGs are; exit status 1 if it is not running, or not well."""
    from plugins.local.status import print_status  # noqa: PLC0415

    homes = [_home_of(policy, folder)] if policy or folder else _homes()
    found = [print_status(home) for home in homes if is_up(home)]
    if not found:
        typer.echo("Airflow is not running; make up starts it")
    raise typer.Exit(0 if found and all(found) else 1)


def _fail(sentence: str) -> NoReturn:
    sys.stderr.write(f"lethe: {sentence}\n")
    sys.exit(1)


def _home_of(policy: Path | None, folder: Path | None) -> Home:
    """The folder that is named, or that the policy lies in if it is one of ours; an installation's is in neither."""
    if policy is None:
        return Home((folder or DEMO).absolute(), None)
    if folder is None:
        beside = policy.absolute().parent
        folder = beside if (beside / "airflow" / "airflow.cfg").exists() else INSTALLATION
    return Home(folder.absolute(), policy.absolute())


def _homes() -> list[Home]:
    return [Home(folder, None) for folder in (DEMO, REPLAY, INSTALLATION) if (folder / "airflow").exists()]


@contextmanager
def _at_work(home: Home) -> Iterator[None]:
    os.umask(0o077)  # nothing that is written here is for others, but what the store gives rights of its own
    home.airflow.mkdir(parents=True, exist_ok=True)
    with alone(home), nothing_left_behind():
        yield


def _prepare(home: Home) -> None:
    """Make the demo where no other policy is named; then look at the policy before anything starts."""
    from plugins.local.demo import prepare_demo  # noqa: PLC0415
    from plugins.local.running import step  # noqa: PLC0415
    from plugins.policy_file import read_policy  # noqa: PLC0415

    if home.is_demo:
        with step("demo logs", typer.echo) as remarks:
            remarks.append("made" if prepare_demo(home) else "kept")
    read_policy(home.policy)


def _print_report(home: Home) -> None:
    from plugins.local.report import examples, report  # noqa: PLC0415

    typer.echo()
    for word, figure in report(home.policy):
        typer.echo(f"{word + ':':<12}{figure}")
    typer.echo("read it:")
    for example in examples(home.policy):
        typer.echo(f"  {example}")


def _print_login(home: Home, is_new: bool) -> None:
    if not is_new:
        typer.echo(f"logins: {home.passwords_file}")
        return
    typer.echo(f"logins, shown this once and kept in {home.passwords_file}:")
    for user, password in home.passwords().items():
        typer.echo(f"  {user:<10}{password}")


def main() -> None:
    """Exit status 0, 1 (ran and failed) or 2 (wrong call); 130 after Ctrl-C."""
    try:
        app()
    except RefusedError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - what it says may hold an address
        _fail(describe_mistake(error))


if __name__ == "__main__":
    main()
