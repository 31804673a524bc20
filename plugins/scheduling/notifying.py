"""Who hears of a failure: the log, and whoever the connections `lethe_smtp` and `lethe_webhook` name."""

import logging
from typing import Any

log = logging.getLogger(__name__)


def tell_failure(context: dict[str, Any]) -> None:
    """A task failed for good."""
    task = context["ti"]
    log.error("%s.%s failed", task.dag_id, task.task_id)
