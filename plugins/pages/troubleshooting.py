"""The logs for whoever looks for a fault: error entries beside their hits. What is looked for is in no URL."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Response

from plugins.pages.purpose import ASKS_FIRST, Question, Troubleshooter
from plugins.store.store import Store
from plugins.troubleshooting.finding import SHOWN, find_lines, newest_hour
from plugins.troubleshooting.wanted import LEVELS, Wanted, local_text, read_wanted, typed_in
from schemas.refusals import RefusedError

QUESTION: Final = Question(
    "Troubleshooting",
    "The lines of the logs tie addresses to what they did. Say what you need them for: your role, the purpose and the "
    "hour go into the audit trail; nothing that you look for does.",
    usual="troubleshoot",
)
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")

router = APIRouter()


@router.api_route("/troubleshooting", methods=ASKS_FIRST)
def read(call: Troubleshooter) -> Response:
    """The time line; at first that of the last hour of data."""
    QUESTION.require(call, "troubleshooting", "read logs")
    store, typed, trouble, found = call.store, typed_in(call.fields), "", None
    days = sorted(store.readable_days())
    try:
        wanted = read_wanted(typed, newest_hour(store), store.calendar.zone)
        typed |= _times(wanted, store)
        found = find_lines(store, wanted) if days else None
    except RefusedError as refusal:
        trouble = str(refusal)
    return call.show(
        "troubleshooting.html",
        400 if trouble else 200,
        typed=typed,
        found=found,
        days=days,
        error=trouble,
        most=SHOWN,
        logs=[log.name for log in store.policy.logs],
        levels=LEVELS,
        methods=METHODS,
        older=local_text(found.entries[0].at, store.calendar.zone) if found and found.entries else "",
    )


def _times(wanted: Wanted, store: Store) -> Mapping[str, str]:
    """What was looked through, as the fields have it: the last second is part of it."""
    zone = store.calendar.zone
    return {
        "from": local_text(wanted.begin, zone),
        "until": local_text(wanted.end - timedelta(seconds=1), zone),
    }
