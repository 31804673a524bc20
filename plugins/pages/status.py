"""The status page: where operations see that a log shipper died, a format changed, or a day does not end."""

from collections.abc import Sequence
from typing import Final

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


@router.get("/status")
def status(request: Request, _: Watcher, store: OpenStore, session: SessionDep) -> Response:
    """Troubles first, then logs, days, checks and runs; counts only, no address."""
    watch = Watch(store)
    reasons, is_whole = watch.reasons()
    logs = watch.logs()
    checks, judged = last_checks(store), odd_days(store)
    return show(
        request,
        "status.html",
        store,
        troubles=[*watch.troubles(), *unpublished(checks)],
        incidents=len(unassessed(store)),
        logs=logs,
        lines_of={log.log: log.lines for log in logs},
        reasons=reasons.most_common(),
        is_whole=is_whole,
        days=watch.days,
        checks=results(checks),
        checked_days=len(checks),
        warnings=warnings(checks, judged),
        dags=last_runs(session),
        now=store.clock(),
    )


def last_runs(session: Session) -> list[tuple[DagModel, Sequence[DagRun]]]:
    """Our DAGs, each with its last runs, newest first, by Airflow's own database."""
    ours = select(DagModel).join(DagTag, DagTag.dag_id == DagModel.dag_id)
    dags = session.scalars(ours.where(DagTag.name == TAG, ~DagModel.is_stale).order_by(DagModel.dag_id)).all()
    newest = select(DagRun).order_by(DagRun.run_after.desc()).limit(LAST)
    return [(dag, session.scalars(newest.where(DagRun.dag_id == dag.dag_id)).all()) for dag in dags]
