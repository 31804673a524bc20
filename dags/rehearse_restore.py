"""### A backup that was never restored is a hope

Monthly: the newest backup is restored into a scratch place, every byte of it verified, a day of the window opened
with its key, and all of it removed again. How long that took stands on the page *Forgetting*. Anything damaged is told
and written anew by the next backup.
"""

from airflow.sdk import dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.forgetting import rehearse


@dag(schedule="40 3 2 * *", tags=["lethe", "backups"], doc_md=__doc__, **DAG_DEFAULTS)
def rehearse_restore() -> None:
    rehearse()


rehearse_restore()
