"""The command as its users call it, but in this process, without the second that a new interpreter takes to begin."""

import os
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from typer.testing import CliRunner

from plugins.cli.app import main


@dataclass(frozen=True)
class Done:
    """Exit status, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run_lethe(*words: str | Path, folder: Path | None = None, text: str = "") -> Done:
    """`lethe` with these words, called in a folder, with a text on standard input."""
    status, umask = 0, os.umask(0o022)
    arguments = patch.object(sys, "argv", ["lethe", *map(str, words)])
    with arguments, chdir(folder or Path.cwd()), CliRunner().isolation(text) as (out, err, _):
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            os.umask(umask)
        sys.stdout.flush()
        return Done(status, out.getvalue().decode(), err.getvalue().decode())
