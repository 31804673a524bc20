"""The tasks of backups and proofs; as those of the pipeline, each opens the store and takes one step."""
# ruff: noqa: PLC0415 - steps are imported when they run: a DAG file is parsed again and again

from hashlib import sha256
from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException

from plugins.scheduling.assets import BACKUPS, CLOSED_DAYS, HITS, PROOF, PURGED_BACKUPS, REHEARSAL, STATISTICS
from plugins.scheduling.boundary import guarded, tell
from plugins.scheduling.notifying import notify
from plugins.scheduling.tasks import ACTOR, installed_store


@task(inlets=[HITS, STATISTICS, CLOSED_DAYS], outlets=[BACKUPS])
@guarded
def copy_store() -> dict[str, int]:
    from plugins.backups.taking import back_up

    manifest = back_up(installed_store(), ACTOR, tell)
    return {"objects": len(manifest.objects), "lines": manifest.lines}


@task(inlets=[BACKUPS], outlets=[PURGED_BACKUPS])
@guarded
def remove_old_backups() -> dict[str, int]:
    from plugins.backups.purging import purge

    purged = purge(installed_store(), ACTOR, tell)
    return {"manifests": purged.manifests, "blobs": purged.blobs, "left": purged.left}


@task(inlets=[BACKUPS])
@guarded
def bring_back(params: dict[str, Any] | None = None, run_id: str | None = None) -> None:
    """Tried again, it begins anew, since what it wrote before was open to nobody; a run that restored does so once."""
    from plugins.backups.restoring import describe_restored, restore
    from plugins.store.audit_facts import NAME_BYTES

    asked = params or {}
    store = installed_store(is_restoring=True)
    restored = restore(
        store,
        asked["reason"],
        ACTOR,
        tell,
        is_replacing=bool(asked["replace"]),
        accepts_damage=bool(asked["accept_damage"]),
        once=sha256(run_id.encode()).hexdigest()[: 2 * NAME_BYTES] if run_id else None,
    )
    for sentence in describe_restored(store, restored) if restored else ():
        tell(sentence)
        notify("restored", sentence)


@task(outlets=[HITS])
@guarded
def fill_gap() -> dict[str, int]:
    """What the logs still hold since the backup; who follows an ingest follows this one too."""
    from plugins.steps.ingest import ingest

    ingested = ingest(installed_store(), ACTOR, tell)
    if ingested.problems:
        raise AirflowFailException("; ".join(ingested.problems))
    return dict(ingested.lines)


@task(inlets=[BACKUPS], outlets=[REHEARSAL])
@guarded
def rehearse() -> float:
    from plugins.backups.rehearsing import rehearse as rehearse_restore

    rehearsal = rehearse_restore(installed_store(), ACTOR, tell)
    if rehearsal.problems:
        raise AirflowFailException("; ".join(rehearsal.problems))
    return rehearsal.seconds


@task(inlets=[CLOSED_DAYS, PURGED_BACKUPS, REHEARSAL], outlets=[PROOF])
@guarded
def hunt_canaries() -> dict[str, int]:
    from plugins.forgetting.proving import prove
    from plugins.scheduling.own_traces import airflow_traces

    report = prove(installed_store(), ACTOR, tell, airflow_traces())
    for sentence in report.reminders:
        notify("original logs", sentence)
    if report.failures:
        raise AirflowFailException("; ".join(report.failures))
    return {"checks": len(report.checks), "canaries": len(report.canaries)}
