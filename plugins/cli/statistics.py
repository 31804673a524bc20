"""`lethe statistics`: log files → published tables, without Airflow and without keeping anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from plugins.analysis import Analysis, analyse_logs
from plugins.checking import check_tables
from plugins.cli.parse import FormatOption
from plugins.cli.terminal import Progress, say
from plugins.policy_file import read_policy
from plugins.publishing import publish_tables, refuse_unusable
from schemas.refusals import RefusedError

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="The policy; the default policy if not given.", readable=False)
]


class ManyErrorFiles(TyperCommand):
    """Lets `--errors` take all files that follow it, as a shell's `error.log*` gives them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        spread: list[str] = []
        taking = False
        for arg in args:
            if arg.startswith("-"):
                taking = arg == "--errors"
            elif taking and spread[-1] != "--errors":
                spread.append("--errors")
            spread.append(arg)
        return super().parse_args(ctx, spread)


def statistics(
    logs: Annotated[list[Path] | None, typer.Argument(help="Access logs, plain or compressed.", readable=False)] = None,
    errors: Annotated[
        list[Path] | None, typer.Option(help="Error logs (their layout is found).", readable=False)
    ] = None,
    log_format: FormatOption = "detect",
    policy_file: PolicyOption = None,
    out: Annotated[Path, typer.Option(help="Where statistics/<table>/<day>.parquet go.", readable=False)] = Path("out"),
) -> None:
    """Compute the visit statistics of whole logs: every day complete and final, one Parquet file a table and day."""
    policy, tell = read_policy(policy_file), Progress()
    refuse_unusable(out / "statistics")
    analysis = analyse_logs(logs or [], errors or [], log_format, policy, datetime.now(UTC), tell)
    if not analysis.tables:
        raise RefusedError("the logs hold no line, so there is nothing to count")
    tell("checking the tables")
    checked = check_tables(analysis.tables, policy)
    written = publish_tables(analysis.tables, out / "statistics")
    say(*describe(analysis), *(f"warning: {failure}" for failure in checked.of("warning")))
    say(f"written: {written} Parquet files under {out / 'statistics'}")


def describe(analysis: Analysis) -> list[str]:
    """The counts of a run, in a few sentences; they balance with the lines read."""
    days = analysis.tables["days"].to_pylist()
    total = {name: sum(day[name] for day in days) for name in ("hits", "errors", "continuations", "ignored")}
    quarantined = sum(analysis.reasons.values())
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(analysis.reasons.items()))
    visits = sum(analysis.tables["visits_daily"]["visits"].to_pylist())
    silent = bool(total["hits"]) and not analysis.hits_with_agent
    note = "note: the log has no user agents; without them nobody counts as a person, and there are no visits"
    return [
        f"lines: {analysis.lines:,} = {total['hits']:,} hits + {total['ignored']:,} ignored"
        f" + {total['errors']:,} errors + {total['continuations']:,} continuations + {quarantined:,} in quarantine",
        f"quarantine: {reasons or 'nothing'}",
        f"days: {len(days)}, from {days[0]['day']} to {days[-1]['day']}; visits: {visits:,}",
        *([note] if silent else []),
    ]
