"""The status page: where operations see that a log shipper died, a format changed, or a day does not end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagrun import DagRun
from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.incidents.notices import unassessed
from plugins.pages.gate import OpenStore, Watcher
from plugins.pages.showing import show
from plugins.steps.checked import last_checks
from plugins.steps.judging import odd_days
from plugins.steps.results import results, unpublished, warnings
from plugins.steps.watching import Watch

TAG: Final = "lethe"
LAST: Final = 5  # runs of each DAG

router = APIRouter()


@dataclass(frozen=True)
class Run:
    """A run of a DAG: `state` is Airflow's word, `lasted` is None while it is at work."""

    state: str
    began: datetime | None
    lasted: timedelta | None


@dataclass(frozen=True)
class Runs:
    """A DAG and its last runs, newest first."""

    dag: str
    is_paused: bool
    last: list[Run]


@router.get("/status")
def status(request: Request, _: Watcher, store: OpenStore, session: SessionDep) -> Response:
    """Troubles first, then logs, days, checks and runs; counts only, no address."""
    watch = Watch(store)
    reasons, is_whole = watch.reasons()
    logs = watch.logs()
    checks, judged = last_checks(store), odd_days(store)
    facts: dict[str, Any] = {
        "troubles": [*watch.troubles(), *unpublished(checks)],
        "incidents": len(unassessed(store)),
        "logs": logs,
        "lines_of": {log.log: log.lines for log in logs},
        "reasons": reasons.most_common(),
        "is_whole": is_whole,
        "days": watch.days,
        "checks": results(checks),
        "checked_days": len(checks),
        "warnings": warnings(checks, judged),
        "dags": last_runs(session),
        "now": store.clock(),
    }
    return show(request, "status.html", store, **facts)


def last_runs(session: Session) -> list[Runs]:
    """The last runs of each of our DAGs, by Airflow's own database."""
    ours = select(DagModel.dag_id, DagModel.is_paused).join(DagTag, DagTag.dag_id == DagModel.dag_id)
    dags = session.execute(ours.where(DagTag.name == TAG, ~DagModel.is_stale).order_by(DagModel.dag_id)).all()
    return [Runs(dag, bool(is_paused), [_run(run) for run in _last(session, dag)]) for dag, is_paused in dags]


def _last(session: Session, dag: str) -> Sequence[DagRun]:
    newest = select(DagRun).where(DagRun.dag_id == dag).order_by(DagRun.run_after.desc()).limit(LAST)
    return session.scalars(newest).all()


def _run(run: DagRun) -> Run:
    lasted = run.end_date - run.start_date if run.end_date and run.start_date else None
    return Run(str(run.state), run.start_date, lasted)
