"""The cases that tables are most often wrong about, each a visitor of its own, second by second, every day."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from tests.traffic.access_log import AccessLog, Event
from tests.traffic.actors.people import live
from tests.traffic.agents import BROWSERS
from tests.traffic.requests import BARE, DIRECT, RESUMED, SHOP, Client, Request, Source
from tests.traffic.writing import Arrival

Step = tuple[int, str, dict[str, Any]]  # seconds since the step before, target, more about the request
OWN = "https://www.example.org/"
POLLING = "/wp-admin/admin-ajax.php"


def _page(wait: int, target: str, **more: Any) -> Step:
    return wait, target, {"act": "page", "referrer": OWN} | more


def _first(target: str, **more: Any) -> Step:
    return 0, target, {"act": "page", "begins": DIRECT} | more


def _download(wait: int, target: str, **more: Any) -> Step:
    return wait, target, {"act": "download", "referrer": OWN} | more


def _hit(wait: int, target: str, **more: Any) -> Step:
    return wait, target, {"referrer": OWN} | more


NOON: dict[str, list[Step]] = {
    "1,799 s are one visit": [_first("/"), _page(1799, "/about"), _page(1799, "/")],
    "1,800 s are two": [_first("/"), _page(1800, "/about", begins=RESUMED)],
    "the second one from elsewhere": [_first("/"), _page(1800, "/about", begins=DIRECT, referrer="")],
    "the same second, by place in the log": [_first("/"), _page(0, "/docs/"), _page(0, "/blog"), _page(7, "/docs/")],
    "exact duplicates": [
        _first("/about"), _page(60, "/prices.aspx"), _page(0, "/prices.aspx"), *[_hit(0, "/img/1.png")] * 2,
    ],
    "reloads": [_first("/blog?p=3", path="/blog?p=3"), *[_page(4, "/blog?p=3", path="/blog?p=3")] * 2],
    "written late": [_first("/", delay=9), _page(3, "/about", delay=1), _page(3, "/contact"), _page(5, "/blog")],
    "a download alone": [_first("/files/guide.pdf", act="download")],
    "a download first": [
        _first("/files/photos.zip", act="download"), _page(30, "/blog"), _download(9, "/files/form.docx"),
    ],
    "downloads between pages": [
        _first("/"), _download(20, "/files/guide.pdf"), _download(20, "/files/guide.pdf", status=206),
        _page(50, "/about"),
    ],
    "a download not modified is none": [_first("/"), _hit(20, "/files/guide.pdf", status=304), _page(50, "/docs/")],
    "from www to the shop and back": [
        _first("/"), _page(40, "/product/101", vhost=SHOP), _page(40, "/cart", vhost=SHOP), _page(2, "/about"),
    ],
    "a redirect on the bare name": [_hit(0, "/", vhost=BARE, status=301, referrer=""), _first("/"), _page(9, "/blog")],
    "a page on the bare name": [_first("/about", vhost=BARE), _page(70, "/about")],
    "a campaign beats a search engine": [
        _first("/?utm_source=google&utm_campaign=brand", begins=Source("campaign", "google", "brand"),
               referrer="https://www.google.com/"),
        _page(90, "/?utm_source=own"),
    ],
    "a page by query key": [
        _first("/blog?order=price&p=4", path="/blog?p=4"), _page(5, "/blog?p=5", path="/blog?p=5"),
        _page(5, "/blog?order=price"),
    ],
    "kinds of page": [
        _first("/index.php"), _page(3, "/docs/"), _page(3, "/docs/snow.html"), _page(3, "/old.htm"),
        _page(3, "/prices.aspx"), _page(3, "/app/start.jsp"), _page(3, "/form.asp"),
    ],
    "no pages": [
        _first("/"), _hit(3, "/data.json"), _hit(3, "/feed"), _hit(3, "/favicon.ico"), _hit(3, "/robots.txt"),
        _hit(3, "/.well-known/security.txt"), _hit(3, "/wp-json/oembed"), _hit(3, "/wp-cron.php", method="POST"),
        _hit(3, "/about", method="HEAD"), _hit(3, "/about", method="OPTIONS"), _hit(3, "/about", status=500),
    ],
    "neither page nor visit": [
        _hit(0, "/assets/site.css", referrer=""), _hit(5, "/nowhere", status=404), _hit(9, "/feed"),
    ],
    "forms": [
        _first("/contact"), _page(30, "/contact", method="POST"), _hit(30, "/contact", method="POST", status=302),
        _page(0, "/thanks"),
    ],
    "two wrong passwords": [
        _first("/"), _hit(9, "/wp-login.php"), _hit(5, "/wp-login.php", method="POST"),
        _hit(6, "/wp-login.php", method="POST"), _hit(7, "/wp-login.php", method="POST", status=302), _page(1, "/blog"),
    ],
    "three broken links": [_first("/")] + [_hit(4, f"/lost/{number}", status=404) for number in range(3)],
    "an article about SQL": [_first("/blog/select-from-where"), _page(300, "/blog")],
    "a tab that polls keeps no visit alive": [
        _first("/about"), *[_hit(60, POLLING, method="POST")] * 120, _page(20, "/blog", begins=RESUMED),
    ],
    "an IPv4 address written as IPv6": [_first("/"), _page(61, "/about"), _page(60, "/blog"), _page(61, "/docs/")],
    "an IPv6 address in three spellings": [_first("/"), _page(61, "/about"), _page(60, "/blog"), _page(61, "/docs/")],
    "a user name with a blank": [_first("/"), _page(10, "/about")],
}  # fmt: skip
# From 23:50 local time on.
NIGHT: dict[str, list[Step]] = {
    "over midnight": [_first("/"), _page(590, "/about"), _page(30, "/blog")],
    "midnight itself": [_first("/"), _page(600, "/blog")],
    "a download after midnight": [_first("/"), _download(620, "/files/guide.pdf")],
    "a new visit after midnight": [_first("/"), _page(2400, "/about", begins=DIRECT, referrer="")],
    "logged after midnight": [_first("/"), _page(598, "/about", delay=5)],
}


def _mapped(address: str) -> tuple[str, ...]:
    octets = address.split(".")
    return f"::ffff:{address}", "::FFFF:" + "{:02x}{:02x}:{:02x}{:02x}".format(*map(int, octets))


_SPELLINGS = {
    "an IPv4 address written as IPv6": _mapped,
    "an IPv6 address in three spellings": lambda address: (
        address,
        address.upper(),
        "2001:0db8:2000:0000:0000:0000:00ab:00cd",
    ),
}


def cases(log: AccessLog, day: int, noon: int, before_midnight: int | None) -> Iterator[Arrival]:
    """All cases of a day, a minute apart; those of the night unless the record ends with the day."""
    night = NIGHT if before_midnight is not None else {}
    for number, (name, steps) in enumerate((NOON | night).items()):
        start = before_midnight if name in night and before_midnight is not None else noon + 60 * number
        yield start, _play(log, _visitor(name, number, day), start, steps)


def _visitor(name: str, number: int, day: int) -> Client:
    address = "2001:db8:2000::ab:cd" if "IPv6 address" in name else f"198.18.{day % 100 + 10}.{number + 10}"
    # another address each day: who stays past midnight must not meet himself
    spellings = _SPELLINGS[name](address) if name in _SPELLINGS else ()
    user = "kari nordmann" if "user name" in name else "-"
    return Client(address, "NO", BROWSERS[number % len(BROWSERS)], "human", spellings=spellings, user=user)


def _play(log: AccessLog, client: Client, start: int, steps: list[Step]) -> Iterator[Event]:
    instants = accumulate((wait for wait, *_ in steps), initial=start)
    next(instants)
    return live(
        log, client, (Request(at, target, **more) for at, (_, target, more) in zip(instants, steps, strict=True))
    )
