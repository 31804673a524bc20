"""Ways from page to page."""

from typing import Final

from plugins.report.rows import Chart, label, rows_of
from plugins.report.wording import Wording
from schemas.report import Part
from schemas.statistics import OTHER

ENDS: Final = 9  # pages on each side, before all others become one


def draw_flows(part: Part, words: Wording) -> Chart:
    """Pages on the left, the next ones on the right: a page stands on both sides, so that no way leads in a circle."""
    links = [(str(row["from_path"]), str(row["to_path"]), int(row["transitions"])) for row in rows_of(part)]  # type: ignore[arg-type]
    left, right = _ends([(a, n) for a, _, n in links]), _ends([(b, n) for _, b, n in links])
    counted: dict[tuple[int, int], int] = {}
    for a, b, n in links:
        ends = _place(left, a), len(left) + _place(right, b)
        counted[ends] = counted.get(ends, 0) + n
    names = [label(words, "path", name) for name in (*left, *right)]
    return {
        "nodes": names,
        "left": len(left),
        "folded": [n for n, name in enumerate((*left, *right)) if name == OTHER],
        "links": [
            {"from": a, "to": b, "value": n, "text": f"{names[a]} → {names[b]}: {words.count(n)}"}
            for (a, b), n in sorted(counted.items())
        ],
        "sides": [words.title("from_path"), words.title("to_path")],
    }


def _ends(ends: list[tuple[str, int]]) -> list[str]:
    """The pages of a side, most used first; the last stands for all others if there are any."""
    sums: dict[str, int] = {}
    for name, n in ends:
        sums[name] = sums.get(name, 0) + n
    named = sorted((name for name in sums if name != OTHER), key=lambda name: -sums[name])
    return [*named[:ENDS], OTHER] if len(named) > ENDS or OTHER in sums else named


def _place(side: list[str], name: str) -> int:
    return side.index(name) if name in side else len(side) - 1
