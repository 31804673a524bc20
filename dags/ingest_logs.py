"""### New lines of the logs → the window

Looks every five minutes at the files of every `[[logs]]` in the policy. Nothing new: the run skips and tells nobody.
Otherwise the files are divided among a few readers; old days, which need one process, come last.

Every line counts exactly once, whatever is cleared, repeated or killed: a shard of a file counts when its receipt is
written. **Clear any task** whenever you like; tasks of a run that a later one has taken over do nothing.

A file that cannot be read fails the run when all others are done; the message says which and what to do.
"""

from airflow.sdk import chain, dag

from plugins.scheduling.defaults import FREQUENT_DEFAULTS
from plugins.scheduling.tasks import (
    chunks_of,
    fail_for_problems,
    find_new_lines,
    import_old_days,
    read_files,
    sum_up,
    tell_of_hits,
)


@dag(schedule="*/5 * * * *", tags=["lethe", "window"], doc_md=__doc__, **FREQUENT_DEFAULTS)
def ingest_logs() -> None:
    plan = find_new_lines()
    read = read_files.partial(plan=plan).expand(files=chunks_of(plan))
    imported = import_old_days(plan)
    done = sum_up(plan, imported)
    chain(read, imported)
    tell_of_hits(plan, done)
    chain([read, imported], fail_for_problems(done))


ingest_logs()
