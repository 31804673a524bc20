"""`lethe summary`: the published tables in one screen, and how to read on."""

import sys
from pathlib import Path
from typing import Annotated, Final

import duckdb
import typer

from plugins.cli.terminal import print_table, say
from schemas.refusals import RefusedError

EXAMPLES: Final = (
    "import duckdb; print(duckdb.read_parquet('{pages}/*.parquet').aggregate('path, sum(views)'))",
    "import pandas; print(pandas.read_parquet('{pages}').groupby('path').views.sum())",
)
# Title → the table, and the query of what is shown of its rows
PARTS: Final = {
    "Days": (
        "days",
        "SELECT day, state, lines, hits, errors, ignored, quarantined FROM rows ORDER BY day",
    ),
    "Visits": (
        "visits_daily",
        'SELECT vhost AS site, sum(visits) AS visits, sum(unique_visitors) AS "visitor-days",'
        " sum(pageviews) AS pageviews, sum(downloads) AS downloads, sum(bounces) AS bounces"
        " FROM rows GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
    ),
    "Pages": (
        "pages_daily",
        "SELECT vhost AS site, path, sum(views) AS views, sum(entries) AS entries, sum(exits) AS exits,"
        ' round(sum(dwell_seconds) / nullif(sum(dwell_views), 0), 1) AS "s to next page",'
        ' sum(dwell_views) AS "of views" FROM rows GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 15',
    ),
    "Sources": (
        "sources_daily",
        "SELECT CASE source_kind WHEN 'direct' THEN 'direct or unknown' ELSE source_kind END AS kind, source, campaign,"
        " sum(visits) AS visits, sum(pageviews) AS pageviews, sum(bounces) AS bounces"
        " FROM rows GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3 LIMIT 15",
    ),
    "Goals": (
        "goals_daily",
        "SELECT goal, sum(conversions) AS conversions FROM rows GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    "Devices": (
        "devices_daily",
        "SELECT device_class AS device, os, browser, sum(visits) AS visits, sum(pageviews) AS pageviews"
        " FROM rows GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3 LIMIT 10",
    ),
    "Attacks": (
        "attacks_daily",
        "SELECT scenario, outcome, sum(alerts) AS alerts, sum(hits) AS hits"
        " FROM rows GROUP BY ALL ORDER BY 4 DESC, 1, 2",
    ),
}


def summary(
    folder: Annotated[Path, typer.Argument(help="What `lethe statistics --out` was given.", readable=False)] = Path(
        "out"
    ),
) -> None:
    """Show the published tables in one screen, and how to read on with DuckDB and pandas."""
    statistics = folder / "statistics"
    if not list(statistics.glob("days/*.parquet")):
        raise RefusedError(f"{statistics} holds no tables; lethe statistics --out {folder} writes them")
    for title, (table, query) in PARTS.items():
        files = list(map(str, statistics.glob(f"{table}/*.parquet")))
        found = duckdb.read_parquet(files, union_by_name=True).query("rows", query) if files else None
        if found and (rows := found.fetchall()):
            print_table(title, found.columns, rows)
    say(f"Parquet: {statistics}/<table>/<day>.parquet")
    say(*(f'  {_python()} -c "{example.format(pages=statistics / "pages_daily")}"' for example in EXAMPLES))


def _python() -> str:
    """This environment's interpreter, as short as it can be said from here."""
    here = Path.cwd()
    return str(Path(sys.executable).relative_to(here) if Path(sys.executable).is_relative_to(here) else sys.executable)
