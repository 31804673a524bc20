"""How an attack ended, as far as a log can tell: attempted, blocked, or successful as it seems."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.detection.buckets import Ints, Mask
from transforms.distinct import dictionary_codes

ATTEMPTED: Final = "attempted"
BLOCKED: Final = "blocked"
SUCCESS: Final = "success suspected"
WORST_LAST: Final = (BLOCKED, ATTEMPTED, SUCCESS)
NO_ANSWER: Final = (408, 499)  # the client was too slow, or has gone: nothing was refused
ANSWERS_ANYTHING: Final = 3  # values with an answer of one size: a page that comes for whatever is asked for


def outcomes_of(behind: pa.Table, begins: Ints) -> pa.Array:
    """The evidence, alert by alert, and where each begins → an outcome each.

    `blocked`: every answer was a refusal. `success suspected`: an event looks like it, and is not one of three or more
    distinct paths that were answered with the same size.
    """
    status = behind["status"].fill_null(0).to_numpy()
    refused = np.isin(status // 100, (4, 5)) & ~np.isin(status, NO_ANSWER)
    outcomes = np.where(np.logical_and.reduceat(refused, begins), BLOCKED, ATTEMPTED).astype(object)
    outcomes[np.logical_or.reduceat(_believed(behind), begins)] = SUCCESS
    return pa.array(outcomes, pa.string())


def _believed(behind: pa.Table) -> Mask:
    """The successes that are not just what a site answers to everything."""
    success: Mask = np.asarray(behind["success"].fill_null(False))
    rows = np.flatnonzero(success)
    answers = pa.table(
        {
            "alert": behind["alert"].take(rows),
            "size": behind["bytes_sent"].take(rows),
            "value": pa.array(dictionary_codes(behind["distinct"])[0][rows]),
            "row": pa.array(rows),
        }
    )
    sizes = answers.group_by(["alert", "size"]).aggregate([("value", "count_distinct")])
    joined = answers.join(sizes, ["alert", "size"])
    same = joined.filter(pc.greater_equal(joined["value_count_distinct"], ANSWERS_ANYTHING))
    success = success.copy()
    success[same["row"].to_numpy()] = False
    return success
