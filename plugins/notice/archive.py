"""Notices as they were: each new text is kept under the instant from which it held."""

from plugins.steps.expiring import NOTICES
from plugins.store.reports import INSTANT
from plugins.store.store import Store
from transforms.notice.document import LANGUAGES, write_document
from transforms.notice.ready import missing_for_notice
from transforms.notice.rendering import as_markdown


def archive_notice(store: Store) -> list[str]:
    """Keep the notice in each language where it is another than the last one kept; returns the names of new ones.

    Nothing while the policy does not say enough for a notice. Asked again, it changes nothing.
    """
    now = store.clock()
    today = now.astimezone(store.calendar.zone).date()
    if missing_for_notice(store.policy, today):
        return []
    place, kept = store.place("reports"), []
    for language in LANGUAGES:
        text = as_markdown(write_document(store.policy, "notice", language, today)).encode()
        last = last_notice(store, language)
        if last is None or place.get(last) != text:
            kept.append(f"{NOTICES}/{now.strftime(INSTANT)}.{language}.md")
            place.put(kept[-1], text)
    return kept


def last_notice(store: Store, language: str) -> str | None:
    """The name of the newest archived notice in a language."""
    names = store.place("reports").names(f"{NOTICES}/")
    return max((name for name in names if name.endswith(f".{language}.md")), default=None)
