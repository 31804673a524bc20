"""What the store remembers of its own work, beyond the window: counts and names, never a line or an address."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator


class Record(BaseModel):
    """An object of JSON that only Lethe writes; unknown or missing keys mean that it is damaged."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def generation_of(name: str) -> str:
    """The key generation in the name of a sealed object."""
    return name.rsplit(".", 2)[1]


def source_of(log: str, file: str, begin: int, end: int) -> str:
    """What a shard is called in the names of its receipt and of its sealed objects."""
    return f"{log}/{file}/{begin}-{end}"


def source_in(name: str) -> str:
    """The shard from which a sealed object was made, by its name."""
    place, _, last = name.split("/", 2)[2].rpartition("/")
    return f"{place}/{last.partition('.')[0]}"


class Sealed(Record):
    """An object of the window: `day/kind/log/file/begin-end.generation.parquet`, with SHA-256 of its ciphertext.

    Of a shard whose lines were read once more, `begin-end.revision.generation.parquet`.
    """

    name: str
    digest: str
    rows: int

    @property
    def day(self) -> date:
        return date.fromisoformat(self.name.split("/")[0])

    @property
    def kind(self) -> str:
        return self.name.split("/")[1]

    @property
    def generation(self) -> str:
        return generation_of(self.name)


class Counts(Record):
    """What became of a shard's lines."""

    hits: int = 0
    errors: int = 0
    continuations: int = 0
    quarantine: int = 0
    late: int = 0
    erased: int = 0

    @property
    def lines(self) -> int:
        return self.hits + self.errors + self.continuations + self.quarantine + self.late + self.erased


class Fingerprint(Record):
    """How a file is known again: keyed hashes of its first `head_bytes` bytes, and of the last ones that were read.

    `starts` are keyed hashes of its beginning up to the end of each of its first lines: they tell a shorter copy of
    the file from another file with the same header.
    """

    head_bytes: int
    head: str
    starts: tuple[str, ...]
    tail: str


class Receipt(Record):
    """The proof that the bytes `begin` to `end` of a file's decompressed content were read.

    `last_day` is the day of the last good line of the file so far; `open_entry` and `disowned` are line numbers of
    the error entry that the next line may continue. `format` is the digest of how its lines were read (`""` where an
    earlier version wrote it, or where shards that were read differently became one), `revision` how often they were
    since. `blank` of the lines in quarantine have nothing in them to read: empty lines and headers.
    """

    log: str
    file: str
    begin: int
    end: int
    first_line: int
    counts: Counts
    objects: tuple[Sealed, ...]
    layouts: tuple[str, ...]
    fingerprint: Fingerprint
    read_on: date
    newest: datetime | None = None
    last_day: date | None = None
    open_entry: int | None = None
    disowned: int | None = None
    format: str = ""
    revision: int = 0
    blank: int = 0

    @property
    def source(self) -> str:
        return source_of(self.log, self.file, self.begin, self.end)

    @property
    def sealed_as(self) -> str:
        """What it is called in the names of objects that are sealed of it now."""
        return f"{self.source}.{self.revision}" if self.revision else self.source

    def of_day(self, day: date) -> list[Sealed]:
        return [sealed for sealed in self.objects if sealed.day == day]


class Mark(Record):
    """That a day ends or has ended: its key is being shredded (`closing`) or is gone (`closed`).

    `lines` are in its statistics for ever; `missing` were receipted and are not.
    """

    day: date
    state: Literal["closing", "closed"]
    how: Literal["rebuilt", "imported", "expired", "given up"]
    lines: int
    missing: int = 0
    since: datetime


class Import(Record):
    """Old days and the receipts of all their lines, which count together or not at all."""

    marks: tuple[Mark, ...]
    receipts: tuple[Receipt, ...]

    @model_validator(mode="after")
    def _covers_whole_files(self) -> Self:
        if not self.marks or not self.receipts:
            raise ValueError("an import has days and receipts")
        return self
