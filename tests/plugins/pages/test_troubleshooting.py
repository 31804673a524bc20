"""The troubleshooting page, as somebody's browser gets it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from plugins.troubleshooting import finding
from tests.plugins.pages.conftest import NOW, token_in
from tests.plugins.pages.test_blocklist import entries
from tests.stores import Site, apache_error, hit

Client = Callable[..., TestClient]
OSLO = ZoneInfo("Europe/Oslo")
MOMENT = NOW - timedelta(minutes=10)


def error(moment: datetime, address: str, message: str) -> str:
    return apache_error(moment.astimezone(OSLO), address, message)


def failing(moment: datetime, address: str, path: str, status: int = 500) -> str:
    return hit(moment, address, path).replace('" 200 512', f'" {status} 512')


@pytest.fixture
def busy(site: Site) -> Site:
    """A visitor without trouble, one whose page failed, and one line of the server's own."""
    site.write(
        "access.log",
        hit(MOMENT, "192.0.2.1", "/well"),
        failing(MOMENT, "192.0.2.2", "/cart"),
        hit(MOMENT + timedelta(seconds=1), "192.0.2.2", "/logo.png"),
        hit(NOW - timedelta(hours=5), "192.0.2.3", "/early"),
    )
    site.write(
        "error.log",
        error(MOMENT, "192.0.2.2", "PHP Fatal error: no stock in /srv/shop/cart.php:12"),
        "Stack trace:\n",
        "#0 /srv/shop/<b>total</b>.php(3)\n",
        f"[{(MOMENT + timedelta(minutes=1)).astimezone(OSLO):%a %b %d %H:%M:%S.%f %Y}] [mpm_event:notice] "
        "[pid 7:tid 8] AH00489: Apache/2.4.62 configured -- resuming normal operations\n",
    )
    site.ingest()
    return site


def ask(browser: TestClient, **fields: str) -> str:
    token = token_in(browser.get("/lethe/troubleshooting").text)
    answer = browser.post("/lethe/troubleshooting", data={"token": token, "purpose": "troubleshoot"} | fields)
    assert answer.status_code == 200, unescape(re.sub(r"<[^>]+>", " ", answer.text))
    return answer.text


def rows(page: str) -> list[str]:
    """The time line, a text a row."""
    body = re.findall(r'<table class="cards hits line">.*<tbody>(.*?)</tbody>', page, re.DOTALL)
    texts = re.findall(r"<tr.*?</tr>", body[0], re.DOTALL) if body else []
    return [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text))).strip() for text in texts]


def test_nothing_is_shown_before_a_purpose_is_given(client: Client, busy: Site) -> None:
    browser = client("op")
    asked = browser.get("/lethe/troubleshooting").text
    assert re.search(r'value="troubleshoot" required checked', asked)
    refused = browser.post("/lethe/troubleshooting", data={"token": token_in(asked), "purpose": ""})
    assert refused.status_code == 400
    assert "192.0.2" not in asked + refused.text


def test_an_error_stands_beside_its_hit_with_its_further_lines(client: Client, busy: Site) -> None:
    page = ask(client("op"))
    found = rows(page)
    assert len(found) == 4, "the last hour of data, and what the server said of itself"
    (cart,) = [row for row in found if "/cart" in row]
    assert "no stock" in cart
    assert "2 further lines Stack trace:" in cart
    assert "#0 /srv/shop/<b>total</b>.php(3)" in cart
    assert "same client, at that time" in cart
    assert "no hit" in found[-1]
    assert "resuming normal operations" in found[-1]
    assert "<b>total" not in page


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"status": "5xx"}, ["/cart"]),
        ({"status": "200 304"}, ["/well", "/logo.png"]),
        ({"path": "CAR"}, ["/cart"]),
        ({"path": "/*.png"}, ["/logo.png"]),
        ({"client": "192.0.2.2"}, ["/cart", "/logo.png"]),
        ({"client": "192.0.2.0/31"}, ["/well"]),
        ({"vhost": "www.example.org", "path": "/w"}, ["/well"]),
        ({"vhost": "other"}, []),
        ({"method": "post"}, []),
        ({"log": "other"}, []),
        ({"request_id": "x"}, []),
        ({"errors_only": "1"}, ["/cart", "no hit"]),
        ({"errors_only": "1", "status": "5xx"}, ["/cart"]),
        ({"errors_only": "1", "path": "/cart"}, ["/cart"]),
        ({"level": "warn"}, ["/cart"]),
        ({"level": "warn", "status": "404"}, []),
        ({"from": "2026-11-20T07:00", "until": "2026-11-20T09:00"}, ["/early"]),
        ({"from": "2026-11-20T07:00", "path": "/?e*l*"}, ["/well"]),
        ({"from": "2026-11-20T07:00", "status": "2xx"}, ["/early", "/well", "/logo.png"]),
    ],
)
def test_what_does_not_fit_is_not_shown(fields: dict[str, str], paths: list[str], client: Client, busy: Site) -> None:
    found = rows(ask(client("security"), **fields))
    assert [next((path for path in paths if path in row), row) for row in found] == paths


def test_an_error_of_a_hit_that_does_not_fit_is_not_given_to_one_that_does(client: Client, busy: Site) -> None:
    page = ask(client("op"), status="2xx", client="192.0.2.2")
    assert ["/logo.png" in row for row in rows(page)] == [True]
    assert "no stock" not in page
    assert "no stock" in ask(client("op"), status="5xx", client="192.0.2.2")


def test_an_error_of_a_long_request_that_does_not_fit_is_not_given_to_a_short_one_that_does(
    client: Client, site: Site
) -> None:
    timed = """format = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i" %T'"""
    site.policy.write_text(site.policy.read_text().replace('format = "combined"', timed))
    begun = failing(MOMENT - timedelta(minutes=5), "192.0.2.2", "/upload").replace("\n", " 400\n")
    site.write("access.log", begun, hit(MOMENT, "192.0.2.2", "/short").replace("\n", " 0\n"))
    site.write("error.log", error(MOMENT, "192.0.2.2", "PHP Fatal error: no room"))
    site.ingest()
    assert "no room" in ask(client("op"), path="/upload")
    (short,) = rows(ask(client("op"), path="/short"))
    assert "no room" not in short


def test_in_a_flood_an_older_error_is_not_given_to_whatever_hit_is_left(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "BESIDE", 6)
    later = MOMENT + timedelta(minutes=1)
    for moment, others in ((MOMENT, 1), (later, 6)):
        site.write("access.log", hit(moment, "192.0.2.2", "/well"))
        site.write("access.log", *(failing(moment, "192.0.2.2", f"/cart{n}") for n in range(others)))
        site.write("error.log", error(moment, "192.0.2.2", "PHP Fatal error: no stock"))
    site.ingest()
    assert ["no stock" in row for row in rows(ask(client("op"), path="/well"))] == [False, False]


def test_the_summary_counts_what_fits(client: Client, busy: Site) -> None:
    page = ask(client("op"))
    assert "3 hits and 2 error entries fit" in page
    assert re.search(r'aria-label="5xx: 1, at most 1 at once"', page)
    assert re.search(r'aria-label="2xx: 2, at most 1 at once"', page) or re.search(
        r'aria-label="2xx: 2, at most 2', page
    )
    assert re.search(r'name="only_path" value="/cart"', page)
    assert "resuming normal operations" in page.split("Most frequent messages")[1].split("</section>")[0]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "abc"}, "A status is a number such as 404"),
        ({"client": "no address"}, "A client is an address, or a network such as 192.0.2.0/24"),
        ({"from": "yesterday"}, "A time is written as"),
        ({"from": "2026-11-20T12:00", "until": "2026-11-20T11:00"}, "exchange them"),
        ({"level": "worst"}, "The level is one of"),
    ],
)
def test_what_means_nothing_is_refused_and_still_there_to_be_corrected(
    fields: dict[str, str], sentence: str, client: Client, busy: Site
) -> None:
    browser = client("op")
    token = token_in(browser.get("/lethe/troubleshooting").text)
    answer = browser.post("/lethe/troubleshooting", data={"token": token, "purpose": "troubleshoot"} | fields)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert all(f'value="{typed}"' in answer.text or name == "level" for name, typed in fields.items())


def test_nothing_that_is_looked_for_is_in_a_url_or_in_the_trail(
    client: Client, busy: Site, caplog: pytest.LogCaptureFixture
) -> None:
    browser = client("security")
    page = ask(browser, client="192.0.2.2", path="/cart", note="a complaint")
    ask(browser, client="192.0.2.1")
    urls = re.findall(r'(?:href|src|action|formaction)="([^"]*)"', page)
    assert all(re.fullmatch(r"(/lethe/[a-z0-9/.]+|#[a-z]+)", url) for url in urls)
    assert not re.search(r"<form(?![^>]*method=\"post\")", page)
    found = entries(busy, "read logs")
    assert [(one["actor"], one["purpose"], one["note"]) for one in found] == [
        ("security", "troubleshoot", "a complaint"),
        ("security", "troubleshoot", ""),
    ]
    assert not re.search(r"192\.0\.2|cart", str(found) + caplog.text)


def test_more_than_a_page_is_cut_and_the_older_ones_follow(client: Client, site: Site) -> None:
    site.write("access.log", *(hit(NOW - timedelta(seconds=500 - n), "192.0.2.1", f"/n{n}") for n in range(450)))
    site.ingest()
    browser = client("op")
    page = ask(browser)
    assert "450 hits and 0 error entries fit; shown are the newest 200." in page
    older = re.search(r'name="only_until" value="([^"]+)"', page)
    assert older
    assert "/n250" in rows(page)[0]
    assert "/n250" in rows(ask(browser, only_until=older[1]))[-1]


def test_an_empty_window_and_an_empty_time_say_so(client: Client, site: Site) -> None:
    browser = client("op")
    assert "No logs yet" in ask(browser)
    site.write("access.log", hit(MOMENT))
    site.ingest()
    page = ask(browser, **{"from": "2026-11-01T00:00", "until": "2026-11-01T01:00"})
    assert "Nothing fits" in page
    assert "The window reaches from 2026-11-20 to 2026-11-20" in page


def test_a_day_that_is_over_is_not_read(client: Client, busy: Site) -> None:
    busy.now += timedelta(days=8)
    assert "No logs yet" in ask(client("op"), **{"from": "2026-11-20T00:00", "until": "2026-11-20T23:00"})
