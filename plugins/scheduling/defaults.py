"""What all DAGs have in common."""

from datetime import timedelta
from typing import Any, Final

from plugins.scheduling.notifying import notify_failure

TASK_DEFAULTS: Final[dict[str, Any]] = {
    "owner": "operations",
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 3.0,  # 20 seconds, a minute, three: a disk or network that comes back soon
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
