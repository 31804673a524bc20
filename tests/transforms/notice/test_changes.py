"""What another policy changes: each key once, with the rule of when it counts, and the sentences of the notice."""

from typing import Any

import pytest
from hypothesis import given, settings

from schemas.policy_model import Policy
from tests.transforms.notice.policies import POLICIES, TODAY, WHOLE, policy
from transforms.notice.changes import CALENDAR, COMPUTED, EFFECTS, LONGER, SHORTER, changed_keys, changed_sentences


def keep(**durations: str) -> Policy:
    return policy(keep=durations)


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("P90D", "P60D", SHORTER),
        ("P90D", "P91D", LONGER),
        ("P90D", "P1Y", LONGER),
        ("P90D", "P3M", CALENDAR),
        ("P12M", "P365D", SHORTER),
        ("P12M", "P366D", LONGER),
        ("P12M", "P364D", SHORTER),
    ],
)
def test_shorter_counts_at_once_and_longer_for_what_is_to_come(old: str, new: str, effect: str) -> None:
    (change,) = changed_keys(keep(visit_log=old), keep(visit_log=new))
    assert (change.key, change.effect) == ("keep.visit_log", effect)
    assert change.sentence.startswith('keep.visit_log: "P')


def test_every_key_of_a_policy_has_its_rule() -> None:
    for section in Policy.model_fields:
        assert section == "keep" or any(key.split(".")[0] == section for key in EFFECTS)


@given(POLICIES, POLICIES)
@settings(deadline=None, max_examples=30)
def test_a_difference_is_told_and_none_where_there_is_none(old: Policy, new: Policy) -> None:
    assert changed_keys(old, old) == []
    assert changed_sentences(old, old, TODAY) == {}
    assert bool(changed_keys(old, new)) == (old != new)


def test_entries_of_lists_go_by_their_names_not_by_their_order() -> None:
    shop: dict[str, Any] = {"name": "shop", "access": ["shop.log"]}
    www: dict[str, Any] = {"name": "www", "access": ["www.log"]}
    assert changed_keys(policy(logs=[shop, www]), policy(logs=[www, shop])) == []
    gone = changed_keys(policy(logs=[shop, www]), policy(logs=[www]))
    assert {change.key.split(".")[1] for change in gone} == {"shop"}
    assert all("→ not there; it counts from the next ingest on" in change.sentence for change in gone)


def test_the_zone_is_refused_and_the_prefix_is_for_open_days() -> None:
    changes = changed_keys(policy(), policy(site={"timezone": "UTC"}, truncation={"ipv4_prefix": 16}))
    effects = {change.key: change.effect for change in changes}
    assert "refused while the window holds data" in effects["site.timezone"]
    assert effects["truncation.ipv4_prefix"] == COMPUTED


def test_a_changed_sentence_stands_below_the_one_whose_place_it_takes() -> None:
    found = changed_sentences(keep(), keep(visit_log="P60D"), TODAY)
    assert found["en"] == [
        "- The visit log with truncated addresses is pseudonymised and is kept for 90 days. ✓ check: keep",
        "+ The visit log with truncated addresses is pseudonymised and is kept for 60 days. ✓ check: keep",
    ]
    assert [line[:2] for line in found["nb"]] == ["- ", "+ "]


def test_a_person_who_answers_no_more_takes_the_sentences_along() -> None:
    found = changed_sentences(policy(), policy(attestations=WHOLE["attestations"][1:]), TODAY)
    assert all(line.startswith("- ") for line in found["en"])
    assert any("Datatilsynet" in line for line in found["en"])


def test_policies_without_a_controller_are_compared_by_what_checks_prove() -> None:
    found = changed_sentences(Policy(), Policy.model_validate({"keep": {"audit": "P6M"}}), TODAY)
    assert len(found["en"]) == 2
