"""`lethe prove`: plant canaries, hunt those that must be gone, and say which sentences of the promise are kept."""

from pathlib import Path
from typing import Annotated

import typer

from plugins.cli.store import ACTOR, HERE, PolicyOption, open_by_hand
from plugins.cli.terminal import Progress, print_table, say, warn
from plugins.forgetting.proving import prove as prove_forgetting
from plugins.forgetting.traces import Outside
from plugins.store.locks import BusyError
from schemas.forgetting import ForgettingReport

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--airflow-database",
        envvar="LETHE_AIRFLOW_DATABASE",
        show_envvar=True,
        help="Where Airflow's database is, as Airflow's sql_alchemy_conn writes it.",
    ),
]
LogsOption = Annotated[Path | None, typer.Option("--airflow-logs", help="The folder of Airflow's logs.", exists=True)]


def prove(
    policy_file: PolicyOption = HERE, airflow_database: DatabaseOption = None, airflow_logs: LogsOption = None
) -> None:
    """Prove the forgetting; exit status 1 where Lethe broke the promise, or where the proof itself is void."""
    outside = Outside(airflow_database, airflow_logs)
    try:
        report = prove_forgetting(open_by_hand(policy_file), ACTOR, Progress(), outside)
    except BusyError:
        say("another proof is at work; nothing was done")
        return
    _print(report)
    if report.failures:
        raise typer.Exit(1)


def _print(report: ForgettingReport) -> None:
    rows = [(check.check, check.result, check.sentence, check.deadline) for check in report.checks]
    print_table("Lethe: is it forgotten?", ("check", "result", "seen", "next (UTC)"), rows)
    days = [(str(one.day), one.phase, ", ".join(one.found) or "nowhere") for one in report.canaries]
    print_table("Canaries", ("day", "phase", "found"), days)
    say(*(f"{one.log}: {one.path} still holds lines of {one.oldest}" for one in report.originals if one.is_past))
    size, objects = sum(one.bytes for one in report.searched), sum(one.objects for one in report.searched)
    say(f"searched {objects:,} objects, {size / 1e6:,.1f} MB, in {report.seconds:.1f} s")
    warn(*report.problems)
    say("the proof is valid" if report.is_valid else "the proof is NOT valid: its checks count for nothing")
