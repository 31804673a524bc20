"""tidy_airflow"""

from airflow.sdk import dag

from plugins.scheduling.defaults import TASK_DEFAULTS
from plugins.scheduling.tasks import tidy


@dag(
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["lethe"],
    doc_md=__doc__,
)
def tidy_airflow():
    tidy()


tidy_airflow()
