"""Great Expectations over the tables of a run, before anything of it is published."""

import logging
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from schemas.policy import Policy
from schemas.refusals import RefusedError
from schemas.statistics import TABLES
from schemas.suites import COLUMNS, SUITES, SUMS, read_suite
from transforms.checking.columns import measure_columns
from transforms.checking.totals import total_tables
from transforms.visits.days import start_of_day

if TYPE_CHECKING:  # it takes a second, and most verbs do without
    import pandas as pd

Severity = Literal["critical", "warning"]
MOST: Final = 20  # failures in a message
MICROSECONDS: Final = 3_600_000_000  # of an hour
SAID: Final = {  # how a rule without a description is said
    "expect_column_pair_values_to_be_equal": "{column_A} = {column_B}",
    "expect_column_pair_values_a_to_be_greater_than_b": "{column_A} ≥ {column_B}",
    "expect_multicolumn_values_to_be_equal": "{column_list} are the same",
    "expect_column_values_to_be_in_set": "{column} is one of {value_set}",
    "expect_column_values_to_be_between": "{column} is within its bounds",
    "expect_column_value_lengths_to_be_between": "{column} is no longer than {max_value} characters",
}


class Rule(NamedTuple):
    """A rule of a suite that did not hold: of which table, in plain words; never the values that broke it."""

    suite: str
    table: str
    words: str
    severity: Severity


@dataclass(frozen=True)
class Failure:
    """A rule that did not hold for a day."""

    day: str
    rule: Rule

    def __str__(self) -> str:
        return f"{self.rule.table} of {self.day} should keep the rule “{self.rule.words}”"


@dataclass(frozen=True)
class Checked:
    """How many rules each suite asked, and which did not hold."""

    rules: Mapping[str, int]
    failures: tuple[Failure, ...] = ()

    def of(self, severity: Severity) -> list[Failure]:
        return [one for one in self.failures if one.rule.severity == severity]


class UncheckedError(RefusedError):
    """Tables that must not be published; `checked` says which rules did not hold."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        failures = checked.of("critical")
        super().__init__(
            f"nothing was written, since {len(failures)} checks failed: " + "; ".join(map(str, failures[:MOST]))
        )


def check_tables(tables: Mapping[str, pa.Table], policy: Policy) -> Checked:
    """Ask all rules of `schemas/expectations`; UncheckedError where a critical one does not hold.

    `tables` are all of `schemas.statistics.TABLES`, of one day or many, which are told apart only where a rule fails.
    """
    checked = Checked({name: len(read_suite(name).rules) for name in SUITES}, tuple(_failures(tables, policy)))
    if checked.of("critical"):
        raise UncheckedError(checked)
    return checked


def _failures(tables: Mapping[str, pa.Table], policy: Policy) -> list[Failure]:
    is_whole = all(table.schema.names == TABLES[name].schema.names for name, table in tables.items())
    broken = broken_rules(tables, policy, [name for name in SUITES if is_whole or name not in SUMS])
    suites = [name for name in SUITES if name in {rule.suite for rule in broken}]
    days = sorted(filter(None, tables["days"]["day"].unique().to_pylist())) if broken else []
    found = []
    for day in days:
        part = {name: table.filter(pc.equal(table["day"], day)) for name, table in tables.items()}
        rules = broken if len(days) == 1 else broken_rules(part, policy, suites)
        found += [Failure(str(day), rule) for rule in rules]
    by_day = {one.rule for one in found}
    return [*found, *(Failure("all days", rule) for rule in broken if rule not in by_day)]


def broken_rules(tables: Mapping[str, pa.Table], policy: Policy, suites: Collection[str]) -> list[Rule]:
    """The rules of these suites that do not hold, whatever the day."""
    found = []
    for name in suites:
        if name == COLUMNS:
            found += _broken_columns(tables, policy)
        else:
            table = tables[name] if name in TABLES else total_tables(tables, SUMS[name])
            found += [Rule(name, name, *broken) for broken in _ask(name, table.to_pandas(), policy)]
    return found


def _broken_columns(tables: Mapping[str, pa.Table], policy: Policy) -> list[Rule]:
    """All columns at once; one by one only where a rule fails."""
    measures = measure_columns(tables, {policy.site.name, *policy.site.hosts}).to_pandas()
    rows = [measures.iloc[[row]] for row in range(len(measures))] if _ask(COLUMNS, measures, policy) else []
    return [
        Rule(COLUMNS, str(row["table"].iloc[0]), f"{row['column'].iloc[0]}: {words}", severity)
        for row in rows
        for words, severity in _ask(COLUMNS, row, policy)
    ]


def _ask(name: str, frame: "pd.DataFrame", policy: Policy) -> list[tuple[str, Severity]]:
    """The rules that do not hold, in words. Only yes or no is asked, so no value gets into a result."""
    derived = read_suite(name).derived
    if name not in TABLES or list(frame.columns) == TABLES[name].schema.names:
        for column, expression in derived.items():
            frame[column] = frame.eval(expression, local_dict=_terms(policy), engine="python")
    batch, suite = _engine(name)
    result = batch.get_batch({"dataframe": frame}).validate(suite, result_format="BOOLEAN_ONLY")
    broken = [one.expectation_config for one in result.results if not one.success]
    return [(said(one.type, one.kwargs, one.description), one.severity.value) for one in broken]


def said(kind: str, kwargs: Mapping[str, Any], description: str | None) -> str:
    """A rule in words: its own, or those of its kind."""
    listed = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in kwargs.items()}
    return description or SAID[kind].format(**listed)


def _terms(policy: Policy) -> dict[str, Any]:
    """What expressions of suites may use beside columns."""
    zone, gap = ZoneInfo(policy.site.timezone), policy.statistics.visit_gap.total_seconds()

    def midnights(days: "pd.Series[Any]", ahead: int) -> Any:  # in hours since 1970
        starts = {day: start_of_day(day + timedelta(days=ahead), zone).timestamp() / 3600 for day in days.unique()}
        return days.map(starts).astype(float)

    return {
        "visit_gap": gap,
        "smallest_group": policy.statistics.smallest_group,
        "longest_dwell": math.ceil(gap) - 1,  # whole seconds
        "hours_into_day": lambda days, hours: hours.astype("int64") / MICROSECONDS - midnights(days, 0),
        "day_hours": lambda days: midnights(days, 1) - midnights(days, 0),
    }


@cache
def _engine(name: str) -> tuple[Any, Any]:
    """The batch definition and suite of a table; imported late, since it takes seconds."""
    context = _context()
    from great_expectations import ExpectationSuite  # noqa: PLC0415 - see above

    asset = context.data_sources.get("tables").add_dataframe_asset(name)
    suite = ExpectationSuite(name=name, expectations=list(read_suite(name).rules))
    return asset.add_batch_definition_whole_dataframe("whole"), context.suites.add(suite)


@cache
def _context() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it would tell its makers about every run
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it lists its own functions, one by one
    import great_expectations  # noqa: PLC0415 - see _engine
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415 - see _engine

    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.data_sources.add_pandas("tables")
    return context
