"""Where values that are allowed one by one do not agree with each other."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Final, NamedTuple

from schemas.durations import Duration
from schemas.notice import CHECKS, SUBJECTS
from schemas.policy_model import Policy

_WINDOW = "keep.security_window"
_ROTATION = timedelta(days=30)  # how long rotated files are taken to stay on disk after their window
_PURGE = timedelta(days=1)  # purges run once a day
EXAMPLES: Final = {
    "name": '"Example Municipality"',
    "address": '"Storgata 1, 0001 Oslo"',
    "contact": '"privacy@example.org"',
}


class Contradiction(NamedTuple):
    """A sentence that begins with the key to change, and all keys that it is about."""

    sentence: str
    keys: set[str]


def contradictions(policy: Policy) -> Iterator[Contradiction]:
    """What no two keys may say together."""
    yield from _what_ends_too_early(policy)
    yield from _bans_without_evidence(policy)
    yield from _places_within_places(policy)
    yield from _doubled_names(policy)
    yield from _unclear_attestations(policy)


def lacking(policy: Policy, today: date) -> list[str]:
    """What has to be written before there can be a notice, a sentence each: it names who answers for what."""
    wanted = [key for key in ("name", "address", "contact") if not getattr(policy.controller, key)]
    lacks = [f"[controller] {key} is missing; write whose notice this is, such as {EXAMPLES[key]}" for key in wanted]
    held = {subject for one in policy.attestations if one.holds(today) for subject in one.covers}
    if open_subjects := [subject for subject in SUBJECTS if subject not in held]:
        lacks.append(
            f"nobody answers for {', '.join(open_subjects)}; add [[attestations]] with id, by, on and covers ="
            f" {json.dumps(open_subjects)}"
        )
    return lacks


def nothing_left_after(policy: Policy) -> timedelta:
    """How long after a day began the last copy of its addresses is gone, backups included."""
    return policy.keep.security_window + policy.keep.backups + _PURGE


def _what_ends_too_early(policy: Policy) -> Iterator[Contradiction]:
    window = policy.keep.security_window
    for key, least, why in (
        ("visit_log", window, _WINDOW),
        ("statistics", window, _WINDOW),
        ("receipts", window + _ROTATION, f"{_WINDOW} and 30 days for rotated files still on disk"),
        ("audit", nothing_left_after(policy), f"{_WINDOW}, keep.backups and a day, to outlive what it proves"),
    ):
        lasts: Duration = getattr(policy.keep, key)
        if not lasts.at_least(Duration(exact=least)):
            allowed = f"no less than {Duration(exact=least).words} ({why})"
            others = {other for other in (_WINDOW, "keep.backups") if other in why}
            yield Contradiction(f'keep.{key} is "{lasts}"; allowed is {allowed}', {f"keep.{key}", *others})


def _bans_without_evidence(policy: Policy) -> Iterator[Contradiction]:
    ban, window = Duration(exact=policy.blocklist.ban), Duration(exact=policy.keep.security_window)
    if not window.at_least(ban):
        allowed = f"at most {window.words} ({_WINDOW}), since a ban ends with its evidence"
        yield Contradiction(f'blocklist.ban is "{ban}"; allowed is {allowed}', {"blocklist.ban", _WINDOW})


def _places_within_places(policy: Policy) -> Iterator[Contradiction]:
    places = {key: getattr(policy.places, key) for key in ("store", "keys", "key_mirror", "backups")}
    path = {key: PurePosixPath(normpath(place)) for key, place in places.items()}
    for one, other in combinations(places, 2):
        if path[one].is_relative_to(path[other]) or path[other].is_relative_to(path[one]):
            allowed = f'a place apart from places.{one}, which is "{places[one]}"'
            sentence = f'places.{other} is "{places[other]}"; allowed is {allowed}'
            yield Contradiction(sentence, {f"places.{one}", f"places.{other}"})


def _doubled_names(policy: Policy) -> Iterator[Contradiction]:
    patterns = [pattern for log in policy.logs for pattern in log.access + log.error]
    covered = [subject for one in policy.attestations for subject in one.covers]
    for what, values, allowed, *keys in (
        ("logs has the name", [log.name for log in policy.logs], "once", "logs.name"),
        ("logs has the path", patterns, "once, so that no line counts twice", "logs.access", "logs.error"),
        ("goals has the name", [goal.name for goal in policy.goals], "once; path takes a list of paths", "goals.name"),
        ("attestations.covers has", covered, "once, so that one person answers", "attestations.covers"),
    ):
        for value, times in Counter(values).items():
            if times > 1:
                yield Contradiction(f'{what} "{value}" {times} times; allowed is {allowed}', set(keys))


def _unclear_attestations(policy: Policy) -> Iterator[Contradiction]:
    for name, times in Counter(one.id for one in policy.attestations).items():
        if times > 1 or name in CHECKS:
            allowed = f"another one{'' if times > 1 else ', since that is a check'}"
            yield Contradiction(f'attestations has the id "{name}"; allowed is {allowed}', {"attestations.id"})
    for one in policy.attestations:
        if bool(one.sentence_nb) != bool(one.sentence_en) or not (one.covers or one.sentence_nb):
            allowed = "covers, or a sentence in both languages"
            yield Contradiction(f"attestations.{one.id} says too little; allowed is {allowed}", {"attestations"})
        if one.until and one.until < one.on:
            yield Contradiction(
                f"attestations.{one.id}.until is {one.until}; allowed is a day after {one.on}", {"attestations"}
            )
