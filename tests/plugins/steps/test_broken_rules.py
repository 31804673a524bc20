"""A file of rules that cannot be used: everybody is told what waits, and no day outlives its deadline for it."""

from datetime import timedelta
from pathlib import Path

import pytest

from plugins.steps.closing import close_due
from plugins.steps.examining import examine
from plugins.steps.watching import find_troubles
from schemas.refusals import RefusedError
from tests.stores import POLICY, Site, hit, silent, utc

NOON = utc(2026, 11, 20, 11)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """One day was read and published before somebody broke a rule."""
    found = Site(tmp_path, NOON, POLICY + '[places]\nscenarios = "rules"\n')
    (tmp_path / "rules").mkdir()
    found.write("access.log", hit(NOON - timedelta(hours=1)))
    found.ingest()
    found.rebuild()
    (tmp_path / "rules" / "broken.toml").write_text('name = "broken"\nthis is not\n')
    return found


def test_the_doctor_and_the_status_page_say_what_waits_and_for_what(site: Site) -> None:
    (finding,) = (one for one in examine(site.open()) if one.subject == "scenarios")
    broken = site.folder / "rules" / "broken.toml"
    assert finding.state == "wrong"
    assert finding.sentence.startswith(f"no line is read, and nothing is detected, until this is put right: {broken}: ")
    assert finding.sentence in find_troubles(site.open())


def test_no_line_is_lost_while_a_rule_is_broken(site: Site) -> None:
    site.write("access.log", hit(NOON))
    with pytest.raises(RefusedError, match="this is not TOML"):
        site.ingest()
    (site.folder / "rules" / "broken.toml").unlink()
    site.ingest()
    assert site.counts()["hits"] == 2
    assert not any("nothing is detected" in one for one in find_troubles(site.open()))


def test_a_day_ends_at_its_deadline_though_a_rule_is_broken(site: Site) -> None:
    site.now = NOON + timedelta(days=9)
    marks, problems = close_due(site.open(), "operations", silent, clock_is_right=True)
    assert ([mark.how for mark in marks], problems) == (["expired"], [])
    assert site.open().keys.days() == set()
