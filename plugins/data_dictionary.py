"""docs/data-dictionary.md, out of the schemas: `python -m plugins.data_dictionary` prints it."""

import sys
from collections.abc import Iterator
from importlib import resources
from typing import Final

import pyarrow as pa

from schemas.dictionary import TableDoc, describe, version
from schemas.statistics import TABLES, Published
from schemas.visit_log import VISIT_LOG

STATISTICS: Final = """\
`statistics/<table>/<day>.parquet`, for everybody. In each table `day` and the keys come first, figures after them."""
VISITS: Final = """\
`visit_log/<table>/<day>.parquet`, of closed days, for those who were let in. A row is one request or one visit, so
small groups have to be folded once more in what is made of them for others. A value that the day's tables do not show
is `(other)` here too."""
ADDS: Final = {"yes": "yes", "days": "over days only", "no": "no", "": "–"}
TYPES: Final = {"date32[day]": "date", "timestamp[us, tz=UTC]": "timestamp, UTC"}


def data_dictionary() -> str:
    """The page: what holds for all tables, each table of statistics, then those of the visit log."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    preface = resources.files("plugins").joinpath("data_dictionary.md").read_text(encoding="utf-8")
    yield preface.replace("{version}", str(version())).rstrip()
    docs = {name: describe(name, published.schema.names) for name, published in TABLES.items()}
    yield from ("", "## Statistics", "", STATISTICS, "", "| Table | Answers |", "|---|---|")
    for name, doc in docs.items():
        yield f"| [`{name}`](#{name}) | {doc.answers} |"
    for name, doc in docs.items():
        yield from _table(name, doc, TABLES[name].schema, TABLES[name])
    yield from ("", "## Visit log", "", VISITS)
    for name, schema in VISIT_LOG.items():
        yield from _table(name, describe(f"visit_log/{name}", schema.names), schema)


def _table(name: str, doc: TableDoc, schema: pa.Schema, published: Published | None = None) -> Iterator[str]:
    yield from ("", f"### `{name}`", "", f"*{doc.answers}* A row is {doc.row}.")
    if published and published.folded:
        yield from ("", f"Small groups are `(other)` in {_code(published.folded)}.")
    yield from ("", "| Column | Type | Meaning | Unit | Adds up | Definition |", "|---|---|---|---|---|---|")
    for column, words in doc.columns.items():
        kind = TYPES.get(str(schema.field(column).type), str(schema.field(column).type))
        source = words.source or ("own" if words.adds else "–")
        cells = (f"`{column}`", kind, words.meaning, words.unit, ADDS[words.adds], source)
        yield f"| {' | '.join(cells)} |"
    if doc.notes:
        yield ""
    for note in doc.notes:
        yield f"- {note}"


def _code(names: tuple[str, ...]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def main() -> None:
    """Print the page."""
    sys.stdout.write(data_dictionary())


if __name__ == "__main__":
    main()
