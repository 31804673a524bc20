"""### Open days → published tables

Hourly: the open days to which something was added are computed again, each as if it were new; one task checks all
tables with Great Expectations; what passed is published, as `provisional` until the day closes. A day that fails its
check keeps its old tables and fails the run; all others are published.

Clearing or repeating it changes nothing. What waits between the tasks are aggregates.
"""

from airflow.sdk import chain, dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.tasks import check_tables, compute_days, fail_for_problems, find_changed_days, publish


@dag(schedule="@hourly", tags=["lethe", "statistics"], doc_md=__doc__, **DAG_DEFAULTS)
def compute_statistics() -> None:
    days = find_changed_days()
    computed = compute_days.expand(days=days)
    checked = check_tables(days)
    chain(computed, checked)
    chain([publish(checked), computed], fail_for_problems(checked))


compute_statistics()
