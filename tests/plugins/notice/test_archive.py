"""What was promised when: each text of the notice is kept once, under the instant from which it held."""

from datetime import timedelta
from pathlib import Path

import pytest

from plugins.notice.archive import archive_notice, last_notice
from plugins.store.replay import set_replay_clock
from tests.stores import POLICY, Site, utc

NOW = utc(2026, 6, 1, 10)
ANSWERED = """
[controller]
name = "Eksempel kommune"
address = "Storgata 1, 0001 Oslo"
contact = "personvern@example.org"

[[attestations]]
id = "notice"
by = "Kari Nordmann, head of IT"
on = 2026-05-01
until = 2026-12-31
covers = ["controller", "logs", "basis", "rights", "recipients", "other_systems"]
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, NOW, POLICY + ANSWERED)


def archived(site: Site) -> list[str]:
    return [name.removeprefix("notices/") for name in site.open().place("reports").names("notices/")]


def test_a_notice_is_archived_in_both_languages_and_not_again(site: Site) -> None:
    first = ["2026-06-01T100000Z.en.md", "2026-06-01T100000Z.nb.md"]
    assert len(archive_notice(site.open())) == 2
    site.now += timedelta(hours=1)
    assert archive_notice(site.open()) == []
    assert archived(site) == first
    text = (site.folder / "store/reports/notices" / first[1]).read_text("utf-8")
    assert text.startswith("# Besøkslogger på www.example.org\n")
    assert "Lethe holder hele IP-adressen lesbar i høyst 7 dager" in text


def test_a_change_that_the_notice_tells_is_archived_and_another_is_not(site: Site) -> None:
    archive_notice(site.open())
    site.now += timedelta(days=1)
    site.policy.write_text(site.policy.read_text().replace('"logs/error*"', '"logs/fault*"'))
    assert archive_notice(site.open()) == []
    site.policy.write_text(site.policy.read_text() + '[keep]\nvisit_log = "P60D"\n')
    assert archive_notice(site.open()) == ["notices/2026-06-02T100000Z.nb.md", "notices/2026-06-02T100000Z.en.md"]
    assert last_notice(site.open(), "nb") == "notices/2026-06-02T100000Z.nb.md"
    assert len(archived(site)) == 4


def test_without_a_controller_or_with_an_attestation_that_ran_out_nothing_is_archived(site: Site) -> None:
    site.now = utc(2027, 1, 1, 10)
    assert archive_notice(site.open()) == []
    site.policy.write_text(POLICY)
    assert archive_notice(site.open()) == []
    assert archived(site) == []


def test_in_a_replay_whose_clock_stands_still_the_last_text_counts(site: Site) -> None:
    set_replay_clock(site.open().place("state"), NOW - timedelta(days=9), NOW)
    archive_notice(site.open())
    site.policy.write_text(site.policy.read_text() + '[keep]\nvisit_log = "P60D"\n')
    assert len(archive_notice(site.open())) == 2
    assert archived(site) == ["2026-05-23T100000Z.en.md", "2026-05-23T100000Z.nb.md"]
    assert archive_notice(site.open()) == []
