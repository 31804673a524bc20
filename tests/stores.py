"""A site with logs, a policy and a store, whose clock the test sets; and what is in the store, to compare."""

import math
import os
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from plugins.steps.closing import close_due
from plugins.steps.ingest import Ingested, ingest
from plugins.steps.rebuilding import rebuild
from plugins.store.store import Store, open_store
from schemas.receipts import Mark

VERSIONS = {"policy_version", "scenarios_version", "agent_lists_version", "country_data_version"}
Rows = Counter[tuple[Any, ...]]

POLICY = """\
[site]
name = "www.example.org"
hosts = ["www.example.org", "example.org"]
timezone = "Europe/Oslo"

[statistics]
smallest_group = 1

[[logs]]
name = "www"
access = ["logs/access*"]
error = ["logs/error*"]
format = "combined"
timezone = "Europe/Oslo"
"""


def silent(_: str) -> None:
    pass


class Site:
    """A folder with `policy.toml` and `logs/`; `now` is what its clock says."""

    def __init__(self, folder: Path, now: datetime, policy: str = POLICY) -> None:
        self.folder, self.now = folder, now
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.policy = folder / "policy.toml"
        if not self.policy.exists():
            self.policy.write_text(policy, encoding="utf-8")

    def write(self, name: str, *lines: str) -> Path:
        """Add lines to a log file, as a server with the same clock does."""
        path = self.logs / name
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
        os.utime(path, (self.now.timestamp(), self.now.timestamp()))
        return path

    def open(self) -> Store:
        return open_store(self.policy, lambda: self.now)

    def ingest(self, **options: Any) -> Ingested:
        return ingest(self.open(), "operations", silent, **options)

    def rebuild(self) -> list[date]:
        return rebuild(self.open(), silent)

    def close(self) -> list[Mark]:
        marks, problems = close_due(self.open(), "operations", silent)
        assert problems == []
        return marks

    def tables(self, root: str = "statistics") -> dict[str, Rows]:
        """All rows of all published tables, without versions."""
        return {
            folder.name: Counter(row for path in folder.glob("*.parquet") for row in comparable_rows(path))
            for folder in sorted((self.folder / "store" / root).glob("*"))
        }

    def counts(self) -> Counter[str]:
        """What became of all lines, by the receipts."""
        receipts = self.open().receipts
        found: Counter[str] = Counter()
        for shard in receipts.shards():
            receipt = receipts.get(shard)
            assert receipt
            found.update({name: number for name, number in receipt.counts.model_dump().items() if number})
        return found


def comparable_rows(path: Path) -> list[tuple[Any, ...]]:
    return [comparable(row) for row in pq.read_table(path).to_pylist()]


def comparable(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row as a key: floats to nine digits, instants and days as text, versions left out."""
    found = []
    for name in sorted(row.keys() - VERSIONS):
        value = row[name]
        if isinstance(value, datetime | date):
            value = value.isoformat()
        if isinstance(value, float) and math.isfinite(value):
            value = float(f"{value:.9g}")
        found.append((name, value))
    return tuple(found)


def finalised(rows: dict[str, Rows]) -> dict[str, Rows]:
    """The same rows, with `provisional` days as if they were final."""
    return {name: Counter({_final(row): count for row, count in table.items()}) for name, table in rows.items()}


def _final(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(("state", "final") if pair == ("state", "provisional") else pair for pair in row)


def hit(moment: datetime, address: str = "192.0.2.1", path: str = "/", agent: str = "Mozilla/5.0 Firefox/128.0") -> str:
    """A line of an access log in the combined format."""
    return f'{address} - - [{moment:%d/%b/%Y:%H:%M:%S %z}] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"\n'


def apache_error(moment: datetime, address: str = "192.0.2.1", message: str = "AH00128: File does not exist: x") -> str:
    """A line of an Apache error log; `moment` is in the server's zone."""
    return f"[{moment:%a %b %d %H:%M:%S.%f %Y}] [core:error] [pid 7:tid 8] [client {address}:50000] {message}\n"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]
