"""The statistics page: what it shows of what is asked, its file, and tables as CSV."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from shutil import copytree

import pytest
from fastapi.testclient import TestClient

from plugins.report import making
from plugins.steps.days import publish_day
from plugins.store.door import Folder
from schemas.statistics import TABLES
from tests.plugins.pages.conftest import NOW
from tests.published import make_tables
from tests.stores import POLICY, Site
from tests.transforms.report.tables import tables

Client = Callable[..., TestClient]
TODAY = NOW.date()
DAYS = [TODAY - timedelta(days=n) for n in range(9, -1, -1)]
PAGE = "/lethe/report"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = Folder(tmp_path_factory.mktemp("statistics"))
    for day in DAYS:
        publish_day(place, day, make_tables(day, paths=20, views=900))
    return place.root


@pytest.fixture
def days(site: Site, published: Path) -> list[date]:
    """Ten published days, the newest that of the clock."""
    copytree(published, site.folder / "store" / "statistics", dirs_exist_ok=True)
    return DAYS


def test_a_site_without_statistics_says_so(client: Client) -> None:
    answer = client("analyst").get(PAGE)
    assert answer.status_code == 409
    assert "No statistics are published yet" in answer.text
    assert client("analyst").get(f"{PAGE}/csv/days").status_code == 409


def test_the_page_shows_the_period_that_is_asked_for(client: Client, days: list[date]) -> None:
    answer = client("analyst").get(PAGE, params={"from": str(days[2]), "to": str(days[4])})
    assert answer.status_code == 200
    assert f'value="{days[2]}"' in answer.text
    assert f'value="{days[4]}"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert re.search("<html[^>]* lang=.en.", answer.text)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"from": "2026-11-31"}, "The first day is none; write it as in 2026-07-31."),
        ({"to": "<script>"}, "The last day is none"),
        ({"from": "2026-11-15", "to": "2026-11-13"}, "The period begins on 2026-11-15 and ends before it"),
        ({"to": "2099-01-01"}, "which is yet to come"),
        ({"from": "2020-01-01", "to": "2020-02-01"}, "No day from 2020-01-01 to 2020-02-01 has tables"),
        ({"vhost": "<script>alert(1)"}, "No virtual host of that name"),
    ],
)
def test_what_cannot_be_shown_is_said_on_the_page_of_the_newest_whole_days(
    asked: dict[str, str], sentence: str, client: Client, days: list[date]
) -> None:
    answer = client("analyst").get(PAGE, params=asked)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{days[-2]}"' in answer.text
    assert "<script>alert" not in answer.text
    for part in ("file", "csv/pages_daily"):
        refused = client("analyst").get(f"{PAGE}/{part}", params=asked)
        assert refused.status_code == 409 or (part != "file" and "vhost" in asked)


def test_where_other_reports_are_being_made_the_page_says_so(
    client: Client, days: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "WAIT", 0.01)
    with making._computing:
        answers = [client("analyst").get(path) for path in (PAGE, f"{PAGE}/file")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert all("Other reports are being made; try again in a minute." in answer.text for answer in answers)


def test_a_period_beyond_the_kept_statistics_is_cut(client: Client, site: Site, days: list[date]) -> None:
    text = POLICY.replace("[statistics]", '[keep]\nstatistics = "P31D"\n\n[statistics]')
    site.policy.write_text(text, encoding="utf-8")
    expired = TODAY - timedelta(days=40)
    publish_day(site.open().place("statistics"), expired, make_tables(expired, paths=3))
    answer = client("analyst").get(PAGE, params={"from": "2001-01-01", "to": str(days[1])})
    assert answer.status_code == 200
    assert f'value="{days[0]}"' in answer.text
    asked = {"from": str(expired), "to": str(expired)}
    assert client("analyst").get(f"{PAGE}/csv/days", params=asked).status_code == 409


def test_a_language_that_we_do_not_speak_is_refused(client: Client, days: list[date]) -> None:
    assert client("analyst").get(PAGE, params={"language": "nn"}).status_code == 422
    assert re.search("<html[^>]* lang=.nb.", client("analyst").get(PAGE, params={"language": "nb"}).text)


def test_the_file_is_saved_under_its_period_and_links_nowhere(client: Client, days: list[date]) -> None:
    answer = client("analyst").get(f"{PAGE}/file", params={"from": str(days[0])})
    name = f"lethe-report-{days[0]}-{days[-2]}.html"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "default-src 'none'" in unescape(answer.text)
    assert "/lethe/" not in answer.text.replace("plotly", "")


def test_a_table_of_a_period_is_saved_as_csv(client: Client, days: list[date]) -> None:
    asked = {"from": str(days[1]), "to": str(days[2])}
    answer = client("analyst").get(f"{PAGE}/csv/visits_daily", params=asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"].endswith(f'"lethe-visits_daily-{days[1]}-{days[2]}.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert sorted({row["day"] for row in rows}) == [str(days[1]), str(days[2])]
    assert client("analyst").get(f"{PAGE}/csv/passwords").status_code == 409
    assert all(client("analyst").get(f"{PAGE}/csv/{name}").status_code == 200 for name in TABLES)


def test_csv_of_one_host_has_its_rows_only(client: Client, days: list[date]) -> None:
    def hosts(**asked: str) -> set[str]:
        answer = client("analyst").get(f"{PAGE}/csv/visits_daily", params=asked)
        return {row["vhost"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))}

    one, *_ = sorted(hosts())
    assert len(hosts()) > 1
    assert hosts(vhost=one) == {one}


def test_texts_of_visitors_end_no_element_of_the_page(client: Client, site: Site) -> None:
    hostile = '</script><script>alert("owned")</script>'
    given = {"pages_daily": [{"path": hostile, "views": 9}], "traffic_hourly": [{"vhost": hostile, "hits": 3}]}
    made = {name: table.set_column(0, "day", [[TODAY] * len(table)]) for name, table in tables(**given).items()}
    publish_day(site.open().place("statistics"), TODAY, made)
    for path in (PAGE, f"{PAGE}/file"):
        answer = client("analyst").get(path)
        assert answer.status_code == 200
        assert '<script>alert("owned")' not in answer.text


def test_scripts_come_from_here_only_and_the_library_is_kept_by_the_browser(client: Client, days: list[date]) -> None:
    browser = client("analyst")
    page = browser.get(PAGE)
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    linked = re.findall(r'(?:src|href)="(/lethe/static/[^"]+)"', page.text)
    assert {name.rpartition(".")[2] for name in linked} >= {"css", "js"}
    answers = {name: browser.get(name) for name in linked}
    assert {answer.status_code for answer in answers.values()} == {200}
    library = next(answer for name, answer in answers.items() if "plotly" in name)
    assert library.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert client().get(linked[0]).status_code == 401
    assert browser.get("/lethe/static/plotly-0.0.0.min.js").status_code == 404
    assert browser.get("/lethe/static/..%2Fapp.py").status_code == 404
