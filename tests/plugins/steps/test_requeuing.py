"""After a wrong format was put right, the lines of open days count as if it had been right from the beginning."""

from collections import Counter
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from plugins.steps.days import day_receipts, load_open_day
from plugins.steps.erasing import erase
from plugins.steps.requeuing import Requeued, requeue
from schemas.refusals import RefusedError
from tests.stores import POLICY, Site, apache_error, hit, silent, utc

NOON = utc(2026, 11, 20, 11)
DAY = NOON.date()
A_DAY = timedelta(days=1)
ANNA, BERIT = "192.0.2.77", "198.51.100.5"
WRONG = POLICY.replace('format = "combined"', 'format = "vhost_combined"')


def wrongly_read(folder: Path, *lines: str, errors: tuple[str, ...] = (), shard_bytes: int = 64 << 20) -> Site:
    """Lines that were read in another format than theirs; a file that is a day old is read to its end."""
    site = Site(folder, NOON, WRONG)
    site.now -= A_DAY + timedelta(minutes=1)
    site.write("access.log", *lines)
    site.now = NOON
    if errors:
        site.write("error.log", *errors)
    site.ingest(shard_bytes=shard_bytes)
    return site


def put_right(site: Site, policy: str = POLICY) -> None:
    site.policy.write_text(policy, encoding="utf-8")


def requeue_all(site: Site, **options: bool) -> Requeued:
    return requeue(site.open(), [], "operations", silent, **options)


def rightly_read(folder: Path, *lines: str) -> Site:
    site = Site(folder, NOON)
    site.now -= A_DAY + timedelta(minutes=1)
    site.write("access.log", *lines)
    site.now = NOON
    site.ingest()
    return site


def rows(site: Site) -> Counter[str]:
    """All rows of open days by table, without the random id of their file."""
    store, found = site.open(), Counter[str]()
    for day in store.open_days():
        data = load_open_day(store, day, day_receipts(store, day))
        for kind in ("hits", "errors", "events"):
            table = getattr(data, kind)
            for row in table.select(table.schema.names).to_pylist():
                found[f"{kind} {day} { {name: value for name, value in row.items() if name != 'file'} }"] += 1
        found[f"continuations {day}"] += data.continuations
        found[f"quarantined {day}"] += data.quarantined
    return +found


def names(site: Site) -> tuple[set[str], set[str]]:
    """What lies in the window, and what receipts name."""
    store = site.open()
    shards = filter(None, map(store.receipts.get, store.receipts.shards()))
    return set(store.window.names()), {one.name for receipt in shards for one in receipt.objects}


LINES = (
    *(hit(NOON - A_DAY * n, ANNA, f"/{n}/{k}") for n in (2, 1, 0) for k in range(3)),
    "broken\n",
    "\n",
    hit(NOON, BERIT, "/wp-login.php"),
    hit(NOON, BERIT, "/?q=<script>alert(1)</script>"),
)


def test_rows_counts_and_statistics_are_those_of_the_right_format(tmp_path: Path) -> None:
    site, twin = wrongly_read(tmp_path / "wrong", *LINES), rightly_read(tmp_path / "right", *LINES)
    assert site.counts() == {"quarantine": len(LINES)}
    site.rebuild()
    put_right(site)
    requeued = requeue_all(site)
    assert (requeued.lines.total(), requeued.left) == (11, 2)
    assert site.counts() == twin.counts() == {"hits": 11, "quarantine": 2}
    assert rows(site) == rows(twin)
    site.rebuild()
    twin.rebuild()
    assert site.tables() == twin.tables(), "the days are computed anew without being asked"
    assert names(site)[0] == names(site)[1], "nothing is left over"


def test_a_second_requeue_does_nothing(tmp_path: Path) -> None:
    site = wrongly_read(tmp_path, *LINES)
    put_right(site)
    requeue_all(site)
    before = names(site), site.open().audit.verify().entries
    assert requeue_all(site) == Requeued()
    assert (names(site), site.open().audit.verify().entries) == before
    again = requeue_all(site, again=True)
    assert (again.lines.total(), again.left) == (0, 2), "unless it is asked for"
    assert site.counts() == {"hits": 11, "quarantine": 2}


def test_receipts_of_an_earlier_version_are_requeued_once(tmp_path: Path) -> None:
    site = rightly_read(tmp_path, *LINES)
    store = site.open()
    for receipt in store.receipts.newest():
        store.receipts.put(receipt.model_copy(update={"format": "", "blank": 0}))
    assert requeue_all(site).left == 2
    assert requeue_all(site) == Requeued()
    assert site.counts() == {"hits": 11, "quarantine": 2}


def test_lines_are_read_on_from_where_they_were(tmp_path: Path) -> None:
    site = wrongly_read(tmp_path, *LINES)
    put_right(site)
    requeue_all(site)
    site.write("access.log", hit(NOON, BERIT, "/more"))
    assert +site.ingest().lines == {"hits": 1}
    assert site.counts() == {"hits": 12, "quarantine": 2}


def test_entries_and_their_traces_come_back_together_over_shards(tmp_path: Path) -> None:
    """The error log was read as the policy's `access`, so its zone does not matter; shards of a line each."""
    policy = POLICY.replace('access = ["logs/access*"]\n', "").replace(
        'error = ["logs/error*"]', 'error = ["logs/none*"]'
    )
    site = Site(tmp_path, NOON, policy.replace('error = ["logs/none*"]', 'access = ["logs/error*"]'))
    site.now -= A_DAY + timedelta(minutes=1)
    site.write("error.log", "  of nothing\n", apache_error(NOON, ANNA), "  at line 1\n", "  at line 2\n")
    site.now = NOON
    site.ingest(shard_bytes=1)
    assert site.counts() == {"quarantine": 4}
    put_right(site, policy.replace("none*", "error*"))
    site.write("error.log", "  at line 3\n")
    assert +site.ingest().lines == {}, "nothing says yet that its entry can be read"
    requeued = requeue_all(site)
    assert requeued.lines == {"errors": 1, "continuations": 2}
    assert site.counts() == {"errors": 1, "continuations": 2, "quarantine": 1}
    site.write("error.log", "  at line 4\n")
    assert +site.ingest().lines == {"continuations": 2}, "the entry goes on"


def test_a_line_between_others_continues_no_entry_that_is_not_before_it(tmp_path: Path) -> None:
    site = Site(tmp_path, NOON)
    late = NOON + timedelta(hours=3)
    site.write("error.log", apache_error(NOON), apache_error(late), "  of the future\n", apache_error(NOON))
    site.ingest()
    assert site.counts() == {"errors": 2, "quarantine": 2}
    site.now += timedelta(hours=4)
    assert requeue_all(site, again=True).lines == {"errors": 1, "continuations": 1}
    assert site.counts() == {"errors": 3, "continuations": 1}


def test_lines_of_a_closed_day_are_late(tmp_path: Path) -> None:
    site = wrongly_read(tmp_path, hit(NOON - 6 * A_DAY, ANNA, "/old"), hit(NOON, BERIT, "/new"))
    site.write("access.other", hit(NOON - 6 * A_DAY, BERIT).replace("198", "www.example.org:80 198", 1))
    site.ingest()
    site.now += A_DAY
    site.write("access.other", "")
    site.close()
    put_right(site)
    assert requeue_all(site).lines == {"hits": 1, "late": 1}
    assert site.counts() == {"hits": 2, "late": 1}
    site.rebuild()
    assert sum(dict(row)["lines"] for row in site.tables()["late_daily"]) == 1


def test_days_that_were_never_opened_are_imported_with_full_statistics(tmp_path: Path) -> None:
    lines = (*(hit(NOON - (40 - n) * A_DAY, ANNA, f"/{n}") for n in range(3)), hit(NOON, BERIT, "/new"))
    site, twin = wrongly_read(tmp_path / "wrong", *lines), rightly_read(tmp_path / "right", *lines)
    put_right(site)
    requeued = requeue_all(site)
    assert [mark.how for mark in requeued.marks] == ["imported"] * 3
    assert site.counts() == twin.counts() == {"hits": 4}
    site.rebuild()
    twin.rebuild()
    assert site.tables() == twin.tables()
    assert site.tables("visit_log") == twin.tables("visit_log")
    assert names(site)[0] == names(site)[1]


def test_who_was_erased_does_not_come_back(tmp_path: Path) -> None:
    site = wrongly_read(tmp_path, *LINES)
    erase(site.open(), {ip_address(ANNA)}, "operations", silent)
    put_right(site)
    requeue_all(site)
    assert site.counts() == {"hits": 2, "quarantine": 2, "erased": 9}
    assert not [row for row in rows(site) if ANNA in row]


def test_an_erasure_finds_what_was_requeued(tmp_path: Path) -> None:
    site = wrongly_read(tmp_path, *LINES)
    put_right(site)
    requeue_all(site)
    assert erase(site.open(), {ip_address(ANNA)}, "operations", silent).lines == 9
    assert site.counts() == {"hits": 2, "quarantine": 2, "erased": 9}
    assert names(site)[0] == names(site)[1]


def test_where_the_format_is_found_it_is_found_in_what_was_not_read(tmp_path: Path) -> None:
    """The server's format changed in the middle of a file, which goes on being read as it began."""
    site = Site(tmp_path, NOON, POLICY.replace('format = "combined"', 'format = "detect"'))
    site.write("access.log", *(hit(NOON, ANNA, f"/{n}") for n in range(5)))
    site.ingest()
    changed = [f"www.example.org:80 {hit(NOON, BERIT, f'/{n}')}" for n in range(5)]
    site.write("access.log", *changed)
    assert site.ingest().lines["quarantine"] == 5
    assert requeue_all(site).lines == {"hits": 5}
    site.write("access.log", changed[0])
    assert +site.ingest().lines == {"hits": 1}


def test_only_the_log_that_is_named(tmp_path: Path) -> None:
    site = wrongly_read(tmp_path, *LINES)
    put_right(site, POLICY + POLICY[POLICY.index("[[logs]]") :].replace("www", "other").replace("logs/", "none/"))
    assert requeue(site.open(), ["other"], "operations", silent) == Requeued()
    with pytest.raises(RefusedError, match=r"no \[\[logs\]\] named nobody"):
        requeue(site.open(), ["nobody"], "operations", silent)
    assert requeue(site.open(), ["www"], "operations", silent).lines == {"hits": 11}
