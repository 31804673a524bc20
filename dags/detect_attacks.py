"""detect_attacks"""

from airflow.sdk import dag

from plugins.scheduling.assets import HITS
from plugins.scheduling.defaults import TASK_DEFAULTS
from plugins.scheduling.tasks import decide


@dag(schedule=[HITS], catchup=False, max_active_runs=1, default_args=TASK_DEFAULTS, tags=["lethe"], doc_md=__doc__)
def detect_attacks():
    decide()


detect_attacks()
