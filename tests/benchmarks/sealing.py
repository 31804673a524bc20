"""A combined log → encrypted window Parquet, as in ingest: `python -m tests.benchmarks.sealing LOG FOLDER`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from plugins.logs.reading import parse_file, reading_of
from plugins.store.window import seal
from schemas.policy import Policy
from transforms.parsing.naming import named_layout


def main(log: Path, folder: Path) -> None:
    """Write the objects, and say how many lines took the slow path."""
    lines = slow = 0
    for number, block in enumerate(
        parse_file(log, (named_layout("combined"),), reading_of(Policy(), datetime.now(UTC)))
    ):
        content = seal(block.hits, bytes(16), f"hits/{number}.parquet")
        (folder / f"{number}.parquet").write_bytes(content)
        lines += block.lines
        slow += block.irregular
    print(f"{slow / lines:.3%} of {lines:,} lines took the slow path")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
