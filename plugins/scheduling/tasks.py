"""The tasks of the DAGs: each opens the store and takes one step; what passes between them are counts, days, numbers.

Steps are imported when they run: a DAG file is parsed again and again, and pyarrow and DuckDB take seconds.
"""
# ruff: noqa: PLC0415 - see above

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from plugins.scheduling.assets import AIRFLOW_HISTORY, BLOCKLIST, CLOSED_DAYS, HITS, STATISTICS
from plugins.scheduling.boundary import guarded, tell
from plugins.scheduling.notifying import notify, notify_once

if TYPE_CHECKING:
    from plugins.store.store import Store

ACTOR: Final = "airflow"
READERS: Final = 8  # tasks at most among which the files of an ingest are divided
PATIENCE: Final = 60.0  # seconds for another ingest, or what is left of one, to end; then the next run does it
COMPUTERS: Final = 4  # those among which the days of a rebuild are
AT_ANY_RATE: Final = "all_done_min_one_success"  # though one of several failed, but not where one was skipped
NOTHING: Final[list[int]] = []  # to be read; a task that is mapped over no chunk at all would have all others skipped

Plan = dict[str, Any]  # "token", "chunks", "goes_on"


def installed_store(is_restoring: bool = False) -> "Store":
    from plugins.policy_file import installed_policy
    from plugins.store.store import open_store

    return open_store(installed_policy(), is_restoring=is_restoring)


@task
@guarded
def find_new_lines() -> Plan:
    from plugins.steps.ingest_parts import begin_ingest

    plan = begin_ingest(installed_store(), ACTOR, tell, PATIENCE)
    if not plan.has_news:
        raise AirflowSkipException("nothing is new in the logs")
    tell(f"{len(plan.files)} files have new lines")
    return {"token": plan.token, "chunks": plan.chunks(READERS) or [NOTHING], "goes_on": plan.goes_on}


@task
def chunks_of(plan: Plan) -> list[list[int]]:
    return plan["chunks"]  # type: ignore[no-any-return]


@task(map_index_template="{{ task.op_kwargs['files'] | length }} files")
@guarded
def read_files(files: list[int], plan: Plan) -> dict[str, int]:
    from plugins.steps.ingest_parts import read_part

    reads = read_part(installed_store(), plan["token"], files, tell)
    return {"files": len(reads), "problems": sum(len(one.problems) for one in reads.values())}


@task(trigger_rule=AT_ANY_RATE)
@guarded
def import_old_days(plan: Plan) -> dict[str, Any]:
    from plugins.steps.ingest_parts import import_part

    imported = import_part(installed_store(), plan["token"], ACTOR, tell)
    return {"is_postponed": imported.is_postponed, "days": [str(mark.day) for mark in imported.marks]}


@task(trigger_rule=AT_ANY_RATE)
@guarded
def sum_up(plan: Plan, imported: dict[str, Any] | None) -> dict[str, Any]:
    from plugins.steps.ingest_parts import finish_part
    from plugins.steps.old_days import Imported

    is_postponed = imported is None or bool(imported["is_postponed"])
    result = finish_part(installed_store(), plan["token"], Imported(is_postponed=is_postponed))
    for sentence in result.waiting:
        tell(f"next time: {sentence}")
    tell(f"lines: {result.lines.total():,}")
    has_news = bool(result.lines.total() or plan["goes_on"])
    return {"lines": dict(result.lines), "has_news": has_news, "problems": result.problems}


@task(outlets=[HITS])
@guarded
def tell_of_hits(plan: Plan, done: dict[str, Any]) -> None:
    """Set off what follows new lines, also those that an ingest has read which did not come to its end."""
    from plugins.steps.ingest_parts import note_told

    if not done["has_news"]:
        raise AirflowSkipException("the files hold no whole new line")
    note_told(installed_store(), plan["token"])


@task
@guarded
def decide() -> dict[str, Any]:
    from plugins.steps.detecting import detect

    detected = detect(installed_store(), ACTOR, tell)
    if detected.incidents:
        notify(
            "suspected breach", f"{detected.incidents} attacks may have worked; assess them on Lethe's page Incidents"
        )
    return {"new": detected.new, "problems": list(detected.problems)}


@task(trigger_rule="all_done", inlets=[HITS], outlets=[BLOCKLIST])
@guarded
def export_blocklist() -> int:
    """Also where nothing could be decided: the bans that end, end."""
    from plugins.blocklist.breaker import refusal
    from plugins.blocklist.exporting import publish_exports

    store = installed_store()
    active = publish_exports(store)
    tell(f"{active} bans in force")
    if refused := refusal(store):
        notify_once("bans are held back", refused)
    return active


@task
@guarded
def tell_of_bans(decided: dict[str, Any], active: int) -> None:
    """Who hears of failures hears of new bans too: how many, never whom."""
    if decided["new"]:
        notify("new bans", f"{decided['new']} new decisions, {active} bans in force")


@task
@guarded
def find_changed_days() -> list[list[str]]:
    from plugins.steps.rebuilding import changed_days

    days = changed_days(installed_store())
    if not days:
        raise AirflowSkipException("no open day changed")
    return [list(map(str, days[number::COMPUTERS])) for number in range(min(COMPUTERS, len(days)))]


@task(map_index_template="{{ task.op_kwargs['days'] | join(' ') }}")
@guarded
def compute_days(days: list[str]) -> None:
    from plugins.steps.rebuild_parts import compute_part

    compute_part(installed_store(), _dates(days), tell)


@task(trigger_rule=AT_ANY_RATE)
@guarded
def check_tables(chunks: list[list[str]]) -> dict[str, list[str]]:
    from plugins.steps.rebuild_parts import check_part

    checked = check_part(installed_store(), sorted(day for chunk in chunks for day in _dates(chunk)))
    return {"days": list(map(str, checked.days)), "problems": checked.problems}


@task(inlets=[HITS], outlets=[STATISTICS])
@guarded
def publish(checked: dict[str, list[str]]) -> list[str]:
    from plugins.steps.rebuild_parts import publish_part

    return list(map(str, publish_part(installed_store(), _dates(checked["days"]))))


@task(inlets=[HITS, STATISTICS], outlets=[CLOSED_DAYS])
@guarded
def close_overdue() -> dict[str, list[str]]:
    from plugins.steps.closing import close_due

    marks, problems = close_due(installed_store(), ACTOR, tell)
    if not marks and not problems:
        raise AirflowSkipException("no day is due")
    return {"days": [str(mark.day) for mark in marks], "problems": problems}


@task(trigger_rule="all_done")
@guarded
def watch() -> list[str]:
    """Troubles that fail no task: a log shipper that died, a format that changed, a day unlike others."""
    from plugins.steps.telling import new_warnings, take_news
    from plugins.steps.watching import find_troubles

    store = installed_store()
    troubles, warnings = find_troubles(store), new_warnings(store)
    for sentence in take_news(store, [*troubles, *warnings]):
        notify("trouble" if sentence in troubles else "warning", sentence)
    return [*troubles, *warnings]


@task(trigger_rule="none_failed_min_one_success")
def fail_for_problems(done: dict[str, Any] | None) -> None:
    """What went wrong in parts fails the run, after everything else was done."""
    if done is None:
        raise AirflowSkipException("a later run has taken over")
    if done["problems"]:
        raise AirflowFailException("; ".join(done["problems"]))


@task(inlets=[CLOSED_DAYS], outlets=[AIRFLOW_HISTORY])
@guarded
def tidy() -> dict[str, int]:
    from plugins.scheduling.tidying import tidy_airflow

    return tidy_airflow(installed_store().policy.keep.security_window, tell)


def _dates(days: Sequence[str]) -> list[date]:
    return [date.fromisoformat(day) for day in days]
