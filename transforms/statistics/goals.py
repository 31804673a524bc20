"""Visits that reached a goal: a row each, in codes."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from schemas.policy_model import Goal
from transforms.distinct import Codes
from transforms.statistics.coded import Context

AS_IN_LOGS: Final = "%/:?#[]@!$&'()*+,;=~{}"  # what a policy may have as it stands
OF_VISIT: Final = ("visitor", "vhost", "source_kind", "source", "device_class")  # those of its first action


def find_conversions(actions: pa.Table, goals: Sequence[Goal], context: Context) -> pa.Table:
    """Actions, as `cut_into_visits` gives them → a row a visit and goal of which it reached a page or download.

    `entry_path` is the visit's first page, `unknown` where it has none.
    """
    visit, path = actions["visit"].to_numpy(), actions["path"].to_numpy()
    first = np.flatnonzero(actions["starts_visit"].to_numpy())
    reached = [np.unique(visit[np.isin(path, codes)]) for codes in _paths_of(path, goals, context)]
    of_goal = np.repeat(context.code("goal", [goal.name for goal in goals]), [len(visits) for visits in reached])
    visits = np.concatenate([np.zeros(0, np.int64), *reached])
    rows = actions.select(OF_VISIT).take(pa.array(first[visits]))
    entries = pa.array(_entries(actions, len(first), context)[visits])
    return rows.append_column("goal", pa.array(of_goal)).append_column("entry_path", entries)


def _paths_of(paths: Codes, goals: Sequence[Goal], context: Context) -> list[Codes]:
    """For each goal the codes of the paths that reach it."""
    codes = np.unique(paths) if goals else paths[:0]
    texts = context.decode("path", codes).to_pylist()
    return [codes[[_reaches(text, goal) for text in texts]] for goal in goals]


def _reaches(path: str, goal: Goal) -> bool:
    """Page keys in the query part no pages here, unless the goal has them too; `/fullført` is logged escaped."""
    return any(
        path.startswith(wanted[:-1]) if wanted.endswith("*") else wanted in {path, path.partition("?")[0]}
        for wanted in (quote(one, safe=AS_IN_LOGS) for one in goal.path)
    )


def _entries(actions: pa.Table, count: int, context: Context) -> Codes:
    """The first page of each visit."""
    entries = np.full(count, context.code("path", [None])[0])
    is_entry = actions["is_entry"].to_numpy()
    entries[actions["visit"].to_numpy()[is_entry]] = actions["path"].to_numpy()[is_entry]
    return entries
