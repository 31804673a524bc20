"""Great Expectations over the tables of a run, before anything of it is published."""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.refusals import RefusedError

if TYPE_CHECKING:  # it takes a second, and most verbs do without
    import pandas as pd


@dataclass(frozen=True)
class Failure:
    """A rule that did not hold; never the values that broke it."""

    table: str
    day: str
    rule: str
    columns: str

    def __str__(self) -> str:
        return f"{self.table} of {self.day}: {self.rule} on {self.columns}"


class UncheckedError(RefusedError):
    """Tables that must not be published; `failures` says which rules did not hold."""

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__(f"nothing was written, since {len(failures)} checks failed: " + "; ".join(map(str, failures)))


def check_tables(tables: Mapping[str, pa.Table]) -> None:
    """Raise `UncheckedError` where a table breaks a rule of its suite in `schemas/expectations`.

    `tables` may hold many days each; the days are told apart only where a rule fails.
    """
    failures = []
    for name, table in tables.items():
        frame = table.to_pandas()
        if _broken(name, frame):
            days = frame.groupby("day", sort=True) if len(frame) else [("no day", frame)]
            found = [Failure(name, str(day), *rule) for day, part in days for rule in _broken(name, part)]
            failures += found or [Failure(name, "all days", *rule) for rule in _broken(name, frame)]
    if failures:
        raise UncheckedError(failures)


def _broken(name: str, frame: "pd.DataFrame") -> list[tuple[str, str]]:
    """The rules that do not hold: type and columns. Only yes or no is asked, so no value gets into a result."""
    batch, suite = _engine(name)
    result = batch.get_batch({"dataframe": frame}).validate(suite, result_format="BOOLEAN_ONLY")
    return [
        (one.expectation_config.type, _columns(one.expectation_config.kwargs))
        for one in result.results
        if not one.success
    ]


def _columns(kwargs: Mapping[str, Any]) -> str:
    named = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
    return ", ".join(named or kwargs.get("column_list", []))


@cache
def _engine(name: str) -> tuple[Any, Any]:
    """The batch definition and suite of a table; imported late, since it takes seconds."""
    suite = json.loads(resources.files("schemas.expectations").joinpath(f"{name}.json").read_text(encoding="utf-8"))
    context = _context()
    asset = context.data_sources.get("tables").add_dataframe_asset(name)
    return asset.add_batch_definition_whole_dataframe("whole"), context.suites.add(_suite(suite))


def _suite(suite: dict[str, Any]) -> Any:
    from great_expectations import ExpectationSuite  # noqa: PLC0415 - see _engine

    return ExpectationSuite(name=suite["name"], expectations=suite["expectations"])


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
