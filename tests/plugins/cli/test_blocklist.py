"""`lethe detect`, `blocklist`, `ban` and `lift` as a person or cron calls them, with this machine's clock."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.command import run_lethe
from tests.plugins.blocklist.blocklists import BERIT, MALLORY, OPEN, PROBE, export
from tests.stores import Site, hit


@pytest.fixture
def site(tmp_path: Path) -> Site:
    now = datetime.now(UTC)
    site = Site(tmp_path, now, OPEN.replace("[]", '["203.0.113.0/28"]'))
    site.write("access.log", hit(now - timedelta(minutes=1), MALLORY, PROBE), hit(now, BERIT))
    return site


def lethe(site: Site, *arguments: str, text: str = "", status: int = 0) -> str:
    done = run_lethe(*arguments, folder=site.folder, text=text)
    assert done.returncode == status, done.stderr
    if arguments[0] != "blocklist":
        for address in (MALLORY, BERIT, "203.0.113.", "10.0.0"):
            assert address not in done.stdout + done.stderr, "only the blocklist itself holds addresses"
    return done.stdout + done.stderr


def test_from_logs_to_a_blocklist_for_people_servers_and_spreadsheets(site: Site) -> None:
    lethe(site, "ingest")
    assert "new decisions: 1; bans in force: 1" in lethe(site, "detect")
    assert "new decisions: 0; bans in force: 1" in lethe(site, "detect")
    table = lethe(site, "blocklist")
    assert "Blocklist: 1 bans in force" in table
    assert MALLORY in table
    assert "log4shell" in table
    assert denied(lethe(site, "blocklist", "--as", "nginx")) == [MALLORY]
    assert denied(export(site)) == [MALLORY]
    (row,) = csv.DictReader(lethe(site, "blocklist", "--as", "csv").splitlines()[1:])
    assert (row["target"], row["events"]) == (MALLORY, "1")
    lethe(site, "blocklist", "--as", "pdf", status=2)
    assert audited(site).count("blocklist read") == 3


def test_bans_and_lifts_take_targets_from_standard_input(site: Site) -> None:
    said = lethe(
        site, "ban", "--reason", "seen at the desk", "--for", "PT2H", text=f"\n {BERIT}\n{BERIT}\n2001:db8::1\n"
    )
    assert "banned: 2" in said
    listed = lethe(site, "blocklist", "--as", "nginx")
    assert denied(listed) == [BERIT, "2001:db8::/64"]
    assert "no ban in force" in lethe(site, "lift", "--reason", "x", text=f"{BERIT}\n198.51.100.6\n", status=1)
    assert lethe(site, "blocklist", "--as", "nginx").splitlines()[1:] == listed.splitlines()[1:], "none was lifted"
    assert "lifted: 2" in lethe(site, "lift", "--reason", "it was us", text=f"{BERIT}\n2001:db8::99\n")
    assert "0 bans in force" in lethe(site, "blocklist")
    lethe(site, "ban", "--reason", "x", text=f"{BERIT}\n198.51.100.0/24\n")
    assert "still blocked: 1 bans" in lethe(site, "lift", "--reason", "x", text=BERIT)
    lethe(site, "ban", "--reason", "x", BERIT, status=2)
    lethe(site, "ban", text=BERIT, status=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{BERIT}\nnobody\n", "line 2: this is neither"),
        (f"{BERIT}\n10.0.0.1\n", "line 2: this is no address of the internet"),
        (f"{BERIT}\n203.0.113.7\n", "line 2: this holds addresses of blocklist.allowlist"),
        ("", "holds no address"),
    ],
)
def test_one_wrong_line_bans_nobody(text: str, said: str, site: Site) -> None:
    assert said in lethe(site, "ban", "--reason", "x", text=text, status=1)
    assert "0 bans in force" in lethe(site, "blocklist")


@pytest.mark.parametrize("lasts", ["two hours", "P1M", "-PT1H"])
def test_a_length_is_an_exact_duration(lasts: str, site: Site) -> None:
    assert "--for" in lethe(site, "ban", "--reason", "x", "--for", lasts, text=BERIT, status=2)
    assert "a minute at least" in lethe(site, "ban", "--reason", "x", "--for", "PT1S", text=BERIT, status=1)
    assert "a reason is required" in lethe(site, "ban", "--reason", " ", text=BERIT, status=1)


def denied(text: str) -> list[str]:
    return [line.removeprefix("deny ").partition(";")[0] for line in text.splitlines()[1:-1]]


def audited(site: Site) -> list[str]:
    lines = [line for path in (site.folder / "store" / "audit").iterdir() for line in path.read_text().splitlines()]
    return [json.loads(line)["action"] for line in lines]


def test_who_is_logged_in_by_ssh_does_not_ban_himself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", f"{BERIT} 50022 203.0.113.200 22")
    said = lethe(site, "ban", "--reason", "x", text=f"{MALLORY}\n{BERIT}\n", status=1)
    assert "from which you do this yourself" in said
    assert "0 bans in force" in lethe(site, "blocklist")


def test_a_list_is_published_anyway_with_a_reason_that_is_in_the_trail(site: Site) -> None:
    lethe(site, "ban", "--reason", "seen at the desk", text=BERIT)
    assert "a reason is required" in lethe(site, "blocklist", "--publish-anyway", status=1)
    assert "let through until they end: 1 bans" in lethe(site, "blocklist", "--publish-anyway", "--reason", "a botnet")
    assert "publish anyway" in audited(site)
