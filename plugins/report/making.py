"""The report of a period of a site, out of its published tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Lock
from typing import Final

from plugins.report.reading import Unread, list_files
from plugins.report.shelf import Shelf
from plugins.store.door import Place
from plugins.store.locks import BusyError
from schemas.policy_model import Site
from schemas.refusals import RefusedError
from schemas.report import Report
from schemas.statistics import TABLES
from transforms.report.compute import COMPARED, compute_report, list_hosts
from transforms.report.period import Period

WAIT: Final = 20.0  # seconds for those who asked before
MOST: Final = 32  # reports that are remembered, some hundred kilobytes each

Asked = tuple[str, Site, Period, str | None, tuple[tuple[str, str], ...]]
_made: Final = Shelf[Asked, Report](MOST)
_computing: Final = Lock()  # one at a time, so that memory and processors are those of one


def make_report(place: Place, first: date, last: date, vhost: str | None = None, *, site: Site) -> Report:
    """What the tables in a place say of the days from `first` to `last`, both in it.

    A report is made again as soon as one of its files is another. RefusedError where no such host was asked for
    anything; BusyError where others are still being made after WAIT seconds.
    """
    period = Period(first, last)
    files = list_files(place, period, TABLES)
    files_before = list_files(place, period.before, COMPARED)
    asked = (place.where, site, period, vhost, (*files.items(), *files_before.items()))
    report = _made.get(asked)
    if report is None:
        with _alone():
            report = _made.get(asked)  # somebody else may have asked for the same
            if report is None:
                now, before = Unread(place, files, TABLES), Unread(place, files_before, COMPARED)
                if vhost is not None and vhost not in list_hosts(now, period, site):
                    raise RefusedError("no virtual host of that name was asked for anything in this period")
                report = compute_report(now, before, period, site, vhost)
                _made.put(asked, report)
    return report


@contextmanager
def _alone() -> Iterator[None]:
    if not _computing.acquire(timeout=WAIT):
        raise BusyError("other reports are being made; try again in a minute")
    try:
        yield
    finally:
        _computing.release()
