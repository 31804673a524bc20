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
