"""The proof of forgetting: canaries are planted, found where they may be, and hunted where they may not."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from plugins.forgetting.canaries import NO_DAY, Canaries, canaries_of, forget_seed, keep_seed, new_canaries
from plugins.forgetting.checks import Evidence, run_checks
from plugins.forgetting.ended_days import left_in_backups, try_keys
from plugins.forgetting.hunting import OPENED, Hunt, hunt_everywhere
from plugins.forgetting.in_window import look_in_window
from plugins.forgetting.marked_log import marked_receipts, plant
from plugins.forgetting.planting import missed_kinds
from plugins.forgetting.reach import unreached
from plugins.forgetting.scanner import Scanner
from plugins.forgetting.traces import Outside
from plugins.steps.originals import list_originals
from plugins.store.records import SUFFIX
from plugins.store.reports import put_report
from plugins.store.store import Store, Tell
from schemas.forgetting import CanaryState, ForgettingReport
from schemas.refusals import RefusedError

Phase = Literal["window", "closed", "purged"]
A_DAY: Final = timedelta(days=1)  # purges run once a day
NOWHERE: Final = Outside()


def prove(store: Store, actor: str, tell: Tell, outside: Outside = NOWHERE) -> ForgettingReport:
    """Plant, find, hunt and check; the report is kept and audited, also where it is void or something is broken.

    BusyError while another proof is at work.
    """
    began = time.monotonic()
    with store.locks.held("proof", wait=False):
        store.check_setting()
        with _scratch(store) as folder:
            problems = _plant_today(store, folder, tell)
            canaries = _planted(store)
            decoys = new_canaries(NO_DAY, canaries)[1]
            hunt = Hunt(Scanner([*canaries, decoys]))
            tell("looking for what was planted")
            missed = missed_kinds(hunt.scanner, [*canaries, decoys], folder)
            missed += unreached(hunt.scanner, decoys, store, outside, folder)
        problems += [f"a planted canary was not found: {kind}" for kind in missed]
        phases = {one.day: _look(store, hunt, one, problems) for one in canaries}
        if not any(phase == "window" and OPENED in hunt.places_of(day) for day, phase in phases.items()):
            problems.append("no canary is in the window, so nothing shows that one would be found elsewhere")
        problems += hunt_everywhere(hunt, store, outside, tell)
        states = tuple(CanaryState(day=day, phase=phases[day], found=tuple(hunt.places_of(day))) for day in phases)
        originals = tuple(list_originals(store))
        report = ForgettingReport(
            at=store.clock(),
            token=secrets.token_hex(8),
            is_valid=not problems,
            problems=tuple(problems),
            checks=tuple(run_checks(Evidence(store, hunt, states, originals))),
            canaries=states,
            searched=hunt.searched(is_proven=not missed),
            originals=originals,
            seconds=round(time.monotonic() - began, 1),
        )
        _keep(store, actor, report)
    return report


def _plant_today(store: Store, folder: Path, tell: Tell) -> list[str]:
    """Once a day is enough; a proof that was killed on the way is gone on with. Returns why it was not possible."""
    state, today = store.place("state"), store.calendar.today()
    known = canaries_of(state)
    try:
        if today not in {one.day for one in known}:
            keep_seed(state, new_canaries(today, known)[0], store.wall_clock())
        if not marked_receipts(store, today):
            tell("planting canaries")
            plant(store, next(one for one in canaries_of(state) if one.day == today), folder, tell)
    except RefusedError as error:
        return [f"no canary could be planted: {error}"]
    except OSError as error:
        return [f"no canary could be planted: {error.strerror}"]
    return []


def _planted(store: Store) -> list[Canaries]:
    """The canaries of all days on which some were planted; a seed that never was, after a kill, goes."""
    found = []
    for one in canaries_of(store.place("state")):
        if marked_receipts(store, one.day):
            found.append(one)
        else:
            forget_seed(store.place("state"), one.day)
    return found


def _look(store: Store, hunt: Hunt, canaries: Canaries, problems: list[str]) -> Phase:
    """In which phase a day's canaries are; while it is open each of them must be found with the key."""
    day = canaries.day
    with store.writing(day):
        if store.marks.get(day) or store.calendar.is_past(day):
            try_keys(hunt, store, canaries)
            return _phase(store, day)
        problems += look_in_window(hunt, store, canaries)
        return "window"


def _phase(store: Store, day: date) -> Phase:
    """No backup that was taken before a day ended is there any more once the next purge has run."""
    mark = store.marks.get(day)
    ended = mark.since if mark else store.calendar.deadline(day)
    return "purged" if store.clock() >= store.calendar.backup_ends(ended) + A_DAY else "closed"


def _keep(store: Store, actor: str, report: ForgettingReport) -> None:
    """Then canaries that are proven to be gone from everywhere are forgotten themselves."""
    put_report(store.place("reports"), "forgetting", report.at, report, report.token)
    store.audit.append(
        report.at,
        actor,
        "prove forgetting",
        valid=int(report.is_valid),
        problems=len(report.problems),
        days=len(report.canaries),
        found=sum(bool(set(one.found) - ({OPENED} if one.phase == "window" else set())) for one in report.canaries),
        broken=[check.check for check in report.checks if check.result == "broken"],
    )
    gone = [one.day for one in report.canaries if one.phase == "purged" and not one.found]
    if report.is_valid and not left_in_backups(store, gone):
        for day in gone:
            _forget(store, day)


def _forget(store: Store, day: date) -> None:
    """The seed first: without receipts nobody would know any more what of its day has to be gone."""
    forget_seed(store.place("state"), day)
    for receipt in marked_receipts(store, day):
        store.receipts.place.remove(f"{receipt.source}{SUFFIX}")


@contextmanager
def _scratch(store: Store) -> Iterator[Path]:
    """A folder for what is planted, of this user alone; those of proofs that were killed go first."""
    prefix = f"lethe-proof-{sha256(store.place('state').where.encode()).hexdigest()[:12]}-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
