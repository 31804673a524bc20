"""A person says what came of an incident, in time; that nobody did is not forgotten with the day."""

from datetime import timedelta
from pathlib import Path

import pytest

from plugins.incidents.assessing import assess
from plugins.incidents.notices import all_notices, tell_until, waiting
from plugins.steps.closing import close_day
from plugins.steps.examining import examine
from plugins.steps.expiring import expire
from plugins.steps.watching import find_troubles
from schemas.refusals import RefusedError
from tests.plugins.incidents.incidents import DAY, NOON, SCENARIO, alert, attacked, kept, notice
from tests.plugins.pages.test_blocklist import entries
from tests.stores import Site, silent


def told(site: Site) -> list[str]:
    return list(waiting(site.open()))


def test_the_conclusion_and_its_reason_are_in_the_trail_without_an_address(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    (one,) = kept(site)
    after = assess(site.open(), one.incident, "breach", "the dump holds  names of customers", "security")
    assert (after.conclusion, after.assessed_at, after.assessed_by) == ("breach", NOON, "security")
    assert entries(site, "assess incident") == [
        {"actor": "security", "incident": one.incident, "scenario": SCENARIO, "conclusion": "breach"}
        | {"reason": "the dump holds names of customers"}
    ]
    assert told(site) == []
    with pytest.raises(RefusedError, match="assessed already"):
        assess(site.open(), one.incident, "no-breach", "on second thought", "security")


@pytest.mark.parametrize(
    ("conclusion", "reason", "refused"),
    [
        ("perhaps", "why", "say whether"),
        ("breach", "  ", "a reason is required"),
        ("breach", "x" * 201, "longer than 200"),
        ("breach", "203.0.113.66 read it", "may hold no address"),
        ("no-breach", "see https://example.org/x", "may hold no address"),
    ],
)
def test_a_conclusion_is_refused_in_a_sentence_that_repeats_nothing(
    conclusion: str, reason: str, refused: str, tmp_path: Path
) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    with pytest.raises(RefusedError, match=refused) as error:
        assess(site.open(), kept(site)[0].incident, conclusion, reason, "security")
    assert "203.0.113" not in str(error.value)
    assert entries(site, "assess incident") == []
    assert all_notices(site.open())[0].assessed_at is None


def test_a_site_without_incidents_hears_nothing_of_them(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    assert told(site) == []
    assert not [one for one in examine(site.open()) if one.subject == "incidents"]


def test_until_it_is_assessed_operations_are_told_until_when(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert(), alert(1, target="203.0.113.67"))
    assert tell_until(all_notices(site.open())[0]) == NOON + timedelta(hours=72)
    (sentence,) = told(site)
    assert sentence.startswith("2 incidents: an attack may have worked; assess them")
    assert "by 2026-11-23 12:00 Europe/Oslo (GDPR Art. 33)" in sentence
    assert sentence in find_troubles(site.open())
    assert [one.sentence for one in examine(site.open()) if one.subject == "incidents"] == [sentence]


def test_a_day_before_its_hits_end_they_are_reminded(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    deadline = site.open().calendar.deadline(DAY)
    site.now = deadline - timedelta(hours=25)
    assert len(told(site)) == 1
    site.now = deadline - timedelta(hours=23)
    assert f"1 incident of {DAY} not assessed yet" in told(site)[1]


def test_one_that_ends_unassessed_is_counted_and_can_still_be_concluded(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert(), alert(1, target="203.0.113.67"))
    done, left = kept(site)
    assess(site.open(), done.incident, "no-breach", "the page is public", "op")
    close_day(site.open(), DAY, "operations", silent)
    assert kept(site) == []
    assert entries(site, "incidents closed unassessed") == [
        {"actor": "operations", "day": str(DAY), "unassessed": 1, "incidents": [left.incident]}
    ]
    assert told(site) == [
        "1 incident ended with the day unassessed; say what came of it, on the page Incidents of Lethe "
        "(/lethe/incidents)"
    ]
    assess(site.open(), left.incident, "no-breach", "the originals show that it was a test of ours", "op")
    assert told(site) == []
    assert all_notices(site.open()) == []
    with pytest.raises(RefusedError, match="no such incident"):
        assess(site.open(), left.incident, "breach", "again", "op")


def test_a_day_that_is_given_up_without_its_key_counts_them_too(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    site.now += timedelta(days=9)
    close_day(site.open(), DAY, "operations", silent)
    assert [one["unassessed"] for one in entries(site, "incidents closed unassessed")] == [1]


def test_what_nobody_ever_assessed_ends_with_the_audit_trail(tmp_path: Path) -> None:
    site = attacked(tmp_path)
    notice(site, alert())
    site.now += timedelta(days=360)
    expire(site.open())
    assert len(all_notices(site.open())) == 1
    site.now += timedelta(days=10)
    expire(site.open())
    assert all_notices(site.open()) == []
