"""### The store is gone → all that may come back, comes back

By hand, with a **reason**, which is written into the audit trail: a few plain words, no names and no addresses.

The newest backup is brought back without what has ended since: closed days stay closed, the erased stay erased, and
what `[keep]` says is over stays away. Until all of it is verified nobody can open the store, then it is there at once.
Afterwards the log files that are still there are read on from where the backup ends.

It refuses where a store still holds data, unless **replace** is set: then these data are removed for good. It
refuses as well where no backup is whole, unless **accept_damage** is set: then it brings back what is left. A run that
is killed leaves a store that nothing opens; run it again.
"""

from airflow.sdk import Param, chain, dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.forgetting import bring_back, fill_gap

PARAMS = {
    "reason": Param(type="string", pattern=r"^[^\W\d_][^\d@/\\:]{2,199}$", description="Why, in words without figures"),
    "replace": Param(default=False, type="boolean", description="Remove what the store still holds"),
    "accept_damage": Param(default=False, type="boolean", description="Bring back what is left of a damaged backup"),
}


@dag(schedule=None, tags=["lethe", "backups"], doc_md=__doc__, params=PARAMS, **DAG_DEFAULTS)
def restore_backup() -> None:
    chain(bring_back(), fill_gap())


restore_backup()
