"""What every DAG has in common."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from plugins.scheduling.notifying import tell_failure

TASK_DEFAULTS: Final[dict[str, Any]] = {
    "owner": "operations",
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": tell_failure,
}


def policy_file() -> Path:
    """The policy that LETHE_POLICY names; without it the one beside the DAGs."""
    named = os.environ.get("LETHE_POLICY")
    return Path(named) if named else Path(__file__).parents[2] / "policy.toml"
