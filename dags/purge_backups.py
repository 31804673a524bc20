"""### Backups past their time → gone, and shown to be

Daily: manifests older than `[keep] backups`, and whatever no other manifest names, are removed: every version of
every object, every delete marker, every unfinished upload. Then the place is listed again; the run fails if anything
is left that should not be.

If no backup was made for so long that the last one is past its time too, it keeps its statistics and loses all that
is of persons.
"""

from airflow.sdk import dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.forgetting import remove_old_backups


@dag(schedule="20 23 * * *", tags=["lethe", "backups"], doc_md=__doc__, **DAG_DEFAULTS)
def purge_backups() -> None:
    remove_old_backups()


purge_backups()
