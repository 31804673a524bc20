"""close_days"""

from airflow.sdk import dag

from plugins.scheduling.defaults import TASK_DEFAULTS
from plugins.scheduling.tasks import close


@dag(
    schedule="7 * * * *",
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["lethe"],
    doc_md=__doc__,
)
def close_days():
    close()


close_days()
