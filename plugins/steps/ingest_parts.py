"""An ingest whose files are read by several processes: each part finds the plan, and the others' results, in the store.

While parts read, nobody else may plan, import, erase or carry out imports: readers share the lock “ingest” that the
others hold alone. A plan is replaced by the next one; a part of an old plan that somebody runs again does nothing.
"""

from collections.abc import Sequence

from plugins.steps.importing import carry_out_imports
from plugins.steps.ingest import Ingested, finish_ingest
from plugins.steps.old_days import Imported, import_old_days
from plugins.steps.planning import PLAN, READS, Plan, plan_ingest
from plugins.steps.reading import FileRead, Reads, read_files
from plugins.store.records import read_record, write_record
from plugins.store.store import Store, Tell
from schemas.refusals import SupersededError


def begin_ingest(store: Store, actor: str, tell: Tell, patience: float = 0.0) -> Plan:
    """Plan an ingest and keep the plan in place of the last one.

    BusyError if somebody else is at work for longer than `patience` (seconds).
    """
    with store.locks.held("ingest", wait=False, patience=patience):
        plan = plan_ingest(store, actor, tell)
        if not plan.has_news:
            finish_ingest(store, plan, {}, Imported())
    return plan


def read_part(store: Store, token: str, numbers: Sequence[int], tell: Tell) -> Reads:
    """Read some files of the plan and note what became of each; those that are noted already are left.

    A second attempt may come while the first one, which Airflow has lost sight of, is still at work on a file.
    """
    with store.locks.held("ingest", shared=True):
        plan = _current_plan(store, token)
        for number in numbers:
            with store.locks.held(f"read-{number}"):
                if number not in _noted(store):
                    _note(store, read_files(store, plan, [number], tell))
        return {number: one for number, one in _noted(store).items() if number in numbers}


def import_part(store: Store, token: str, actor: str, tell: Tell) -> Imported:
    """Read the files that begin with old days, and those in which a reader met some; import these days."""
    with store.locks.held("ingest"):
        plan = _current_plan(store, token)
        carry_out_imports(store, actor)  # of an attempt that was killed
        imported = import_old_days(store, plan, _noted(store), actor, tell)
        _note(store, imported.reads)
    return imported


def finish_part(store: Store, token: str, imported: Imported) -> Ingested:
    """Sum up what all parts did."""
    with store.locks.held("ingest"):
        return finish_ingest(store, _current_plan(store, token), _noted(store), imported)


def note_told(store: Store, token: str) -> None:
    """Whoever follows an ingest is being told of this one."""
    with store.locks.held("ingest"):
        plan = _current_plan(store, token)
        write_record(store.place("state"), PLAN, plan.model_copy(update={"is_told": True}))


def _current_plan(store: Store, token: str) -> Plan:
    plan = read_record(store.place("state"), PLAN, Plan)
    if plan is None or plan.token != token:
        raise SupersededError("a later ingest has taken over what was left of this one")
    return plan


def _note(store: Store, reads: Reads) -> None:
    for number, one in reads.items():
        write_record(store.place("state"), f"{READS}{number}.json", one)


def _noted(store: Store) -> Reads:
    state = store.place("state")
    found = {int(name.removeprefix(READS).removesuffix(".json")): name for name in state.names(READS)}
    return {number: one for number, name in found.items() if (one := read_record(state, name, FileRead))}
