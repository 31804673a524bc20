"""`lethe detect`, `blocklist`, `ban`, `lift`: whom to block; addresses come from standard input only."""

import os
from datetime import timedelta
from enum import Enum
from typing import Annotated, Final

import typer

from plugins.blocklist.breaker import publish_anyway, refusal
from plugins.blocklist.by_hand import ban as ban_targets
from plugins.blocklist.by_hand import lift as lift_decisions
from plugins.blocklist.decisions import Decisions
from plugins.blocklist.exporting import FORMATS, published, renew_exports
from plugins.cli.standard_input import read_each
from plugins.cli.store import ACTOR, HERE, PolicyOption, open_by_hand
from plugins.cli.terminal import Progress, fail_for, print_table, say, warn
from plugins.steps.detecting import detect as detect_attacks
from schemas.durations import Duration
from schemas.refusals import RefusedError
from transforms.detection.targets import holders, read_target, refuse_unbannable

Kind = Enum("Kind", {name: name for name in FORMATS})  # type: ignore[misc]
COLUMNS: Final = {
    **{name: name for name in ("target", "scenario", "events", "outcome")},
    **{"decided_at": "decided (UTC)", "until": "until (UTC)", "reason": "reason"},
}
TARGETS: Final = "address and no network"
ReasonOption = Annotated[str, typer.Option(help="Why, in a sentence; it is kept with the decision.")]


def detect(policy_file: PolicyOption = HERE) -> None:
    """Decide on new attacks in the open days, and write the blocklist's files anew."""
    store = open_by_hand(policy_file)
    found = detect_attacks(store, ACTOR, Progress())
    unwritten, refused = renew_exports(store), refusal(store)
    active = Decisions(store).active(store.clock())
    say(f"new decisions: {found.new:,}; bans in force: {len(active):,}")
    if found.incidents:
        say(f"attacks that may have worked: {found.incidents:,}; assess them on the page /lethe/incidents")
    fail_for([*found.problems, *unwritten, *([refused] if refused else [])])


def blocklist(
    kind: Annotated[Kind | None, typer.Option("--as", help="Print the file for a server or a spreadsheet.")] = None,
    anyway: Annotated[bool, typer.Option("--publish-anyway", help="Publish a list that hits too many people.")] = False,
    reason: Annotated[str, typer.Option(help="Why it is published anyway; it is kept in the audit trail.")] = "",
    policy_file: PolicyOption = HERE,
) -> None:
    """Print the bans in force, newest first: a table for people, or a file; reading it is audited."""
    store = open_by_hand(policy_file)
    if anyway:
        say(f"let through until they end: {publish_anyway(store, reason, ACTOR)} bans")
        fail_for(renew_exports(store))
        return
    now = store.clock()
    active = published(store, now)
    store.audit.append(now, ACTOR, "blocklist read", decisions=len(active))
    if refused := refusal(store):
        warn(refused)
    if kind:
        typer.echo(FORMATS[kind.value].write(active, now), nl=False)
        return
    rows = [[getattr(one, name) for name in COLUMNS] for one in active]
    told = f"Blocklist: {len(rows)} bans in force" + (" (a replay of old logs)" if store.is_replay else "")
    print_table(told, list(COLUMNS.values()), rows)


def ban(
    reason: ReasonOption,
    lasts: Annotated[str, typer.Option("--for", help='How long, such as "PT2H"; else as the policy says.')] = "",
    policy_file: PolicyOption = HERE,
) -> None:
    """Ban addresses and networks, one a line on standard input: all of them or, where one may not be, none."""
    store, length = open_by_hand(policy_file), _read_length(lasts)

    def read_bannable(line: str) -> str:
        refuse_unbannable(target := read_target(line), store.policy.protected)
        return target

    targets = read_each(read_bannable, TARGETS)
    made = ban_targets(store, targets, reason, ACTOR, length, own=_own_address())
    say(f"banned: {len(made)}, the first until {store.calendar.words(min(one.until for one in made))}")


def lift(reason: ReasonOption, policy_file: PolicyOption = HERE) -> None:
    """Lift the bans on addresses and networks, one a line on standard input: all of them or, if one has none, none."""
    store = open_by_hand(policy_file)
    active = Decisions(store).active(store.clock())

    def read_banned(line: str) -> str:
        target = read_target(line)
        if not any(one.target == target for one in active):
            raise RefusedError("there is no ban in force on exactly this; lethe blocklist lists them")
        return target

    targets = read_each(read_banned, TARGETS)
    wanted = [one.decision for one in active if one.target in targets]
    say(f"lifted: {len(lift_decisions(store, wanted, reason, ACTOR))}")
    wider = {name for target in targets for name in holders(target)}
    if still := sum(one.target in wider for one in published(store, store.clock())):
        say(f"still blocked: {still} bans on networks that hold them are in force; lethe blocklist lists them")


def _own_address() -> str:
    """Whence somebody is logged in here, by SSH's own word (the first part of SSH_CONNECTION)."""
    words = (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_CLIENT") or "").split()
    return words[0].partition("%")[0] if words else ""


def _read_length(text: str) -> timedelta | None:
    try:
        length = Duration.parse(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"--for: {error}") from None
    if length and length.months:
        raise typer.BadParameter("--for: a month is no fixed length")
    return length.exact if length else None
