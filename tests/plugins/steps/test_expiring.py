"""Each kind of data ends when the policy says, and a longer [keep] brings nothing back and holds nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from plugins.blocklist.decisions import Decisions
from plugins.steps.closing import close_due
from plugins.steps.detecting import detect
from plugins.steps.expiring import ended, expire
from tests.stores import POLICY, Site, hit, silent, utc

NOW = utc(2026, 11, 20, 11)
DAY = timedelta(days=1)
ATTACKER = "203.0.113.9"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, NOW)


def keep(site: Site, **durations: str) -> None:
    lines = "".join(f'{kind} = "{lasts}"\n' for kind, lasts in durations.items())
    site.policy.write_text(POLICY.replace("[[logs]]", f"[keep]\n{lines}\n[[logs]]"))


def names(site: Site, root: str, part: str = "") -> list[str]:
    return [name for name in site.open().place(root).names() if part in name]


def go_to(site: Site, now: datetime) -> None:
    """A day later on, with a line of it, as a server has: else the clock is not believed."""
    site.now = now
    site.write("access.log", hit(now, "192.0.2.1"))


def attack(site: Site) -> None:
    """A day with everything that the window holds: hits, events, quarantine and decisions, and an export of them."""
    lines = [hit(site.now + timedelta(seconds=n), ATTACKER, f"/?n={n}&q=union+select+1,2,3+from+x") for n in range(9)]
    site.write("access.log", *lines, "this is no line\n")
    site.ingest()
    detect(site.open(), "operations", silent)


def test_quarantine_events_decisions_and_exports_end_with_the_window(site: Site) -> None:
    attack(site)
    kinds = {name.split("/")[1] for name in names(site, "window", "2026-11-20/")}
    assert {"hits", "events", "quarantine", "decisions"} <= kinds
    assert [one.target for one in Decisions(site.open()).all()] == [ATTACKER]
    close_due(site.open(), "operations", silent)
    exported = site.open().place("exports")
    assert any(ATTACKER.encode() in exported.get(name) for name in exported.names())
    go_to(site, utc(2026, 11, 26, 22))
    site.ingest()
    site.close()
    assert names(site, "window", "2026-11-20/") == []
    assert Decisions(site.open()).all() == []
    assert not any(ATTACKER.encode() in exported.get(name) for name in exported.names())


@pytest.mark.parametrize("folder", ["forgetting", "rehearsals", "purges", "restores"])
def test_reports_end_with_the_audit_trail_to_the_second(folder: str, site: Site) -> None:
    keep(site, audit="P2M")
    name = f"{folder}/2026-11-20T110000Z.json"
    site.open().place("reports").put(name, b"{}")
    site.open().place("reports").put("of-somebody-else.txt", b"x")
    for now, left in ((utc(2027, 1, 20, 10, 59), [name]), (utc(2027, 1, 20, 11), [])):
        site.now = now
        expire(site.open())
        assert names(site, "reports", "/") == left
    assert names(site, "reports") == ["of-somebody-else.txt"]


def test_a_notice_ends_that_long_after_the_next_one_took_its_place(site: Site) -> None:
    """What is promised now is kept, however old; and each language for itself."""
    keep(site, audit="P2M")
    first, second = "notices/2026-01-05T080000Z.", "notices/2026-11-20T110000Z."
    for name in (f"{first}en.md", f"{second}en.md", f"{first}nb.md"):
        site.open().place("reports").put(name, b"x")
    site.now = utc(2027, 1, 20, 10, 59)
    expire(site.open())
    assert len(names(site, "reports")) == 3
    site.now = utc(2027, 1, 20, 11)
    expire(site.open())
    assert names(site, "reports") == [f"{first}nb.md", f"{second}en.md"]
    site.now = utc(2036, 1, 20, 11)
    expire(site.open())
    assert len(names(site, "reports")) == 2


def put_table(site: Site, root: str, day: date) -> Callable[[], bool]:
    name = {"visit_log": "hits", "statistics": "days"}[root] + f"/{day}.parquet"
    site.open().place(root).put(name, b"x")
    return lambda: name in names(site, root)


@pytest.mark.parametrize("kind", ["visit_log", "statistics"])
def test_a_longer_keep_does_not_hold_what_was_collected_before(kind: str, site: Site) -> None:
    keep(site, **{kind: "P30D"})
    expire(site.open())
    keep(site, **{kind: "P60D"})
    expire(site.open())
    is_old_there = put_table(site, kind, date(2026, 11, 20))
    is_new_there = put_table(site, kind, date(2026, 11, 21))
    seen = []
    for days in (29, 31, 59, 62):
        site.now = NOW + days * DAY
        expire(site.open())
        seen.append((is_old_there(), is_new_there()))
    assert seen == [(True, True), (False, True), (False, True), (False, False)]


def test_receipts_and_audit_trail_end_by_the_promise_of_their_own_day(site: Site) -> None:
    """Two files read and two days of the trail, one of each before the policy was lengthened."""
    keep(site, receipts="P40D", audit="P40D")
    site.write("access.log", hit(NOW, "192.0.2.1"))
    site.ingest()
    site.open().audit.append(NOW, "operations", "prove")
    keep(site, receipts="P80D", audit="P80D")
    site.ingest()
    site.now = NOW + DAY
    site.write("access-second.log", hit(site.now, "192.0.2.2"))
    site.ingest()
    site.open().audit.append(site.now, "operations", "prove")
    site.open().audit.append(NOW + 200 * DAY, "operations", "prove")  # the newest file of the trail always stays
    seen = []
    for days in (39, 41, 80, 82):
        site.now = NOW + days * DAY
        expire(site.open())
        seen.append((len(names(site, "receipts")), len(names(site, "audit"))))
    assert seen == [(2, 3), (1, 2), (1, 2), (0, 1)]


@pytest.mark.parametrize("kind", ["visit_log", "statistics"])
def test_a_shorter_keep_works_at_the_next_close(kind: str, site: Site) -> None:
    expire(site.open())
    is_there = put_table(site, kind, date(2026, 10, 10))
    keep(site, **{kind: "P40D"})
    assert [name.split("/")[1] for _, name in ended(site.open())] == ["2026-10-10.parquet"]
    site.close()
    assert not is_there()


def test_a_longer_window_opens_no_day_for_longer_that_is_there_already(site: Site) -> None:
    site.write("access.log", hit(NOW, "192.0.2.1"))
    site.ingest()
    keep(site, security_window="P14D")
    go_to(site, NOW + DAY)
    site.ingest()
    assert site.open().calendar.deadline(date(2026, 11, 20)) == utc(2026, 11, 26, 23)
    assert site.open().calendar.deadline(date(2026, 11, 21)) == utc(2026, 11, 27, 23)
    go_to(site, NOW + 2 * DAY)
    site.ingest()
    assert site.open().calendar.deadline(date(2026, 11, 22)) == utc(2026, 12, 5, 23)
    go_to(site, utc(2026, 11, 26, 22))
    site.ingest()
    assert [str(mark.day) for mark in site.close()] == ["2026-11-20"]


def test_a_shorter_window_closes_at_once_what_it_would_not_have_kept(site: Site) -> None:
    site.write("access.log", hit(NOW, "192.0.2.1"))
    site.ingest()
    go_to(site, NOW + 3 * DAY)
    site.ingest()
    assert site.close() == []
    keep(site, security_window="P2D")
    assert [(str(mark.day), mark.how) for mark in site.close()] == [("2026-11-20", "expired")]


def test_a_ban_ends_with_the_shorter_window_of_its_evidence(site: Site) -> None:
    """The policy was lengthened, but the day of the attack still closes after seven days."""
    site.ingest()
    site.policy.write_text(
        POLICY.replace("[[logs]]", '[keep]\nsecurity_window = "P14D"\n[blocklist]\nban = "P14D"\n[[logs]]')
    )
    attack(site)
    (decision,) = Decisions(site.open()).all()
    assert decision.until == utc(2026, 11, 26, 23)


def test_an_imported_day_leaves_the_visit_log_that_its_promise_allows(site: Site) -> None:
    """The rule of the import is that of the removal: what is written is not removed by the next close."""
    keep(site, visit_log="P30D")
    site.write("access.log", hit(NOW - 3 * DAY, "192.0.2.1"))
    site.ingest()
    keep(site, visit_log="P90D")
    old = [hit(NOW - days * DAY, f"192.0.2.{days}") for days in (60, 31, 30, 29, 9)]
    site.write("old-access.log", "")
    site.write("access-old.log", *old)
    marks = {str(mark.day) for mark in site.ingest().marks}
    assert len(marks) == 5
    days = sorted(name.split("/")[1][:10] for name in names(site, "visit_log", "hits/"))
    assert days == ["2026-10-22", "2026-11-11"]
    site.close()
    assert sorted(name.split("/")[1][:10] for name in names(site, "visit_log", "hits/")) == days


def test_lines_of_a_day_whose_statistics_ended_are_late_also_after_a_longer_keep(site: Site) -> None:
    keep(site, statistics="P20D")
    site.ingest()
    keep(site, statistics="P25M")
    site.write("access.log", hit(NOW - 30 * DAY, "192.0.2.1"), hit(NOW - 19 * DAY, "192.0.2.1"))
    assert [str(mark.day) for mark in site.ingest().marks] == ["2026-11-01"]
    assert site.counts()["late"] == 1
