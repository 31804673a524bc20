"""`lethe restore` and `lethe rehearse`, as somebody meets them whose disk died."""

import shutil
from pathlib import Path

import pytest

from plugins.store.store import utc_now
from tests.command import Done, run_lethe
from tests.plugins.backups.losses import BERIT, CARI
from tests.stores import Site, hit


def lethe(site: Site, *words: str) -> Done:
    return run_lethe(*words, "--policy", site.policy)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Read, backed up, and a line more; the store's clock is the machine's own."""
    site = Site(tmp_path, utc_now())
    site.write("access.log", hit(site.now, BERIT), hit(site.now, BERIT))
    site.ingest()
    assert lethe(site, "back-up").returncode == 0
    site.write("access.log", hit(site.now, CARI))
    return site


def test_a_store_comes_back_with_what_the_logs_hold_since(site: Site) -> None:
    shutil.rmtree(site.folder / "store")
    done = lethe(site, "restore", "--reason", "the disk died")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the store is back as of" in done.stdout
    assert "since then may be missing" in done.stdout
    assert "lines: 1 = 1 hits" in done.stdout
    site.now = utc_now()
    assert site.counts() == {"hits": 3}
    assert lethe(site, "doctor").returncode == 0


def test_what_is_refused_is_a_sentence(site: Site) -> None:
    assert lethe(site, "restore").returncode == 2
    living = lethe(site, "restore", "--reason", "to see")
    assert (living.returncode, living.stdout) == (1, "")
    assert "--replace. Nothing was done" in living.stderr
    named = lethe(site, "restore", "--replace", "--reason", f"for {BERIT}")
    assert named.returncode == 1
    assert BERIT not in named.stderr
    assert lethe(site, "restore", "--replace", "--reason", "to see").returncode == 0
    site.now = utc_now()
    assert site.counts() == {"hits": 3}


def test_a_rehearsal_says_how_long_it_took_or_what_is_wrong(site: Site) -> None:
    done = lethe(site, "rehearse")
    assert (done.returncode, done.stderr) == (0, "")
    assert "brought back in" in done.stdout
    shutil.rmtree(site.folder / "backups" / "blobs")
    done = lethe(site, "rehearse")
    assert done.returncode == 1
    assert "damaged: window hits of" in done.stderr
    shutil.rmtree(site.folder / "backups" / "manifests")
    assert "there is no backup in" in lethe(site, "rehearse").stderr
