"""People who walk by links: pages with what they load, reading times, downloads, broken links, second visits."""

from collections.abc import Iterable, Iterator
from random import Random

from tests.traffic import referrers, site
from tests.traffic.access_log import AccessLog, Event
from tests.traffic.agents import BROWSERS
from tests.traffic.diary import Diary
from tests.traffic.places import home
from tests.traffic.requests import BARE, WWW, Client, Request, Source

VISIT_GAP = 1800
LONGEST_READING = 900
MARGIN = 10  # seconds in which what a page loads is over
Links = dict[site.Page, list[site.Page]]


def human(number: int) -> Client:
    """The person of this number, on every day the same address and browser."""
    address, country = home(number)
    return Client(address, country, Random(f"person {number}").choice(BROWSERS), "human")


def live(log: AccessLog, client: Client, requests: Iterable[Request]) -> Iterator[Event]:
    """Make a person's requests, which come by instant, and note what they are about."""
    diary = Diary(log.truth, client)
    for request in requests:
        if request.act:
            diary.note(request, WWW if log.timed else request.vhost)
        yield log.write(client, request)
    diary.close()


def a_day_out(random: Random, start: int, until: int, links: Links = site.LINKS) -> Iterator[Request]:
    """One visit, sometimes more, with half an hour or much more between them."""
    at = start
    for _ in range(random.choices((1, 2, 3), (80, 15, 5))[0]):
        if at >= until - MARGIN:
            return
        for request in _walk(random, at, until, links):
            at = request.at
            yield request
        at += VISIT_GAP + random.randrange(4 * 3600)


def _walk(random: Random, start: int, until: int, links: Links) -> Iterator[Request]:
    arrival = referrers.arrive(random)
    page = random.choice((site.HOME, random.choice(list(links))))
    at, begins, referrer, query = start, arrival.source, arrival.referrer, arrival.query
    if page is site.HOME and random.random() < 0.05:
        yield Request(at, "/", BARE, status=301, referrer=referrer, milliseconds=_duration(random))
    new = True
    while at < until - MARGIN:
        yield _view(random, at, page, referrer=referrer, query=query, begins=begins)
        yield from _load(random, at, page, new)
        if random.random() < 0.3:
            return
        yield from _aside(random, at + 3, page)
        at += 5 + min(LONGEST_READING, int(random.lognormvariate(3.3, 1.1)))
        page, referrer, query, begins = random.choice(links[page]), page.url, "", None
        new = False


def _view(random: Random, at: int, page: site.Page, *, referrer: str, query: str, begins: Source | None) -> Request:
    status = 304 if random.random() < 0.05 else 200
    delay = random.randrange(1, 5) if random.random() < 0.03 else 0  # the server logs what it has finished
    if not query and random.random() < 0.02:
        query = "order=price"
    return Request(
        at, page.target(query), page.vhost, status=status, referrer=referrer, act="page", begins=begins, delay=delay,
        path=page.path, milliseconds=_duration(random),
    )  # fmt: skip


def _load(random: Random, at: int, page: site.Page, new: bool) -> Iterator[Request]:
    for later, target in enumerate((*site.STYLE, site.picture(page)) if new else [site.picture(page)]):
        status = 200 if new or random.random() < 0.5 else 304
        yield Request(at + later, target, page.vhost, status=status, referrer=page.url, milliseconds=_duration(random))
    if new and random.random() < 0.1:
        yield Request(at + 2, "/favicon.ico", page.vhost, referrer=page.url, milliseconds=3)


def _aside(random: Random, at: int, page: site.Page) -> Iterator[Request]:
    """Now and then something else before the next page."""
    chance, own = random.random(), {"vhost": page.vhost, "referrer": page.url, "milliseconds": _duration(random)}
    if chance < 0.04:
        yield Request(at, page.path, act="page", path=page.path, **own)  # a reload
    elif chance < 0.08:
        yield Request(at, random.choice(site.DOWNLOADS), act="download", **own)
    elif chance < 0.10:
        yield Request(at, f"/old/{random.choice('abcdef')}", status=404, **own)
    elif chance < 0.11:
        yield Request(at, "/cart", status=random.choice((500, 503)), **own)
    elif chance < 0.13:
        yield Request(at, f"/go/{random.randrange(5)}", status=302, **own)
    elif chance < 0.15:
        yield Request(at, "/contact", method="POST", act="page", **own)
    elif chance < 0.17:
        yield Request(at, f"/search?q={random.choice(('wool', 'lamps', 'ferry+times'))}", act="page", **own)
    elif chance < 0.20:
        yield Request(at, "/wp-json/wp/v2/posts?per_page=3", **own)


def _duration(random: Random) -> int:
    return int(random.lognormvariate(4, 1.5))
