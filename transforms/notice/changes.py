"""Two policies → what changes, from when on it counts, and which sentences of the notice are others."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from schemas.durations import Duration
from schemas.notice import Language
from schemas.policy_model import Policy
from transforms.notice.document import KINDS, LANGUAGES, Kind, write_document
from transforms.notice.rendering import mark_of

SHORTER: Final = "shorter: it counts at once, for everything that is there"
LONGER: Final = "longer: it counts only for days that begin from now on; nothing comes back"
CALENDAR: Final = "shorter or longer by the calendar: for days that are there, what ends first counts"
COMPUTED: Final = "open days are computed anew; closed days stay as they were published"
TOLD: Final = "only the notice changes"
EFFECTS: Final = {  # the longest beginning of a key that fits
    "site.timezone": "refused while the window holds data, since its days would change their hours",
    "site.secret_query_keys": "it counts for lines that are read from now on",
    "site": COMPUTED,
    "truncation": COMPUTED,
    "statistics": COMPUTED,
    "goals": COMPUTED,
    "blocklist.allowlist": "it counts at once, also for bans in force",
    "blocklist.simulate": "it counts for decisions from now on",
    "blocklist.off": "it counts for decisions from now on",
    "blocklist.most_people": "it counts at the next publication",
    "blocklist": "it counts for bans from now on",
    "places": "nothing is moved; move what lies there first",
    "places.country_data": COMPUTED,
    "places.network_data": "it counts for alerts from now on",
    "places.scenarios": "it counts for lines that are read from now on",
    "search_engines": "it counts at once, also for bans in force",
    "logs": "it counts from the next ingest on",
    **dict.fromkeys(("controller", "other_systems", "recipients", "attestations"), TOLD),
}


class Change(NamedTuple):
    """A key with its old and new value, as in the policy; what is not there is an empty text."""

    key: str
    old: str
    new: str
    effect: str

    @property
    def sentence(self) -> str:
        return f"{self.key}: {self.old or 'not there'} → {self.new or 'not there'}; {self.effect}"


def changed_keys(old: Policy, new: Policy) -> list[Change]:
    """In the order of the policy."""
    before, after = _flat(old), _flat(new)
    return [
        Change(key, before.get(key, ""), after.get(key, ""), _effect(key, old, new))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    ]


def changed_sentences(old: Policy, new: Policy, today: date) -> dict[str, list[str]]:
    """By language, lines of notice and record that begin with `- ` (goes) or `+ ` (comes), each said once."""
    found = {
        language: list(dict.fromkeys(line for kind in KINDS for line in _diff(old, new, kind, language, today)))
        for language in LANGUAGES
    }
    return {language: lines for language, lines in found.items() if lines}


def _diff(old: Policy, new: Policy, kind: Kind, language: Language, today: date) -> Iterator[str]:
    """What takes the place of a sentence stands right after it."""
    before, after = (_said(policy, kind, language, today) for policy in (old, new))
    for _, begin, end, begin_new, end_new in SequenceMatcher(None, before, after).get_opcodes():
        for gone, come in zip_longest(before[begin:end], after[begin_new:end_new]):
            if gone != come:
                yield from filter(None, (gone and f"- {gone}", come and f"+ {come}"))


def _said(policy: Policy, kind: Kind, language: Language, today: date) -> list[str]:
    document = write_document(policy, kind, language, today)
    return [f"{one.text} {mark_of(one, language)}" for one in document.sentences]


def _effect(key: str, old: Policy, new: Policy) -> str:
    section, _, name = key.partition(".")
    if section == "keep":
        before, after = (Duration.of(getattr(policy.keep, name)) for policy in (old, new))
        return LONGER if after.at_least(before) else SHORTER if before.at_least(after) else CALENDAR
    fitting = [begin for begin in EFFECTS if key == begin or key.startswith(f"{begin}.")]
    return EFFECTS[max(fitting, key=len)]


def _flat(policy: Policy) -> dict[str, str]:
    return dict(_items("", policy.model_dump(mode="json")))


def _items(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Entries of a list of sections go by their name or id, so that their order means nothing."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        names = [str(entry.get("id") or entry["name"]) for entry in value]
        is_named = len(set(names)) == len(names)
        value = {names[at] if is_named else str(at + 1): entry for at, entry in enumerate(value)}
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _items(f"{key}.{name}".lstrip("."), one)
    elif value != []:
        yield key, json.dumps(value, ensure_ascii=False)
