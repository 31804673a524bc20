"""`lethe backtest` as a person calls it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plugins.cli.app import app
from tests.plugins.backtest.test_backtest import READERS
from tests.plugins.blocklist.blocklists import BERIT, OPEN, TRUDY
from tests.stores import Site, hit

run = CliRunner().invoke


@pytest.fixture
def site(tmp_path: Path) -> Site:
    now = datetime.now(UTC)
    site = Site(tmp_path, now, OPEN)
    site.write("access.log", *(hit(now - timedelta(seconds=9 - n), BERIT, f"/library/{n}?q={n}") for n in range(4)))
    site.write("access.log", hit(now, TRUDY, "/library/x"))
    site.ingest()
    (tmp_path / "readers.toml").write_text(READERS, encoding="utf-8")
    return site


def backtest(site: Site, *options: str) -> str:
    done = run(app, ["backtest", str(site.folder / "readers.toml"), "--policy", str(site.policy), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_rule_that_is_being_written_is_tried_from_its_file(site: Site) -> None:
    said = backtest(site)
    assert "readers would have banned 1 target" in said
    assert "pageviews of people" in said
    assert BERIT in said
    assert TRUDY not in said
    assert "/library/0" not in said
    assert "/library/0" in backtest(site, "--evidence")


def test_programs_get_json(site: Site) -> None:
    found = json.loads(backtest(site, "--json", "--evidence"))
    assert (found["would_ban"], found["targets"][0]["target"]) == (1, BERIT)
    assert [line["path"] for line in found["targets"][0]["evidence"]] == ["/library/0", "/library/1", "/library/2"]


def test_each_backtest_is_in_the_audit_trail_without_targets(site: Site) -> None:
    backtest(site)
    store = site.open()
    lines = [
        json.loads(line)
        for name in store.place("audit").names()
        for line in store.place("audit").get(name).splitlines()
    ]
    (entry,) = [line for line in lines if line["action"] == "backtest"]
    assert entry["facts"] == {"scenario": "a rule that is not in use", "targets": 1, "seen": "targets only"}


def test_a_wrong_rule_is_refused_with_what_is_allowed(site: Site) -> None:
    (site.folder / "readers.toml").write_text(READERS.replace('"low"', '"harmless"'), encoding="utf-8")
    done = run(app, ["backtest", str(site.folder / "readers.toml"), "--policy", str(site.policy)])
    assert "readers.toml: severity is" in str(done.exception)
