"""What all DAGs have in common."""

from datetime import timedelta
from typing import Any, Final

from plugins.scheduling.notifying import notify_failure

TASK_DEFAULTS: Final[dict[str, Any]] = {
    "owner": "operations",
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 3.0,  # 20 seconds, a minute, three, or up to twice that, as Airflow spreads them
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": notify_failure,
}
DAG_DEFAULTS: Final[dict[str, Any]] = {
    "catchup": False,  # each run does all there is to do
    "max_active_runs": 1,
    "dagrun_timeout": timedelta(hours=6),
    "default_args": TASK_DEFAULTS,
}
# What runs every few minutes anyway: while a run waits, the next one does too, and with it all new bans.
FREQUENT_DEFAULTS: Final[dict[str, Any]] = DAG_DEFAULTS | {
    "default_args": TASK_DEFAULTS | {"max_retry_delay": timedelta(seconds=40)}
}
