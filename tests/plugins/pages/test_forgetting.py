"""The forgetting page: it says loudly what is not kept, and never that something is which nobody has proven."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from plugins.notice.standing import look_at
from plugins.steps.expiring import expire
from schemas.forgetting import ForgettingReport, Original
from schemas.notice import CHECKS
from tests.plugins.pages.conftest import NOW, decision, keep
from tests.plugins.pages.proofs import A_DAY, back_up, prove, prove_for_weeks, report
from tests.stores import POLICY, Site, hit

Client = Callable[..., TestClient]
HOUR = timedelta(hours=1)
PAGE = "/lethe/forgetting"


def read(site: Site, *lines: str) -> None:
    site.write("access.log", *lines)
    site.ingest()


def results(site: Site) -> dict[str, str]:
    return {one.check: one.result for one in look_at(site.open()).promise}


@pytest.fixture
def proven(site: Site) -> Site:
    read(site, hit(NOW - HOUR, "203.0.113.9"), hit(NOW, "203.0.113.10"))
    prove_for_weeks(site)
    return site


def test_a_site_where_all_is_proven_keeps_its_promise(proven: Site, client: Client) -> None:
    assert set(results(proven).values()) == {"kept"}
    page = client("dpo").get(PAGE).text
    assert "The promise is kept: each of its checks was made, and each was good." in page
    assert "7 days after a day began" in page
    assert "4,321 objects in 41.5 seconds, no problem" in page
    assert "of the backups 1 went, of their objects 12; listed again: 47 objects, nothing behind them" in page
    assert page.count('<span class="state active">kept</span>') == len(CHECKS) + 26
    assert "203.0.113" not in page


def test_each_sentence_has_its_keeper_last_check_result_and_deadline(proven: Site) -> None:
    found = look_at(proven.open())
    assert [one.check for one in found.promise] == list(CHECKS)
    for one in found.promise:
        assert one.sentences
        assert one.keeper
        assert one.checked_at
    (window,) = [one for one in found.promise if one.check == "window"]
    assert window.deadline == proven.open().calendar.deadline(NOW.date()), "the next day to close"
    (backups,) = [one for one in found.promise if one.check == "backups"]
    assert backups.deadline == NOW - 25 * A_DAY - 3 * HOUR + 26 * A_DAY, "the next backup to go"


def test_without_a_proof_nothing_is_said_to_be_kept_but_what_is_seen_now(site: Site, client: Client) -> None:
    found = results(site)
    assert {check for check, result in found.items() if result == "kept"} == {"keep", "cookies"}
    page = client("dpo").get(PAGE).text
    assert "There is no proof yet. Run the DAG prove_forgetting, or: lethe prove" in page
    assert "No backup." in page
    assert "The promise is kept" not in page


def test_a_proof_that_is_not_valid_says_so_loudly_and_its_checks_count_for_nothing(site: Site, client: Client) -> None:
    prove(site, NOW - HOUR, is_valid=False, problems=("the scanner did not find what was planted in xz",))
    assert results(site)["truncation"] == "unknown"
    page = client("dpo").get(PAGE).text
    assert re.search(r'class="notice bad" role="alert">.*is not valid, so its checks count for nothing', page)
    assert "the scanner did not find what was planted in xz" in page


@pytest.mark.parametrize(("days", "is_stale"), [(7, False), (8, False), (9, True), (40, True)])
def test_a_proof_older_than_eight_days_is_a_warning(days: int, is_stale: bool, site: Site) -> None:
    prove(site, NOW - days * A_DAY)
    warned = [sentence for sentence in look_at(site.open()).warnings if "days old" in sentence]
    assert bool(warned) == is_stale


def test_a_broken_check_is_the_first_thing_that_one_reads(site: Site, client: Client) -> None:
    broken = [one.model_dump() | {"result": "broken"} if one.check == "airflow" else one for one in report(NOW).checks]
    prove(site, NOW - HOUR, checks=broken)
    page = client("op").get(PAGE).text
    assert page.index("1 of 11 checks is broken") < page.index("<table")
    assert "The promise is kept" not in page


def test_what_is_wrong_now_counts_more_than_a_good_proof_of_yesterday(proven: Site) -> None:
    proven.now = NOW + 6 * A_DAY + 11 * HOUR
    assert results(proven)["window"] == "kept"
    proven.now += 2 * HOUR
    (window,) = [one for one in look_at(proven.open()).promise if one.check == "window"]
    assert (window.result, window.checked_at) == ("broken", proven.now)
    assert window.finding == "2026-11-20 should be closed; run: lethe close --overdue"


def test_a_key_of_a_closed_day_that_came_back_is_seen(proven: Site) -> None:
    (key,) = (proven.folder / "keys").glob("2026-11-20.*")
    content = key.read_bytes()
    proven.now = NOW + 6 * A_DAY + 10 * HOUR
    proven.write("access.log", hit(proven.now, "192.0.2.1"))
    assert proven.close()
    key.write_bytes(content)
    assert results(proven)["window"] == "broken"


def test_what_is_past_its_keep_is_seen_three_hours_later(proven: Site) -> None:
    proven.open().place("visit_log").put("hits/2026-08-22.parquet", b"x")  # 90 days: until 19 November, 22:00 UTC
    proven.now = NOW - 12 * HOUR
    assert results(proven)["keep"] == "kept"
    proven.now = NOW
    assert results(proven)["keep"] == "broken"
    expire(proven.open())
    assert results(proven)["keep"] == "kept"


def test_an_expired_export_is_seen(proven: Site) -> None:
    proven.open().place("exports").put("blocklist/nginx.conf", b"# Lethe blocklist: x, expires 2026-11-20T11:59:59Z\n")
    assert results(proven)["exports"] == "broken"


def test_a_backup_that_should_be_gone_is_seen_and_a_thinned_one_may_stay(proven: Site, client: Client) -> None:
    back_up(proven, NOW - 26 * A_DAY)
    assert results(proven)["backups"] == "kept", "a purge runs once a day"
    back_up(proven, NOW - 28 * A_DAY, is_thinned=True)
    assert results(proven)["backups"] == "kept"
    back_up(proven, NOW - 27 * A_DAY, token="1e" * 8)
    found = look_at(proven.open())
    assert [one.is_overdue for one in found.backups[-3:]] == [False, True, False]
    assert {one.check: one.result for one in found.promise}["backups"] == "broken"
    assert "without persons" in client("dpo").get(PAGE).text
    back_up(proven, NOW - 27 * A_DAY, token="1e" * 8, is_thinned=True)
    assert results(proven)["backups"] == "kept", "it was thinned meanwhile, under the same name"


def test_when_the_last_backup_with_persons_dies_and_an_address_of_today(proven: Site) -> None:
    found = look_at(proven.open())
    assert found.last_backup_ends == NOW - 3 * HOUR + 26 * A_DAY
    assert found.last_backup_ends.utcoffset() == found.today_ends.utcoffset() == timedelta()
    assert found.today_ends == proven.open().calendar.deadline(NOW.date()) + 27 * A_DAY


def test_a_format_with_a_cookie_breaks_the_sentence_on_cookies(site: Site) -> None:
    site.policy.write_text(POLICY.replace('format = "combined"', 'format = \'%h %t "%r" %>s %b "%{sid}C"\''))
    assert results(site)["cookies"] == "broken"


def test_originals_past_the_window_are_red(site: Site, client: Client) -> None:
    old = Original(
        log="www", path="/var/log/a<b>.log.52", oldest=NOW.date() - 90 * A_DAY, is_past=True, after_window="report"
    )
    prove(site, NOW - HOUR, originals=(old, *report(NOW).originals))
    page = client("dpo").get(PAGE).text
    assert "1 of the server’s own log files holds lines older than the window." in page
    assert page.count('<span class="state bad">past the window</span>') == 1
    assert "/var/log/a&lt;b&gt;.log.52" in page


def test_a_damaged_report_counts_as_none_and_is_told(site: Site) -> None:
    prove(site, NOW - 3 * A_DAY)
    site.open().place("reports").put("forgetting/2026-11-20T110000Z.json", b"{}")
    site.open().place("reports").put("purges/2026-11-20T110000Z.json", b"not JSON")
    found = look_at(site.open())
    assert found.report
    assert found.report.at == NOW - 3 * A_DAY
    assert [sentence for sentence in found.warnings if "damaged" in sentence] == [
        "The report purges/2026-11-20T110000Z.json is damaged and counts as none.",
        "The report forgetting/2026-11-20T110000Z.json is damaged and counts as none.",
    ]


def test_the_file_asks_nobody_for_anything_and_says_the_same(proven: Site, client: Client) -> None:
    answer = client("dpo").get(f"{PAGE}/report.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="lethe-forgetting-2026-11-20T120000Z.html"'
    file = answer.text
    assert not re.search(r"<(script|link|img|iframe|object|form|a)\b|@import|url\(|src=|href=", file)
    assert "<style>\n/* Calm" in file
    page = client("dpo").get(PAGE).text
    facts = page[page.index("<dl>") : page.rindex("</table>")]
    assert facts.replace("<details>", "<details open>") in file, "where everything is to be seen, also on paper"
    assert "under policy" in file


def test_the_json_holds_all_that_the_page_shows(proven: Site, client: Client) -> None:
    answer = client("admin").get(f"{PAGE}/report.json")
    found: dict[str, Any] = json.loads(answer.text)
    assert [one["check"] for one in found["promise"]] == list(CHECKS)
    assert len(found["history"]) == 6
    assert len(found["backups"]) == 26
    assert ForgettingReport.model_validate(found["report"]) == look_at(proven.open()).report
    assert "203.0.113" not in answer.text


def test_readings_and_filings_are_audited_once_an_hour(proven: Site, client: Client) -> None:
    for _ in range(2):
        client("dpo").get(PAGE)
        client("dpo").get(f"{PAGE}/report.json")
    trail = proven.open().place("audit").get("2026-11-20.jsonl").decode()
    actions = [json.loads(line) for line in trail.splitlines()]
    assert [(one["actor"], one["action"], one["facts"].get("form")) for one in actions] == [
        ("dpo", "read forgetting", None),
        ("dpo", "export forgetting", "json"),
    ]
    assert proven.open().audit.verify().entries == 2


def test_bans_in_force_are_not_on_the_page(proven: Site, client: Client) -> None:
    keep(proven, decision(target="203.0.113.77"))
    assert "203.0.113" not in client("dpo").get(PAGE).text + client("dpo").get(f"{PAGE}/report.json").text
