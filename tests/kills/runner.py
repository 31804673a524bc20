"""A process that has imported everything, and forks one that can be killed for each line on its standard input.

`python -m tests.kills.runner`: a line is a call of `tests.kills.acts` as JSON, the answer the exit status.
"""

import json
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from plugins.checking import check_tables
from schemas.policy import Policy
from schemas.statistics import TABLES
from tests.kills import acts


class Runner:
    """The other end, in the test."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.kills.runner"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, function: str, *arguments: Any) -> int:
        """The exit status of a fresh process that makes this call; the negative signal where it was killed."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([function, *map(_plain, arguments)]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def describe(self, folder: Path) -> dict[str, Any]:
        assert self.call("describe", folder) == 0
        found: dict[str, Any] = pickle.loads((folder / "described").read_bytes())
        return found


def _plain(argument: Any) -> Any:
    return str(argument) if isinstance(argument, Path) else argument


def main() -> None:
    """Answer until standard input ends."""
    check_tables({name: table.schema.empty_table() for name, table in TABLES.items()}, Policy())
    for line in sys.stdin:
        function, *arguments = json.loads(line)
        child = os.fork()
        if not child:
            status = 1
            try:
                getattr(acts, function)(*arguments)
                status = 0
            except Exception:  # noqa: BLE001 - it is told, and the status says so
                traceback.print_exc()
            os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
