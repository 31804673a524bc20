"""Published tables of a period → its report."""

from contextlib import ExitStack
from typing import Final

import pyarrow.compute as pc

from schemas.policy_model import Site
from schemas.report import PARTS, Report
from transforms.report.parts import compute_figures, compute_part
from transforms.report.period import Period
from transforms.report.relations import Tables, ask, relations

COMPARED: Final = ("days", "visits_daily", "traffic_hourly", "errors_daily", "attacks_daily")
VERSIONS: Final = ("policy_version", "scenarios_version", "agent_lists_version", "country_data_version")


def compute_report(now: Tables, before: Tables, period: Period, site: Site, vhost: str | None = None) -> Report:
    """What the tables say of a period, of all virtual hosts or of one.

    `now` are the published tables of its days, `before` those of COMPARED of as many days before them, each with the
    columns of its schema. `days` tells no hosts apart, so it is that of all.
    """
    days, published = now["days"], set(now["days"]["day"].to_pylist())
    is_compared = len(before["days"]) > 0
    with ExitStack() as stack:
        engine = stack.enter_context(relations(now, period, site.timezone, vhost))
        earlier = stack.enter_context(relations(before, period.before, site.timezone, vhost)) if is_compared else None
        return Report(
            site=site.name,
            timezone=site.timezone,
            first=period.first,
            last=period.last,
            before_first=period.before.first,
            before_last=period.before.last,
            provisional=tuple(sorted(days.filter(pc.equal(days["state"], "provisional"))["day"].to_pylist())),
            missing=tuple(day for day in period.days() if day not in published),
            missing_before=period.length - len(before["days"]),
            vhost=vhost,
            vhosts=tuple(ask(engine, "hosts")["vhost"].to_pylist()),
            figures=compute_figures(engine, earlier),
            parts={name: compute_part(name, engine, earlier) for name in PARTS},
            versions={name: tuple(sorted({*days[name].to_pylist()} - {None})) for name in VERSIONS},
        )
