"""What a person concludes of an incident: in the audit trail first, for good, and without an address."""

from typing import Final

from plugins.incidents.notices import drop_notice, get_notice, is_over, put_notice
from plugins.store.audit_facts import LONGEST
from plugins.store.store import Store
from schemas.incidents import Conclusion, Notice
from schemas.refusals import RefusedError

CONCLUSIONS: Final[dict[str, Conclusion]] = {"breach": "breach", "no-breach": "no breach"}  # in forms → in the trail
GONE: Final = "there is no such incident any more; it was assessed and ended with its day"
UNFIT: Final = "the reason may hold no address, no URL and no signs but . , : ; ( ) + -; say in short plain words why"


def assess(
    store: Store, incident: str, conclusion: str, reason: str, role: str, patience: float | None = None
) -> Notice:
    """Say whether it was a breach of personal data, and why; once.

    RefusedError never repeats the reason. BusyError if the incident's day is at work for longer than `patience`.
    """
    if conclusion not in CONCLUSIONS:
        raise RefusedError("say whether it was a breach of personal data or not")
    reason = " ".join(reason.split())
    if not reason:
        raise RefusedError("a reason is required; say in a sentence why")
    if len(reason) > LONGEST:
        raise RefusedError(f"the reason is longer than {LONGEST} characters; make it shorter")
    with store.writing(_unassessed(store, incident).day, patience=patience):
        before = _unassessed(store, incident)
        update = {"assessed_at": store.clock(), "assessed_by": role, "conclusion": CONCLUSIONS[conclusion]}
        after = before.model_copy(update=update)
        _record(store, before, role, conclusion=CONCLUSIONS[conclusion], reason=reason)
        if is_over(store, before.day):
            drop_notice(store, before)
        else:
            put_notice(store, after)
    return after


def _unassessed(store: Store, incident: str) -> Notice:
    notice = get_notice(store, incident)
    if notice is None:
        raise RefusedError(GONE)
    if notice.assessed_at is not None:
        raise RefusedError("this incident is assessed already; if that was wrong, say so to whoever keeps the record")
    return notice


def _record(store: Store, notice: Notice, role: str, **said: str) -> None:
    about = {"incident": notice.incident, "scenario": notice.scenario}
    try:
        store.audit.append(store.clock(), role, "assess incident", **about, **said)
    except RefusedError as error:
        if "'reason'" in str(error):
            raise RefusedError(UNFIT) from None
        raise
