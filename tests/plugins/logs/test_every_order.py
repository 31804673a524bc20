"""The union of the lines counted equals the lines written, to the line, whatever happens to the files between runs."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.steps.days import day_receipts, load_day
from schemas.receipts import Receipt
from tests.plugins.logs.rotating import ACTS, NOON, Rotated
from tests.stores import POLICY, Site

OTHER_LOG = """
[[logs]]
name = "other"
access = ["other/access*"]
format = "combined"
timezone = "Europe/Oslo"
"""
HEADERS = {
    size: b"".join(b"#Fields: %06d of a header\n" % line for line in range(size // 28)) for size in (0, 84, 4500, 7900)
}
ACT = st.tuples(st.sampled_from([*ACTS, *["ingest"] * 5, "mirror"]), st.integers(0, 2**32))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    acts=st.lists(ACT, min_size=20, max_size=50),
    header=st.sampled_from(sorted(HEADERS)),
    shard_bytes=st.sampled_from([64 << 20, 2_000]),
)
def test_every_line_counts_once(acts: list, header: int, shard_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder, patch("os.fsync"):  # the power stays on, and this is run often
        site = Site(Path(folder), NOON, POLICY + OTHER_LOG)
        (site.folder / "other").mkdir()
        rotated, choice = Rotated(site.logs, HEADERS[header], Random(0)), Random()
        rotated.append()
        mirrored = Rotated(site.folder / "other", HEADERS[header], Random(0))
        mirrored.delete()
        rotated.mirror = mirrored.folder
        rotated.choice = choice
        for act, seed in [*acts, ("ingest", 0), ("mirror", 0), ("ingest", 0)]:
            choice.seed(seed)
            if act == "ingest":
                rotated.look()
                mirrored.look()
                problems = site.ingest(shard_bytes=header + shard_bytes).problems
                assert all("do not fit the format" in problem for problem in problems), "headers do not"
            elif act == "mirror":
                mirror(rotated, mirrored)
            else:
                act(rotated)
        assert site.ingest().lines.total() == 0
        assert_counted(site, {"www": rotated, "other": mirrored})


def mirror(rotated: Rotated, mirrored: Rotated) -> None:
    """The same names and contents in the folder of another log."""
    shutil.rmtree(mirrored.folder)
    shutil.copytree(rotated.folder, mirrored.folder)
    mirrored.jobs = [type(job)(job.source, mirrored.folder / job.target.name, job.content) for job in rotated.jobs]


def assert_counted(site: Site, logs: dict[str, Rotated]) -> None:
    store = site.open()
    hits: Counter[tuple[str, bytes]] = Counter()
    quarantine: Counter[tuple[str, bytes]] = Counter()
    for day in store.open_days():
        receipts = day_receipts(store, day)
        data = load_day(store.window, day, receipts, lambda generation: store.keys.get(day, generation))  # noqa: B023
        hits.update((row["log"], row["path"].encode()) for row in data.hits.select(["log", "path"]).to_pylist())
        quarantine.update(raw_lines(store, day, receipts))
    expected_hits, expected_quarantine = Counter(), Counter()
    for name, rotated in logs.items():
        good, bad, headers = rotated.expected()
        expected_hits.update((name, path) for path in good)
        expected_quarantine.update((name, line) for line in bad)
        expected_quarantine.update({(name, line): headers for line in rotated.header.splitlines() if headers})
    assert_same(hits, expected_hits)
    assert_same(quarantine, expected_quarantine)
    assert site.counts() == {
        kind: table.total() for kind, table in (("hits", hits), ("quarantine", quarantine)) if table
    }


def raw_lines(store, day, receipts: list[Receipt]):
    for receipt in receipts:
        for sealed in receipt.of_day(day):
            if sealed.kind == "quarantine":
                table = store.window.get(sealed, store.keys.get(day, sealed.generation))
                yield from ((row["log"], row["raw"].rstrip(b"\n")) for row in table.to_pylist())


def assert_same(found: Counter, expected: Counter) -> None:
    assert (found - expected, expected - found) == (Counter(), Counter()), "counted too often, or not at all"
