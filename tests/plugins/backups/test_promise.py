"""Whatever happens in which order: nothing of a person outlives its end longer than promised, and statistics do."""

import tempfile
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plugins.publishing import as_parquet
from plugins.steps.closing import close_day
from schemas.receipts import Counts, Fingerprint, Receipt
from schemas.statistics import TABLES
from schemas.window import HITS
from tests.plugins.backups.backed import let_pass, manifests, named, purge_now, save, shown, site_in, target_of
from tests.stores import Site, silent

KEPT = timedelta(days=26)
SAME_SECOND = timedelta(minutes=1)  # backups that are taken in one second are dated a second after each other
ACTS = ("collect", "close", "back up", "purge", "a day", "three days", "25 days", "26 days")


class Life:
    """A site, and when each thing that is of persons ended in it."""

    def __init__(self, folder: Path) -> None:
        self.site: Site = site_in(folder)
        self.ended: dict[str, datetime] = {}  # digest of an object of the window
        self.collected: dict[date, str] = {}
        self.saved: set[date] = set()
        let_pass(self.site, 0)

    def act(self, act: str) -> None:
        if act.endswith(("day", "days")):
            let_pass(self.site, {"a": 1, "three": 3}.get(act.split(maxsplit=1)[0]) or int(act.split(maxsplit=1)[0]))
            self.close(only_past=True)
        elif act == "collect":
            self.collect()
        elif act == "close":
            self.close()
        elif act == "back up":
            save(self.site)
            self.saved = {date.fromisoformat(name[5:15]) for name in self.statistics() if name.startswith("days/")}
        else:
            purge_now(self.site)
            self.check()

    def collect(self) -> None:
        """A shard of today, and a table of it; none where today was closed by hand."""
        store = self.site.open()
        day = store.calendar.today()
        if store.marks.get(day) or day in self.collected:
            return
        with store.writing(day):
            sealed = store.window.put("hits", f"www/{day}/0-10", HITS.empty_table(), store.keys.current(day))
        self.collected[day] = sealed.digest
        print_ = Fingerprint(head_bytes=0, head="", starts=(), tail="")
        place = {"log": "www", "file": f"{day}", "begin": 0, "end": 10, "first_line": 1, "layouts": ()}
        store.receipts.put(
            Receipt.model_validate(
                {**place, "counts": Counts(), "objects": (sealed,), "fingerprint": print_, "read_on": day}
            )
        )
        store.place("statistics").put(f"days/{day}.parquet", as_parquet(_row(day)))

    def close(self, only_past: bool = False) -> None:
        store = self.site.open()
        for day in store.open_days():
            if not only_past or store.calendar.is_past(day):
                close_day(store, day, "operations", silent, give_up=True)
                self.ended[self.collected[day]] = self.site.now

    def statistics(self) -> list[str]:
        return list(self.site.open().place("statistics").names())

    def check(self) -> None:
        target, now = target_of(self.site), self.site.now
        blobs, kept = target.blobs(), manifests(self.site)
        assert not [digest for digest, at in self.ended.items() if at + KEPT + SAME_SECOND <= now and digest in blobs]
        for manifest in kept[:-1]:
            assert manifest.taken_at + KEPT > now
        assert all(trace.kind == "object" for trace in shown(self.site))
        assert {trace.name for trace in shown(self.site)} == named(self.site)
        if kept:
            is_past = kept[-1].taken_at + KEPT <= now
            assert kept[-1].is_thinned is is_past
            for day in self.saved:
                table = target.blob(kept[-1].objects[f"statistics/days/{day}.parquet"])
                assert sha256(table).hexdigest() in blobs


def _row(day: date) -> pa.Table:
    schema = TABLES["days"].schema
    fitting = {pa.types.is_integer: 1, pa.types.is_string: "provisional", pa.types.is_date: day}
    row = {field.name: next(value for fits, value in fitting.items() if fits(field.type)) for field in schema}
    return pa.Table.from_pylist([row], schema=schema)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(ACTS), max_size=30))
@example(["collect", "back up", "back up", "close"])
def test_what_is_of_persons_ends_on_time_in_every_backup_and_statistics_are_in_the_newest(acts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        for act in acts:
            life.act(act)
        life.act("purge")
        for _ in range(2):
            life.act("26 days")
            life.act("purge")
