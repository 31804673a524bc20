"""The optional folder of real logs and expected results, named by the variable LETHE_DATA."""

import os
from pathlib import Path
from typing import Any

import pytest

ABSENT = "LETHE_DATA is not set: this test reads real logs from that folder"
FOLDER = os.environ.get("LETHE_DATA", "")


def data_path(*parts: str) -> Path:
    """A file or folder of LETHE_DATA; skips the test where there is none."""
    if not FOLDER:
        pytest.skip(ABSENT)
    path = Path(FOLDER, *parts).resolve()
    if not path.exists():
        pytest.skip(f"LETHE_DATA has no {'/'.join(parts)}")
    return path


def data_files(*places: tuple[str, str]) -> list[Any]:
    """The files of LETHE_DATA that match (folder, pattern), for parametrising; a skipped case where there is none."""
    found = (
        [path for folder, pattern in places for path in sorted(Path(FOLDER, folder).glob(pattern))] if FOLDER else []
    )
    return found or [pytest.param(Path("none"), marks=pytest.mark.skip(reason=ABSENT))]
