"""A day that is not opened again: what was published last becomes final, and nothing of it is read."""

from datetime import date
from typing import Literal

import pyarrow as pa

from plugins.steps.days import count_lines, day_receipts, publish_day, published_day
from plugins.store.store import Store, Tell
from schemas.receipts import Mark
from schemas.refusals import RefusedError
from schemas.visit_log import VISIT_LOG


def give_up_day(
    store: Store, day: date, how: Literal["expired", "given up"], tell: Tell, receipted: int | None = None
) -> Mark:
    """The mark of a day whose tables stay as they are; no damage to them, or to a receipt, may keep a key alive.

    `receipted` lines should be in them, by the receipts if not said. The day's lock is held.
    """
    for name in VISIT_LOG:  # of a last rebuild that was killed
        store.place("visit_log").remove(f"{name}/{day}.parquet")
    lines = 0
    if last := _last_published(store, day, tell):
        lines = last["lines"][0].as_py()
        final = last.set_column(last.schema.get_field_index("state"), last.schema.field("state"), pa.array(["final"]))
        publish_day(store.place("statistics"), day, {"days": final})
    if receipted is None:
        receipted = _count_receipted(store, day, tell)
    return Mark(day=day, state="closing", how=how, lines=lines, missing=max(0, receipted - lines), since=store.clock())


def _last_published(store: Store, day: date, tell: Tell) -> pa.Table | None:
    try:
        return published_day(store.place("statistics"), day)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # of the place, not of the table
            raise
        tell(f"{day}: its table days is damaged and counts as none")
        return None


def _count_receipted(store: Store, day: date, tell: Tell) -> int:
    try:
        return count_lines(day_receipts(store, day), day)
    except RefusedError:
        tell(f"{day}: a receipt is damaged, so nobody knows how many lines its statistics miss")
        return 0
