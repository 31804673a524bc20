"""Published tables of a period → its report."""

from contextlib import ExitStack
from typing import Final

import pyarrow.compute as pc

from schemas.policy_model import Site
from schemas.report import PARTS, Report
from transforms.report.parts import compute_figures, compute_part
from transforms.report.period import Period
from transforms.report.relations import Relations, Tables

COMPARED: Final = ("days", "visits_daily", "traffic_hourly", "errors_daily")
VERSIONS: Final = ("policy_version", "scenarios_version", "agent_lists_version", "country_data_version")


def list_hosts(now: Tables, period: Period, site: Site) -> tuple[str, ...]:
    """The virtual hosts of a period, by its `traffic_hourly` alone; those with the most hits first."""
    with Relations(now, period, site.timezone, None) as found:
        return tuple(found.ask("hosts")["vhost"].to_pylist())


def compute_report(now: Tables, before: Tables, period: Period, site: Site, vhost: str | None = None) -> Report:
    """What the tables say of a period, of all virtual hosts or of one.

    `now` are the published tables of its days, `before` those of COMPARED of as many days before them, each with the
    columns of its schema. `days` tells no hosts apart, so it is that of all.
    """
    days, days_before = now["days"], before["days"]
    published = set(days["day"].to_pylist())
    with ExitStack() as stack:
        found = stack.enter_context(Relations(now, period, site.timezone, vhost))
        earlier = None
        if len(days_before):
            earlier = stack.enter_context(Relations(before, period.before, site.timezone, vhost))
        return Report(
            site=site.name,
            timezone=site.timezone,
            first=period.first,
            last=period.last,
            before_first=period.before.first,
            before_last=period.before.last,
            provisional=tuple(sorted(days.filter(pc.equal(days["state"], "provisional"))["day"].to_pylist())),
            missing=tuple(day for day in period.days() if day not in published),
            missing_before=period.length - len(days_before),
            vhost=vhost,
            vhosts=tuple(found.ask("hosts")["vhost"].to_pylist()),
            figures=compute_figures(found, earlier),
            parts={name: compute_part(name, found, earlier) for name in PARTS},
            versions={name: tuple(sorted({*days[name].to_pylist()} - {None})) for name in VERSIONS},
        )
