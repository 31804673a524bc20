"""Whatever happened before, and however often a store is lost: nobody erased comes back, and no line counts twice."""

import tempfile
from collections import Counter
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.steps.days import day_receipts, load_open_day
from plugins.steps.erasing import erase
from tests.plugins.backups.losses import ANNA, BERIT, NOON, bring_back, lose, remove_newest_manifest, save
from tests.stores import Site, hit, silent

A_DAY = timedelta(days=1)


class History:
    """A site, and what happened to its lines: each has a path of its own."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder, NOON)
        self.whose: dict[str, str] = {}
        self.erased: set[str] = set()
        self.manifests = 0

    def read(self, who: str) -> None:
        self.site.now += timedelta(hours=3)
        for _ in range(2):
            path = f"/{len(self.whose)}"
            self.whose[path] = who
            self.site.write(f"access.{len(self.whose) % 3}", hit(self.site.now, who, path))
        problems = self.site.ingest().problems
        store = self.site.open()
        if not store.marks.get(store.calendar.today()):  # else the rest of today is read tomorrow
            assert problems == []

    def save(self) -> None:
        save(self.site)
        self.manifests += 1

    def erase(self, who: str) -> None:
        self.site.now += timedelta(minutes=1)
        erase(self.site.open(), {ip_address(who)}, "operations", silent)
        self.manifests += 1
        self.erased |= {path for path, one in self.whose.items() if one == who}

    def close(self) -> None:
        self.site.now += 3 * A_DAY
        self.site.write("access.0", "")
        self.site.close()

    def lose_manifest(self) -> None:
        if self.manifests > 1:
            remove_newest_manifest(self.site)
            self.manifests -= 1

    def lose(self) -> None:
        if self.manifests:
            lose(self.site)
            bring_back(self.site)
            self.site.ingest()

    def check(self) -> None:
        store = self.site.open()
        paths: Counter[str] = Counter()
        for day in store.open_days():
            if not store.calendar.is_past(day):
                paths.update(load_open_day(store, day, day_receipts(store, day)).hits["path"].to_pylist())
        assert not paths.keys() & self.erased
        assert set(paths.values()) <= {1}
        for day in store.marks.days("closed"):
            assert list(store.window.names(day)) == []
        store.audit.verify()


WHO = st.sampled_from([ANNA, BERIT])
STEP = st.one_of(
    st.tuples(st.sampled_from(["read", "erase"]), WHO),
    st.tuples(st.sampled_from(["save", "close", "lose", "lose_manifest"])),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(STEP, min_size=3, max_size=8))
def test_nobody_comes_back_and_nothing_doubles_in_any_history(steps: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        history.read(ANNA)
        history.save()
        for step, *arguments in [*steps, ("lose",)]:
            getattr(history, step)(*arguments)
            history.check()
        store = history.site.open()
        if not store.marks.get(store.calendar.today()):
            assert history.site.counts().total() == len(history.whose)
