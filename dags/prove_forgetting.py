"""### Canaries, a hunt for them, and a report for the data-protection officer

Weekly: made-up addresses are read like any others. While their day is open the scanner must find them, with the key
and in a planted file of every kind it reads, else the report is void: nothing found would prove nothing. Once their
day is closed, and again once the backups must have forgotten it, they are hunted in the store, the backups with all
their versions, the exports, Airflow's database and logs, and temporary folders.

The report also says how old the oldest line in each original log file is. It is on the page *Forgetting*.
"""

from airflow.sdk import dag

from plugins.scheduling.defaults import DAG_DEFAULTS
from plugins.scheduling.forgetting import hunt_canaries


@dag(schedule="10 4 * * 1", tags=["lethe", "backups", "airflow"], doc_md=__doc__, **DAG_DEFAULTS)
def prove_forgetting() -> None:
    hunt_canaries()


prove_forgetting()
