"""The optional folder of real logs and expected results, named by the variable LETHE_DATA."""

import os
from pathlib import Path

import pytest

FOLDER = os.environ.get("LETHE_DATA", "")


def data_path(*parts: str) -> Path:
    """A file or folder of LETHE_DATA; skips the test where there is none."""
    if not FOLDER:
        pytest.skip("LETHE_DATA is not set: this test reads real logs from that folder")
    path = Path(FOLDER, *parts).resolve()
    if not path.exists():
        pytest.skip(f"LETHE_DATA has no {'/'.join(parts)}")
    return path


def data_files(folder: str, pattern: str) -> list[Path]:
    """The matching files of a folder of LETHE_DATA, for parametrising; empty where there is none."""
    return sorted(Path(FOLDER, folder).glob(pattern)) if FOLDER else []
