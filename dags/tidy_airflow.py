"""### Airflow's own memory ends with the window

Daily: runs, task states, XComs and logs of Airflow that are older than the security window are removed. They hold no
address and no line of a log, and this makes sure of it for what a future version might write.
"""

from airflow.sdk import dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.tasks import tidy


@dag(schedule="@daily", tags=["lethe", "airflow"], doc_md=__doc__, **DAG_DEFAULTS)
def tidy_airflow() -> None:
    tidy()


tidy_airflow()
