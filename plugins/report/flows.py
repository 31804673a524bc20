"""Ways from page to page."""

from plugins.report.rows import Chart, drawn_of, label
from plugins.report.wording import Wording
from schemas.report import Part
from schemas.statistics import OTHER

Ends = list[str | None]


def draw_flows(part: Part, words: Wording) -> Chart:
    """Pages on the left, the next ones on the right: a page stands on both sides, so that no way leads in a circle.

    Pages that are less used are one, None; what was folded is another, since it has no names.
    """
    links: list[tuple[str | None, str | None, int]] = [tuple(row.values()) for row in drawn_of(part)]  # type: ignore[misc]
    left, right = _ends([(a, n) for a, _, n in links]), _ends([(b, n) for _, b, n in links])
    names = [_label(name, words) for name in (*left, *right)]
    ways = sorted((left.index(a), len(left) + right.index(b), n) for a, b, n in links)
    return {
        "nodes": names,
        "left": len(left),
        "folded": [n for n, name in enumerate((*left, *right)) if name in {None, OTHER}],
        "links": [
            {"from": a, "to": b, "value": n, "text": f"{names[a]} → {names[b]}: {words.count(n)}"} for a, b, n in ways
        ],
        "sides": [words.title("from_path"), words.title("to_path")],
    }


def _ends(ends: list[tuple[str | None, int]]) -> Ends:
    """The pages of a side, most used first, and after them what stands for many."""
    sums: dict[str | None, int] = {}
    for name, n in ends:
        sums[name] = sums.get(name, 0) + n
    return sorted(sums, key=lambda name: (name == OTHER, name is None, -sums[name]))


def _label(name: str | None, words: Wording) -> str:
    return words.say("page.other_pages") if name is None else label(words, "path", name)
