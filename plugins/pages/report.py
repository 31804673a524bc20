"""The statistics page: a period of published tables as a page, as one file, and each of its tables as CSV."""

from datetime import date
from itertools import dropwhile
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field

from plugins.pages.gate import Analyst, OpenStore
from plugins.pages.showing import sentence
from plugins.report.as_csv import check_table, write_csv
from plugins.report.choosing import choose_period, newest_whole
from plugins.report.making import make_report
from plugins.report.reading import published_days
from plugins.report.rendering import render_report
from plugins.store.locks import BusyError
from plugins.store.store import Store
from schemas.notice import Language
from schemas.refusals import RefusedError
from schemas.report import Report
from transforms.report.period import Period

# As that of all pages, and the scripts that draw.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
LONGEST: Final = 300  # characters of what is asked for


class Asked(BaseModel):
    """Which days of which virtual host, in which language; as it is typed."""

    first: str = Field("", alias="from", max_length=LONGEST)
    to: str = Field("", max_length=LONGEST)
    vhost: str = Field("", max_length=LONGEST)
    language: Language = "en"


Wanted = Annotated[Asked, Query()]

router = APIRouter(prefix="/report")


@router.get("")
def report(request: Request, _: Analyst, store: OpenStore, asked: Wanted) -> Response:
    """The page; what cannot be shown is said on that of the newest whole days."""
    problem, days, today = "", _days(store), store.calendar.today()
    try:
        found = _report(store, choose_period(asked.first, asked.to, days, today), asked.vhost)
    except RefusedError as error:
        problem = sentence(str(error))
        found = _report(store, choose_period("", "", days, today), "")
    page = render_report(
        found,
        asked.language,
        mode="page",
        base=request.scope.get("root_path", ""),
        newest=newest_whole(days, today),
        today=today,
        replay=store.clock() if store.is_replay else None,
        problem=problem,
        rules=store.policy.statistics,
    )
    return HTMLResponse(page, 422 if problem else 200, {"Content-Security-Policy": POLICY})


@router.get("/file")
def as_file(_: Analyst, store: OpenStore, asked: Wanted) -> Response:
    """The same as one file that asks nobody for anything."""
    found, today = _report(store, _period(store, asked), asked.vhost), store.calendar.today()
    page = render_report(found, asked.language, mode="file", today=today, rules=store.policy.statistics)
    return HTMLResponse(page, headers=_saved(f"lethe-report-{found.first}-{found.last}.html"))


@router.get("/csv/{table}")
def as_csv(_: Analyst, store: OpenStore, table: str, asked: Wanted) -> Response:
    """All rows of a published table in a period, of all virtual hosts or of one."""
    name, period = check_table(table), _period(store, asked)
    rows = write_csv(store.place("statistics"), name, period, asked.vhost or None)
    headers = _saved(f"lethe-{name}-{period.first}-{period.last}.csv")
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8; header=present", headers=headers)


def _days(store: Store) -> list[date]:
    """The days with tables whose time is not over, in order."""
    found = published_days(store.place("statistics"))
    kept = list(dropwhile(lambda day: store.calendar.has_ended("statistics", day), found))
    if not kept:
        raise RefusedError("no statistics are published yet; the first ones follow the first logs within the hour")
    return kept


def _period(store: Store, asked: Asked) -> Period:
    return choose_period(asked.first, asked.to, _days(store), store.calendar.today())


def _report(store: Store, period: Period, vhost: str) -> Report:
    place, site = store.place("statistics"), store.policy.site
    try:
        return make_report(place, period.first, period.last, vhost or None, site=site)
    except BusyError as error:
        raise HTTPException(503, sentence(str(error))) from None


def _saved(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
