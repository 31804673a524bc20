"""### The store → a backup

Daily, after the hour in which days close: what is not yet backed up is copied and read back, and the manifest that
names it all is written last. Objects of the window go as they are, encrypted; their keys, and the exported
blocklist, never. A run that is killed leaves no backup, and nothing that the next one does not use or sweep.

How long a backup lives is `[keep] backups`; `purge_backups` ends it.
"""

from airflow.sdk import dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.forgetting import copy_store


@dag(schedule="50 22 * * *", tags=["lethe", "backups"], doc_md=__doc__, **DAG_DEFAULTS)
def back_up() -> None:
    copy_store()


back_up()
