"""The same where backups, or the whole store, lie in a bucket."""

from pathlib import Path
from typing import Any

import pytest

from plugins.backups.rehearsing import rehearse
from plugins.backups.restoring import restore
from plugins.store.store import RIGHTS, open_store
from tests.plugins.backups.conftest import make_bucket
from tests.plugins.backups.losses import ANNA, BERIT, DAY, REASON, erase_anna, go_on, opened, people, save, three_days
from tests.stores import POLICY, Site, silent


@pytest.mark.parametrize("versioned", ["unversioned", "versioned"])
@pytest.mark.parametrize("store_too", [False, True])
def test_a_lost_store_comes_back_from_a_bucket(
    store_too: bool, versioned: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    places = f'\n[places]\nbackups = "{make_bucket(request, versioned)}"\n'
    places += f'store = "{make_bucket(request, versioned)}"\n' if store_too else ""
    (tmp_path / "policy.toml").write_text(POLICY + places, encoding="utf-8")
    site = three_days(tmp_path)
    save(site)
    erase_anna(site)
    go_on(site)
    before, counts = opened(site), site.counts()
    assert rehearse(site.open(), "operations", silent).problems == ()
    lose_all(site)
    restored = restore(open_store(site.policy, lambda: site.now, is_restoring=True), REASON, "operations", silent)
    assert (restored.given_up, restored.damaged) == ((), ())
    site.ingest()
    assert (opened(site), site.counts()) == (before, counts)
    assert ANNA not in people(site)[str(DAY)]
    assert BERIT in people(site)[str(DAY)]
    site.open().audit.verify()


def lose_all(site: Site) -> None:
    store = site.open()
    for root in RIGHTS:
        place: Any = store.place(root)
        for name in list(place.names()):
            place.remove(name)
