"""Who hears of a failure: the task's log, and whoever the connections `lethe_smtp` and `lethe_webhook` name.

Messages hold names of DAGs and tasks, sentences of Lethe's own and counts; never a visitor's address, line or URL.
"""

import json
import logging
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from plugins.scheduling.boundary import OutOfReachError

SMTP: Final = "lethe_smtp"
WEBHOOK: Final = "lethe_webhook"
TIMEOUT: Final = 10.0  # seconds
OURS: Final = (AirflowFailException, OutOfReachError)  # their sentences are written by Lethe

log = logging.getLogger(__name__)


def notify_failure(context: Mapping[str, Any]) -> None:
    """A task failed for good; of exceptions that are not Lethe's only the kind is told.

    The same failure is told once a day: a file that cannot be read fails every ingest.
    """
    task, error = context["ti"], context.get("exception")
    what = str(error) if isinstance(error, OURS) else type(error).__name__
    subject = f"{task.dag_id}.{task.task_id} failed"
    try:
        notify_once(subject, what)
    except Exception:  # noqa: BLE001 - whatever is wrong with the store may be what failed
        notify(subject, what)


def notify_once(subject: str, what: str) -> None:
    """Tell it, if it was not told today."""
    from plugins.policy_file import installed_policy  # noqa: PLC0415 - every DAG file imports this module
    from plugins.steps.telling import is_news, note_told  # noqa: PLC0415
    from plugins.store.store import open_store  # noqa: PLC0415

    store = open_store(installed_policy())
    if is_news(store, f"{subject}: {what}") and notify(subject, what):
        note_told(store, f"{subject}: {what}")


def notify(subject: str, sentence: str) -> bool:
    """Tell everybody who wants to know; whoever cannot be reached is noted in the log, and fails nothing.

    Returns whether all were reached.
    """
    log.warning("%s: %s", subject, sentence)
    is_delivered = True
    for name, send in ((SMTP, _mail), (WEBHOOK, _post)):
        try:
            send(Connection.get(name), f"Lethe: {subject}", sentence)
        except AirflowNotFoundException:
            continue
        except Exception as error:  # noqa: BLE001 - whatever a mail server or a library comes up with
            is_delivered = False
            log.warning("connection %s: the message was not delivered (%s)", name, type(error).__name__)
    return is_delivered


def _mail(connection: Connection, subject: str, sentence: str) -> None:
    """The connection's extra holds `from_email` and `to`."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 - every DAG file imports this module

    with SmtpHook(SMTP) as smtp:
        smtp.send_email_smtp(to=connection.extra_dejson["to"], subject=subject, html_content=_escape(sentence))


def _post(connection: Connection, subject: str, sentence: str) -> None:
    """JSON `{"text": …}`, as chat systems take it; the connection's host is the whole address, its password a token."""
    headers = {"Content-Type": "application/json"}
    if connection.password:
        headers["Authorization"] = f"Bearer {connection.password}"
    body = json.dumps({"text": f"{subject}: {sentence}"}).encode()
    request = urllib.request.Request(_address(connection), body, headers, method="POST")  # noqa: S310 - set by an admin
    with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310
        pass


def _address(connection: Connection) -> str:
    host = connection.host or ""
    return host if "://" in host else f"https://{host}"


def _escape(sentence: str) -> str:
    return sentence.replace("&", "&amp;").replace("<", "&lt;")
