"""The forgetting page: how each sentence of the promise stands, for whoever answers for it; the same as files."""

from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from plugins.notice.standing import Forgetting, look_at
from plugins.pages.asking import record_reading
from plugins.pages.gate import Officer, OpenStore
from plugins.pages.showing import STATIC, TEMPLATES, show
from plugins.store.reports import INSTANT

READING: Final = "read forgetting"
FILING: Final = "export forgetting"
AS_JSON: Final = TypeAdapter(Forgetting)

router = APIRouter()


@router.get("/forgetting")
def forgetting(request: Request, person: Officer, store: OpenStore) -> Response:
    """The promise first, then what it rests on; counts, days and names of log files, no address."""
    record_reading(store, person.role, READING, person.tag)
    return show(request, "forgetting.html", store, found=look_at(store), is_file=False)


@router.get("/forgetting/report.html")
def file_html(person: Officer, store: OpenStore) -> Response:
    """The page as one file that asks nobody for anything: style inside, no script, no link."""
    record_reading(store, person.role, FILING, person.tag, form="html")
    found = look_at(store)
    style = (STATIC / "lethe.css").read_text(encoding="utf-8")
    facts = {"found": found, "style": style, "zone": store.calendar.zone}
    page = TEMPLATES.get_template("forgetting_file.html").render(facts, is_file=True)
    return _as_file(page.encode(), "text/html; charset=utf-8", found, "html")


@router.get("/forgetting/report.json")
def file_json(person: Officer, store: OpenStore) -> Response:
    """The same as data."""
    record_reading(store, person.role, FILING, person.tag, form="json")
    found = look_at(store)
    return _as_file(AS_JSON.dump_json(found, indent=2), "application/json", found, "json")


def _as_file(content: bytes, media_type: str, found: Forgetting, ending: str) -> Response:
    name = f"lethe-forgetting-{found.now.strftime(INSTANT)}.{ending}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
