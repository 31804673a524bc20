"""compute_statistics"""

from airflow.sdk import dag

from plugins.scheduling.defaults import TASK_DEFAULTS
from plugins.scheduling.tasks import rebuild


@dag(
    schedule="@hourly",
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["lethe"],
    doc_md=__doc__,
)
def compute_statistics():
    rebuild()


compute_statistics()
