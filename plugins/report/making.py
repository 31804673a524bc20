"""The report of a period of a site, out of its published tables."""

from datetime import date

from plugins.report.reading import list_files, read_tables
from plugins.store.door import Place
from schemas.policy_model import Site
from schemas.report import Report
from schemas.statistics import TABLES
from transforms.report.compute import COMPARED, compute_report
from transforms.report.period import Period


def make_report(place: Place, first: date, last: date, vhost: str | None = None, *, site: Site) -> Report:
    """What the tables in a place say of the days from `first` to `last`, both in it.

    RefusedError, in a sentence, where there are no tables, none of these days, or none of that host.
    """
    period = Period(first, last)
    files = list_files(place, period, TABLES)
    files_before = list_files(place, period.before, COMPARED)
    now, before = read_tables(place, files, TABLES), read_tables(place, files_before, COMPARED)
    return compute_report(now, before, period, site, vhost)
