"""What was brought back, made true: days that ended since the backup end again, and then everything has to add up."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from plugins.backups.planning import Plan
from plugins.steps.days import count_lines, published_day
from plugins.steps.giving_up import give_up_day
from plugins.store.store import Store, Tell
from schemas.receipts import Mark
from schemas.refusals import RefusedError


def end_again(store: Store, plan: Plan, tell: Tell) -> list[Mark]:
    """Mark the days as closed that were closed since, that cannot be opened, or whose mark is damaged.

    Their last tables become final. Lines of them that are read again count as late, so nobody comes back.
    """
    ended = plan.facts.closed.union(plan.choice.given_up, plan.facts.marked)
    days = {day for day in ended if not store.calendar.has_ended("statistics", day)}
    marks = [mark for day in sorted(days) if (mark := _end_again(store, plan, day, tell))]
    for mark in marks:
        store.marks.put(mark)
    return marks


def refuse_unless_whole(store: Store, plan: Plan) -> None:
    """Raise where not everything that was chosen lies there, or where the window holds anything else."""
    there = {f"{root}/{name}" for root in ("window", "receipts") for name in store.place(root).names()}
    due = {name for name in plan.choice.names if name.startswith(("window/", "receipts/"))}
    if there != due:
        raise RefusedError(
            f"of {len(due)} receipts and objects of the window {len(due - there)} are missing after the copy, and "
            f"{len(there - due)} are too many; something else writes into the store. End it, and run the restore again"
        )


def discrepancies(store: Store, plan: Plan) -> Iterator[str]:
    """What does not add up although every byte is as it was backed up, by kind and day."""
    lines = sum(
        receipt.counts.lines for shard in plan.view.receipts.shards() if (receipt := plan.view.receipts.get(shard))
    )
    if lines != plan.backup.manifest.lines and not any(name.startswith("receipts/") for name in plan.facts.lost):
        yield f"lines of receipts: {lines} instead of {plan.backup.manifest.lines}"
    for day in store.marks.days("closed"):
        mark, last = store.marks.get(day), published_day(store.place("statistics"), day)
        if mark and last is not None and last["lines"][0].as_py() != mark.lines:
            yield f"statistics days of {day}, which do not fit its mark"


def describe_damaged(names: set[str] | frozenset[str]) -> list[str]:
    """Each kind and day once, with how many; names of files and logs stay out."""
    found = Counter(map(_kind_and_day, names))
    return [f"{kind} ({count})" if count > 1 else kind for kind, count in sorted(found.items())]


def _end_again(store: Store, plan: Plan, day: date, tell: Tell) -> Mark | None:
    """None where the mark is there already, or where whoever closes days next goes on with it."""
    mark, recorded = store.marks.get(day), plan.closings.get(day)
    if mark:
        return mark.model_copy(update={"state": "closed"}) if recorded and mark.state == "closing" else None
    how = plan.choice.given_up.get(day, "expired" if recorded and recorded.how == "expired" else "given up")
    receipted = recorded.lines + recorded.missing if recorded else count_lines(plan.facts.receipts, day)
    mark = give_up_day(store, day, how, tell, receipted)
    return mark.model_copy(update={"state": "closed"})


def _kind_and_day(name: str) -> str:
    root, *parts = name.split("/")
    if root == "window":
        return f"window {parts[1]} of {parts[0]}"
    if root == "receipts":
        return "receipt"
    return " ".join([root, *parts]).rpartition(".")[0]
