"""A million broken lines of all layouts: read all at once they become what patterns make of them one by one."""

from pathlib import Path
from random import Random

from tests.mutating import assert_same, corpora, mutated_block
from tests.transforms.parsing.test_regular import READING

LINES = 1_000_000
BLOCK = 2_000


def test_a_million_broken_lines_are_read_alike_in_both_ways(tmp_path: Path) -> None:
    random, read = Random(7), list(corpora(tmp_path))
    for _ in range(LINES // BLOCK):
        layouts, lines = random.choice(read)
        assert_same(
            [random.choice(layouts)] if random.random() < 0.2 else layouts, mutated_block(lines, BLOCK, random), READING
        )
