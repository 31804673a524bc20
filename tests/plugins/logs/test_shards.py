"""A shard is as large as can be held several times, whatever its lines are like."""

from pathlib import Path

import pytest

from plugins.logs.shards import MOST_LINES, MOST_TEXT, ParsedShard
from plugins.steps.writing import ShardWriter
from tests.stores import Site, hit, utc

NOON = utc(2026, 11, 20, 11)
GOOD = hit(NOON)


@pytest.fixture
def shards(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Lines and bytes of each shard that is written."""
    sizes: list[tuple[int, int]] = []
    write = ShardWriter.write

    def noting(writer: ShardWriter, shard: ParsedShard, *arguments: object) -> object:
        sizes.append((shard.parsed.lines, shard.end - shard.begin))
        return write(writer, shard, *arguments)  # type: ignore[arg-type] - passed on as they came

    monkeypatch.setattr(ShardWriter, "write", noting)
    return sizes


def test_many_short_lines_are_several_shards_and_all_of_them_count(
    tmp_path: Path, shards: list[tuple[int, int]]
) -> None:
    site = Site(tmp_path, NOON)
    site.write("access.log", GOOD, "\n" * 2_500_000)
    assert site.ingest().lines["quarantine"] == 2_500_000
    assert site.counts() == {"hits": 1, "quarantine": 2_500_000}
    assert max(lines for lines, _ in shards[1:]) < 1.5 * MOST_LINES


def test_short_lines_of_which_none_can_be_read_wait_as_a_whole(tmp_path: Path, shards: list[tuple[int, int]]) -> None:
    site = Site(tmp_path, NOON)
    site.write("access.log", "\n" * 2 * MOST_LINES)
    done = site.ingest()
    assert (done.lines.total(), len(done.problems), shards) == (0, 1, [])
    site.write("access.log", GOOD)
    assert site.ingest().lines.total() == 2 * MOST_LINES + 1


def test_long_targets_that_all_differ_are_several_shards(tmp_path: Path, shards: list[tuple[int, int]]) -> None:
    site = Site(tmp_path, NOON)
    site.write("access.log", *(hit(NOON, path=f"/{n}?{'x' * 8000}{n}") for n in range(2000)))
    assert site.ingest().lines["hits"] == 2000
    assert max(size for _, size in shards) < 1.5 * MOST_TEXT


@pytest.mark.parametrize("shard_bytes", [150, 300, 450, 600, 1000])
def test_an_entry_of_nginx_that_lies_in_several_shards_frames_nobody(tmp_path: Path, shard_bytes: int) -> None:
    site = Site(tmp_path, NOON)
    named = "2026/11/20 11:00:00 [error] 1#1: *1 access forbidden by rule, client: 198.51.100.9, server: a"
    torn = f'2026/11/20 11:00:00 [error] 1#1: *1 open() "/x\n{named}\n" failed (2: x), client: 192.0.2.9, server: a\n'
    honest = named.replace("198.51.100.9", "192.0.2.1") + "\n"
    site.write("error.log", *((honest + torn) * 12 + honest * 60))
    site.ingest(shard_bytes=shard_bytes)
    store = site.open()
    receipts = [receipt for shard in store.receipts.shards() if (receipt := store.receipts.get(shard))]
    objects = [one for receipt in receipts for one in receipt.objects if one.kind == "errors"]
    tables = [store.window.get(one, store.keys.get(one.day, one.generation)) for one in objects]
    clients = [client for table in tables for client in table["client_ip"].to_pylist()]
    assert len(receipts) > 5
    assert clients.count("192.0.2.1") >= 60
    assert set(clients) <= {"192.0.2.1", "192.0.2.9", None}
