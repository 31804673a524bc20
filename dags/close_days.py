"""### The end of days: last tables, then the key is shredded

Hourly: a day that falls due before the next runs gets its final tables and its part of the visit log, and its key is
removed on both sides; from then on nobody can read its addresses. Exports of the blocklist that have expired are
renewed or removed whatever else fails, and what the policy's `[keep]` says is over is removed.

A day is closed for ever; clearing or repeating the run closes nothing twice. If this DAG is **paused for long**, days
past their deadline are not opened again: their keys are shredded at once and their last tables become final.
"""

from airflow.sdk import chain, dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.tasks import close_overdue, fail_for_problems, watch


@dag(schedule="7 * * * *", tags=["lethe", "window", "statistics"], doc_md=__doc__, **DAG_DEFAULTS)
def close_days() -> None:
    closed = close_overdue()
    chain(closed, watch())
    fail_for_problems(closed)


close_days()
