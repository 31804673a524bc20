"""`lethe report`: a period of published tables as one file to look at, or one of its tables as CSV."""

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from plugins.cli.notice import today_of
from plugins.policy_file import read_policy
from plugins.report.as_csv import check_table, write_csv
from plugins.report.choosing import choose_period
from plugins.report.making import make_report
from plugins.report.reading import published_days
from plugins.report.rendering import render_report
from plugins.store.door import Folder, Place
from plugins.store.store import open_store
from schemas.notice import Language
from schemas.policy import Policy
from schemas.refusals import RefusedError


def report(
    first: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD; four weeks if not given.")] = "",
    last: Annotated[
        str, typer.Option("--to", help="The last day; the newest whole one with tables if not given.")
    ] = "",
    policy_file: Annotated[
        Path | None, typer.Option("--policy", help="The policy of the store; policy.toml if not given.", readable=False)
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--statistics", help="A folder of tables, instead of the store's.", readable=False)
    ] = None,
    language: Annotated[Language, typer.Option(help="Bokmål or English.")] = "nb",
    vhost: Annotated[str, typer.Option(help="One virtual host only.")] = "",
    table: Annotated[str, typer.Option("--csv", help="A published table as CSV instead, such as pages_daily.")] = "",
    out: Annotated[Path | None, typer.Option(help="The file to write; with --csv, here if not given.")] = None,
) -> None:
    """Write what the published tables say of a period: one file for a browser, without any request to others."""
    place, policy, today = _tables(policy_file, folder)
    days = published_days(place)
    if not days:
        raise RefusedError(f"{place.where} holds no tables; lethe statistics and lethe rebuild write them")
    period = choose_period(first, last, days, today)
    if table and vhost:
        raise RefusedError("--csv gives a table's rows of every virtual host; leave --vhost out")
    if table:
        _write(write_csv(place, check_table(table), period), out)
        return
    found = make_report(place, period.first, period.last, vhost or None, site=policy.site)
    name = out or Path(f"lethe-report-{found.first}-{found.last}.html")
    rules = policy.statistics if policy_file or not folder else None  # of a folder nobody knows it
    _write([render_report(found, language, mode="file", today=today, rules=rules)], name)


def _tables(policy_file: Path | None, folder: Path | None) -> tuple[Place, Policy, date]:
    """Where the tables are, whose they are, and what day it is there."""
    if folder is None:
        store = open_store(policy_file or Path("policy.toml"))
        return store.place("statistics"), store.policy, store.calendar.today()
    policy = read_policy(policy_file)
    inside = folder / "statistics"  # what `lethe statistics --out` was given
    place = Folder(inside if inside.is_dir() else folder)
    return place, policy, today_of(policy)


def _write(texts: Iterable[str], out: Path | None) -> None:
    """Whole under its name or not at all; to standard output without one."""
    if out is None:
        for text in texts:
            sys.stdout.buffer.write(text.encode())
        return
    if out.is_dir() or not out.parent.is_dir():
        raise RefusedError(f"{out} cannot be written: choose the name of a file in a folder that is there for --out")
    temporary = out.with_name(f".{out.name}-{token_hex(4)}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.writelines(texts)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    typer.echo(f"written: {out}")
