"""What became of the checks of a day's tables: kept beside them for as long as they are, without a value of theirs."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Final, Literal

import pyarrow as pa

from plugins.checking import Checked, UncheckedError, check_tables
from plugins.store.records import SUFFIX, read_record, write_record
from plugins.store.store import Store
from schemas.receipts import Record
from schemas.refusals import RefusedError

FOLDER: Final = "checks"
LAST: Final = 14  # days whose checks are shown


class Broken(Record):
    """A rule that did not hold, in words."""

    table: str
    words: str
    severity: Literal["critical", "warning"]


class Checks(Record):
    """The last check of a day's tables: when, how many rules of each suite, and which did not hold.

    Where a critical one did not, the tables that were published before are still there. `since` is when the newest of
    its warnings was found, if that was in an earlier check.
    """

    at: datetime
    suites: str = ""  # an earlier version wrote it
    rules: dict[str, int]
    since: datetime | None = None
    broken: tuple[Broken, ...] = ()

    @property
    def told_from(self) -> datetime:
        return self.since or self.at

    @property
    def is_published(self) -> bool:
        return all(one.severity == "warning" for one in self.broken)

    @property
    def warnings(self) -> list[Broken]:
        return [one for one in self.broken if one.severity == "warning"]


def check_day(store: Store, day: date, tables: Mapping[str, pa.Table]) -> None:
    """Check a day's tables and keep the result; UncheckedError where they must not be published."""
    try:
        _keep(store, day, check_tables(tables, store.policy))
    except UncheckedError as error:
        _keep(store, day, error.checked)
        raise


def forget_checks(store: Store, day: date) -> None:
    """Of tables that will not be published any more, nobody needs to know what is wrong with them."""
    store.place("state").remove(_record(day))


def last_checks(store: Store) -> dict[date, Checks]:
    """Of the newest days that were checked, newest first."""
    state = store.place("state")
    names = sorted(state.names(f"{FOLDER}/"), reverse=True)[:LAST]
    found = {_day(name): read_record(state, name, Checks) for name in names}
    return {day: checks for day, checks in found.items() if checks}


def _keep(store: Store, day: date, checked: Checked) -> None:
    broken = tuple(
        Broken(table=one.rule.table, words=one.rule.words, severity=one.rule.severity) for one in checked.failures
    )
    checks = Checks(at=store.clock(), rules=dict(checked.rules), broken=broken)
    write_record(store.place("state"), _record(day), checks.model_copy(update={"since": _since(store, day, checks)}))


def _since(store: Store, day: date, checks: Checks) -> datetime | None:
    """A damaged record knows of none, and is no reason to publish nothing."""
    with suppress(RefusedError):
        before = read_record(store.place("state"), _record(day), Checks)
        if before and before.told_from <= checks.at and set(checks.warnings) <= set(before.warnings):
            return before.told_from
    return None


def _record(day: date) -> str:
    return f"{FOLDER}/{day}{SUFFIX}"


def _day(name: str) -> date:
    return date.fromisoformat(name.removeprefix(f"{FOLDER}/").removesuffix(SUFFIX))
