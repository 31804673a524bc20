"""`lethe summary`: the published tables in one screen, and how to read on."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import duckdb
import typer

from plugins.cli.terminal import print_table
from schemas.refusals import RefusedError


@dataclass(frozen=True)
class Part:
    """One table of the screen: its title, its headings, and the query behind it."""

    title: str
    headings: tuple[str, ...]
    table: str
    query: str


EXAMPLES: Final = (
    "import duckdb; print(duckdb.read_parquet('{pages}/*.parquet').aggregate('path, sum(views)'))",
    "import pandas; print(pandas.read_parquet('{pages}').groupby('path').views.sum())",
)
PARTS: Final = (
    Part(
        "Days",
        ("day", "state", "lines", "hits", "errors", "ignored", "quarantined"),
        "days",
        "SELECT day, state, lines, hits, errors, ignored, quarantined FROM rows ORDER BY day",
    ),
    Part(
        "Visits",
        ("site", "visits", "visitor-days", "pageviews", "downloads", "bounces"),
        "visits_daily",
        "SELECT vhost, sum(visits), sum(unique_visitors), sum(pageviews), sum(downloads), sum(bounces)"
        " FROM rows GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
    ),
    Part(
        "Pages",
        ("site", "path", "views", "entries", "exits", "s to next page", "of views"),
        "pages_daily",
        "SELECT vhost, path, sum(views), sum(entries), sum(exits),"
        " round(sum(dwell_seconds) / nullif(sum(dwell_views), 0), 1), sum(dwell_views)"
        " FROM rows GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 15",
    ),
    Part(
        "Sources",
        ("kind", "source", "campaign", "visits", "pageviews", "bounces"),
        "sources_daily",
        "SELECT CASE source_kind WHEN 'direct' THEN 'direct or unknown' ELSE source_kind END, source, campaign,"
        " sum(visits), sum(pageviews), sum(bounces) FROM rows GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3 LIMIT 15",
    ),
    Part(
        "Goals",
        ("goal", "conversions"),
        "goals_daily",
        "SELECT goal, sum(conversions) FROM rows GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    Part(
        "Devices",
        ("device", "os", "browser", "visits", "pageviews"),
        "devices_daily",
        "SELECT device_class, os, browser, sum(visits), sum(pageviews)"
        " FROM rows GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3 LIMIT 10",
    ),
    Part(
        "Attacks",
        ("scenario", "outcome", "alerts", "hits"),
        "attacks_daily",
        "SELECT scenario, outcome, sum(alerts), sum(hits) FROM rows GROUP BY ALL ORDER BY 4 DESC, 1, 2",
    ),
)


def summary(
    folder: Annotated[Path, typer.Argument(help="What `lethe statistics --out` was given.", readable=False)] = Path(
        "out"
    ),
) -> None:
    """Show the published tables in one screen, and how to read on with DuckDB and pandas."""
    statistics = folder / "statistics"
    if not list(statistics.glob("days/*.parquet")):
        raise RefusedError(f"{statistics} holds no tables; lethe statistics --out {folder} writes them")
    for part in PARTS:
        rows = _rows(statistics, part)
        if rows:
            print_table(part.title, part.headings, rows)
    typer.echo(f"Parquet: {statistics}/<table>/<day>.parquet")
    for example in EXAMPLES:
        typer.echo(f'  {_python()} -c "{example.format(pages=statistics / "pages_daily")}"')


def _python() -> str:
    """This environment's interpreter, as short as it can be said from here."""
    here = Path.cwd()
    return str(Path(sys.executable).relative_to(here) if Path(sys.executable).is_relative_to(here) else sys.executable)


def _rows(statistics: Path, part: Part) -> list[tuple[object, ...]]:
    files = list(map(str, statistics.glob(f"{part.table}/*.parquet")))
    relation = duckdb.read_parquet(files, union_by_name=True).query("rows", part.query) if files else None
    return relation.fetchall() if relation else []
