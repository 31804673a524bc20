"""The app at /lethe: its routes, the headers of every answer, and what a refusal looks like."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from plugins.mistakes import describe_mistake
from plugins.pages import api, blocklist, bouncer, forgetting, incidents, report, scenarios, status, troubleshooting
from plugins.pages.purpose import UnansweredError
from plugins.pages.showing import STATIC, show
from plugins.report.plotly import plotly_name, plotly_path
from plugins.report.rendering import STATIC as STATIC_OF_REPORT
from plugins.store.locks import BusyError
from schemas.refusals import RefusedError

log = logging.getLogger(__name__)

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'self'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Nothing goes to others. Not "no-referrer": under it browsers send forms with Origin: null, also to ourselves.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

app = FastAPI(title="Lethe", docs_url=None, redoc_url=None, openapi_url=None)
for part in (blocklist, scenarios, incidents, troubleshooting, status, forgetting, report, api, bouncer):
    app.include_router(part.router)


STATICS: Final = {
    "lethe.css": STATIC,
    **{f"{page}.svg": STATIC for page in ("report", "blocklist", "troubleshooting", "status", "forgetting")},
    **dict.fromkeys(("report.css", "report.js"), STATIC_OF_REPORT),
}
FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}  # its version is in its name


@app.get("/static/{name}")
def static(_: GetUserDep, name: str) -> Response:
    """Styles, icons and scripts, for whoever is logged in."""
    if name in STATICS:
        return FileResponse(STATICS[name] / name)
    if name == plotly_name():
        return FileResponse(plotly_path(), headers=FOR_EVER)
    raise HTTPException(404, "There is no such file.")


@app.middleware("http")
async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Our headers on every answer without its own. A mistake may say an address: its kind and place are logged."""
    try:
        response = await go_on(request)
    except Exception as error:  # noqa: BLE001 - see above
        log.error(describe_mistake(error))
        response = _refuse(request, 500, "This is a mistake in Lethe; the log of the API server says where.")
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@app.exception_handler(UnansweredError)
def ask_first(_: Request, error: UnansweredError) -> Response:
    return error.question


@app.exception_handler(HTTPException)
def refuse(request: Request, error: HTTPException) -> Response:
    """A person without a login is sent to Airflow's; everybody else gets a sentence."""
    if error.status_code == 401 and request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(get_auth_manager().get_url_login(next_url=request.url.path), 302)
    return _refuse(request, error.status_code, str(error.detail), dict(error.headers or {}))


@app.exception_handler(RefusedError)
def refuse_input(request: Request, error: RefusedError) -> Response:
    return _refuse(request, 409, str(error))


@app.exception_handler(BusyError)
def refuse_busy(request: Request, _: BusyError) -> Response:
    return _refuse(request, 503, "Lethe is at work on this day. Try again in a minute.")


@app.exception_handler(OSError)
def refuse_trouble(request: Request, error: OSError) -> Response:
    return _refuse(
        request,
        503,
        f"The store does not answer: {error.strerror or type(error).__name__}. Try again, or ask operations.",
    )


@app.exception_handler(RequestValidationError)
def refuse_call(request: Request, _: RequestValidationError) -> Response:
    """Nothing of a wrong value is repeated."""
    return _refuse(request, 422, "A parameter is not one that is allowed here.")


def _refuse(request: Request, status_code: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    if "/api/" in request.scope["path"]:
        return JSONResponse({"detail": sentence}, status_code, headers)
    if "/v1/" in request.scope["path"]:  # where bouncers look for it
        return JSONResponse({"message": sentence}, status_code, headers)
    return show(request, "refused.html", None, status_code, sentence=sentence)
