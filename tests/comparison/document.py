"""The tables of docs/comparison.md: a title, a column a log, a row a reason."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.comparison.balance import Step, total

DOCUMENT = Path(__file__).parents[2] / "docs" / "comparison.md"
MINUS = "\N{MINUS SIGN}"
Columns = Mapping[str, Sequence[Step]]


def write_table(title: str, columns: Columns) -> str:
    """The table as it stands in the document; a reason that adds nothing to a log is left blank there."""
    cells = {
        name: {step.reason: _signed(step.figure, number) for number, step in enumerate(steps)}
        for name, steps in columns.items()
    }
    rows = [(reason, *(cells[name].get(reason, "") for name in columns)) for reason in _merged(columns)]
    last = ("**Lethe**", *(f"**{total(steps):,}**" for steps in columns.values()))
    head = (title, *columns)
    return "\n".join(map(_row, (head, ("---", *("---:" for _ in columns)), *rows, last)))


def read_column(title: str, column: str) -> dict[str, str]:
    """What the document says of one log in the table of a title: reason → figure, as written."""
    lines = iter(DOCUMENT.read_text(encoding="utf-8").splitlines())
    head = next((cells for line in lines if (cells := _cells(line))[:1] == [title]), [])
    place, found = head.index(column), {}
    for line in list(lines)[1:]:
        if not line.startswith("|"):
            break
        reason, figure = _cells(line)[0], _cells(line)[place]
        if figure:
            found[reason] = figure
    return found


def as_written(steps: Sequence[Step]) -> dict[str, str]:
    """The same of a balance."""
    written = {step.reason: _signed(step.figure, number) for number, step in enumerate(steps)}
    return written | {"**Lethe**": f"**{total(steps):,}**"}


def _merged(columns: Columns) -> list[str]:
    """All reasons, in the order that the balances share."""
    merged: list[str] = []
    for steps in columns.values():
        place = 0
        for reason in (step.reason for step in steps):
            if reason not in merged:
                merged.insert(place, reason)
            place = merged.index(reason) + 1
    return merged


def _signed(figure: int, number: int) -> str:
    return f"{figure:,}" if not number else f"{figure:+,}".replace("-", MINUS)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]] if line.startswith("|") else []
