"""What a chart shows, in a sentence: for who does not see it, and for who is in a hurry."""

from collections.abc import Callable
from typing import Any, Final

from plugins.report.charts import DRAWN
from plugins.report.rows import drawn_of, label, names_of, rows_of, unit_of
from plugins.report.wording import Wording
from schemas.report import Part
from schemas.statistics import OTHER

NAMED: Final = 3  # bars that are said


def summary(part: Part, words: Wording) -> str:
    """Of a part that is drawn."""
    kind, key, columns = DRAWN[part.name]
    return SENTENCES[kind](part, key, columns[0], words)


def _bars(part: Part, key: str, column: str, words: Wording) -> str:
    unit: Any = unit_of(part, column)
    ordered: Any = drawn_of(part)
    named = [row for row in ordered if row[key] != OTHER] or ordered
    values = [words.figure(unit, row[column]) for row in named[:NAMED]]
    said = list(zip(names_of(named, key, words), values, strict=False))
    name, value = said[0]
    facts = {"name": name, "value": value, "what": words.title(column).lower()}
    if unit == "seconds":
        first = words.say("says.within", **facts)
    elif part.more:
        first = words.say("says.first", **facts)
    else:
        share = words.share(named[0][column] / (sum(row[column] for row in ordered) or 1))
        first = words.say("says.first_share", share=share, **facts)
    rest = ", ".join(f"{name} ({value})" for name, value in said[1:])
    return f"{first} {words.say('says.then', names=rest)}" if rest else first


def _lines(part: Part, key: str, column: str, words: Wording) -> str:
    rows = [row for row in rows_of(part) if row[column] is not None]
    ordered: Any = sorted(rows, key=lambda row: row[column])
    least, most = ordered[0], ordered[-1]
    total = words.count(sum(row[column] for row in ordered))
    if len(rows) == 1:
        return words.say("says.line", total=total)
    return words.say(
        "says.lines",
        total=total,
        days=words.say("says.days", n=len(rows)),
        most_day=words.weekday(most[key]),
        most=words.count(most[column]),
        least_day=words.weekday(least[key]),
        least=words.count(least[column]),
    )


def _flows(part: Part, key: str, column: str, words: Wording) -> str:
    rows: Any = rows_of(part)
    row = next((one for one in rows if one["from_path"] != one["to_path"]), rows[0])  # rather than a reload
    names = {"from": label(words, key, row["from_path"]), "to": label(words, key, row["to_path"])}
    return words.say("says.flows", times=words.count(row[column]), **names)


def _columns(part: Part, key: str, column: str, words: Wording) -> str:
    ordered: Any = sorted(rows_of(part), key=lambda row: row[column])
    facts: dict[str, str] = {}
    for name, row in (("least", ordered[0]), ("most", ordered[-1])):
        facts |= {name: words.hour(row[key]), f"{name}_value": words.count(row[column])}
    return words.say("says.columns", **facts)


def _stack(part: Part, _: str, __: str, words: Wording) -> str:
    rows: Any = rows_of(part)
    sums = {kind: sum(row[kind] or 0 for row in rows) for kind in DRAWN["traffic"][2]}
    total = sum(sums.values())
    shares = {kind: words.share(each / (total or 1)) for kind, each in sums.items()}
    return words.say("says.stack", total=words.count(total), **shares)


def _spread(part: Part, key: str, __: str, words: Wording) -> str:
    slowest: Any = max(rows_of(part), key=lambda row: row["p99"] or 0)
    facts = {name: words.length(slowest[name]) for name in ("p50", "p99")}
    return words.say("says.spread", day=words.weekday(slowest[key]), **facts)


SENTENCES: Final[dict[str, Callable[[Part, str, str, Wording], str]]] = {
    "bars": _bars,
    "lines": _lines,
    "flows": _flows,
    "columns": _columns,
    "stack": _stack,
    "spread": _spread,
}
