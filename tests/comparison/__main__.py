"""`python -m tests.comparison` prints the tables of docs/comparison.md; it needs LETHE_DATA and AWStats' lists."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.comparison.document import write_table
from tests.comparison.logs import MADE, PUBLIC, read_made, read_public
from tests.comparison.peers import BALANCES

with TemporaryDirectory() as folder:
    logs = {PUBLIC: read_public(Path(folder)), MADE: read_made(Path(folder, "made"))}
    for title, (balance, _, _) in BALANCES.items():
        print(write_table(title, {name: balance(log) for name, log in logs.items()}), end="\n\n")
