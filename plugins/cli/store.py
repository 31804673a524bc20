"""The store's verbs by hand or from cron: `lethe ingest`, `rebuild`, `close`, `erase`."""

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from plugins.cli.standard_input import read_each
from plugins.cli.terminal import Progress, fail_for, print_table, say, warn
from plugins.steps.closing import close_day, close_due
from plugins.steps.erasing import erase as erase_addresses
from plugins.steps.importing import carry_out_imports
from plugins.steps.ingest import ingest as ingest_logs
from plugins.steps.rebuilding import rebuild as rebuild_days
from plugins.store.locks import BusyError
from plugins.store.store import Store, open_store
from schemas.receipts import Mark
from schemas.refusals import RefusedError
from transforms.anonymising.addresses import Address, read_address, unwrap_ip

ACTOR: Final = "operations"
PolicyOption = Annotated[Path, typer.Option("--policy", help="The policy of the store.", readable=False)]
ClockOption = Annotated[bool, typer.Option("--clock-is-right", help="Answer for this machine's clock yourself.")]
HERE: Final = Path("policy.toml")


def ingest(policy_file: PolicyOption = HERE, clock_is_right: ClockOption = False) -> None:
    """Read what is new in the policy's logs into the window; every line counts exactly once."""
    try:
        result = ingest_logs(open_by_hand(policy_file), ACTOR, Progress(), clock_is_right)
    except BusyError:
        say("another ingest or an erasure is at work; nothing was done")
        return
    what = ", ".join(f"{lines:,} {kind}" for kind, lines in result.lines.items() if lines)
    say(f"lines: {result.lines.total():,}" + (f" = {what}" if what else ", nothing is new"))
    warn(*(f"no file fits the paths of [[logs]] {log}; correct access and error" for log in result.empty))
    say(*map(_describe, result.marks), *(f"next time: {note}" for note in result.waiting))
    fail_for(result.problems)


def rebuild(policy_file: PolicyOption = HERE) -> None:
    """Publish the statistics of the open days to which something was added; they stay provisional until they close."""
    days = rebuild_days(open_by_hand(policy_file), Progress())
    say(f"days published anew: {', '.join(map(str, days)) or 'none, nothing changed'}")


def close(
    days: Annotated[list[str] | None, typer.Argument(help="Days (YYYY-MM-DD) to close now, before their time.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Close every day that is due.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="Close DAYS without reading them any more.")] = False,
    clock_is_right: ClockOption = False,
    policy_file: PolicyOption = HERE,
) -> None:
    """End days: their statistics become final and their keys are shredded. Without days: say what is open and due."""
    store, tell = open_by_hand(policy_file), Progress()
    wanted = [_read_day(text) for text in days or []]
    if not wanted and not overdue:
        _print_open(store)
        return
    marks, problems = close_due(store, ACTOR, tell, clock_is_right) if overdue else ([], [])
    if wanted:
        with store.locks.held("ingest"):
            carry_out_imports(store, ACTOR)
    for day in wanted:
        if day not in store.open_days() and day not in store.marks.days("closing"):
            raise RefusedError(f"{day} is not open; lethe close without days lists those that are")
        marks.append(close_day(store, day, ACTOR, tell, give_up))
    say(*map(_describe, marks), f"days closed: {len(marks)}")
    fail_for(problems)


def erase(policy_file: PolicyOption = HERE) -> None:
    """Erase addresses, one a line on standard input, from every open day; the log files themselves are not touched."""
    addresses = set(read_each(_read_address, "address"))
    erased = erase_addresses(open_by_hand(policy_file), addresses, ACTOR, Progress())
    if erased.days:
        days = ", ".join(map(str, erased.days))
        say(f"lines erased: {erased.lines:,}; written anew, with the old keys shredded: {days}")
    else:
        say("no open day holds these addresses")


def open_by_hand(policy_file: Path, *, is_restoring: bool = False) -> Store:
    """What the store does not give its own rights to is nobody else's."""
    os.umask(0o077)
    return open_store(policy_file, is_restoring=is_restoring)


def _read_address(line: str) -> Address:
    address = None if "/" in line else read_address(line)  # a network is not one address
    if address is None:
        raise RefusedError("this is no IPv4 or IPv6 address; nothing was erased")
    return unwrap_ip(address)


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2026-07-01") from None


def _print_open(store: Store) -> None:
    days = store.open_days()
    rows = [(str(day), store.calendar.deadline(day)) for day in days]
    print_table(f"Open days: {len(days)}", ("day", "closes at the latest (UTC)"), rows)


def _describe(mark: Mark) -> str:
    missing = f", {mark.missing:,} more were read after they were last computed" if mark.missing else ""
    return f"{mark.day}: {mark.how}, {mark.lines:,} lines in its statistics{missing}"
