"""ingest_logs"""

from airflow.sdk import dag

from plugins.scheduling.defaults import TASK_DEFAULTS
from plugins.scheduling.tasks import ingest


@dag(
    schedule="*/5 * * * *",
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["lethe"],
    doc_md=__doc__,
)
def ingest_logs():
    ingest()


ingest_logs()
