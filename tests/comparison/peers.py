"""Each figure that a peer and Lethe both have, from theirs to ours."""

from collections.abc import Callable, Hashable, Iterable
from datetime import timedelta
from functools import partial

from tests.comparison import awstats, goaccess, matomo
from tests.comparison.balance import Holds, Step, explain, in_steps
from tests.comparison.hits import Hit, Log
from tests.comparison.visits import Who, address_and_agent, count_visitor_days, count_visitors, count_visits

MORE_THAN_AN_HOUR = timedelta(hours=1, seconds=1)


def address(hit: Hit) -> Hashable:
    """AWStats' visitor."""
    return hit.client


def spelled_and_agent(hit: Hit) -> Hashable:
    """GoAccess's visitor."""
    return hit.spelled, hit.agent


def and_host(hit: Hit) -> Hashable:
    """Our visitors are counted for each virtual host."""
    return hit.client, hit.agent, hit.vhost


def goaccess_hits(log: Log) -> list[Step]:
    """Hits: each line that one side reads and the other does not."""
    unread = goaccess_only(log)
    return [
        Step("GoAccess", sum(bool(hit.status) for hit in log.hits) + len(unread)),
        *_unless_0("lines that Lethe does not trust", -len(unread)),
        *_unless_0("lines without a status, which GoAccess refuses", sum(not hit.status for hit in log.hits)),
        *_unless_0("left out by the policy", -sum(hit.kind == "ignored" for hit in log.hits)),
    ]


def goaccess_bytes(log: Log) -> list[Step]:
    """Bytes of the same lines; a negative size counts as such in GoAccess."""
    unread = goaccess_only(log)
    return [
        Step("GoAccess", sum(hit.bytes_sent for hit in [*log.hits, *unread] if hit.status)),
        *_unless_0("lines that Lethe does not trust", -sum(hit.bytes_sent for hit in unread)),
        *_unless_0("left out by the policy", -sum(hit.bytes_sent for hit in log.hits if hit.kind == "ignored")),
    ]


def goaccess_only(log: Log) -> list[Hit]:
    """Lines of our quarantine that GoAccess reads."""
    found = (goaccess.read_leniently(number, line) for number, line in log.quarantine.items())
    return [hit for hit in found if hit]


def goaccess_visitors(log: Log) -> list[Step]:
    """Visitors of a day, added up: GoAccess's may be robots, and need not see a page."""
    hits = [*log.hits, *goaccess_only(log)]
    counted = [hit for hit in hits if hit.status and goaccess.makes_a_visitor(hit)]
    first = in_steps(
        [
            ("GoAccess", count_visitor_days(counted, spelled_and_agent)),
            ("an address counts once in all its spellings", count_visitor_days(counted)),
        ]
    )
    membership = explain("", hits, _is_among(counted), lambda _: False, count_visitor_days)
    return [*first, *membership[1:], *_each_host(log)]


def matomo_visits(log: Log) -> list[Step]:
    """Visits: both cut them alike, of other actions."""
    return explain("Matomo", log.hits, matomo.is_action, matomo.is_robot, count_visits)


def matomo_visitors(log: Log) -> list[Step]:
    """Visitors: Matomo's of the whole period, ours of each day."""
    return [
        *explain("Matomo", log.hits, matomo.is_action, matomo.is_robot, count_visitors),
        *_each_day(log),
        *_each_host(log),
    ]


def awstats_visits(log: Log) -> list[Step]:
    """Visits: of addresses, with gaps of up to an hour. Lines are in the order of time."""
    longer = partial(count_visits, gap=MORE_THAN_AN_HOUR)
    ours = _ours(log)
    further = [
        ("", longer(ours, address)),
        ("an address with several browsers is several visitors", longer(ours)),
        ("half an hour of silence ends a visit, not an hour", count_visits(ours)),
    ]
    membership = explain("AWStats", log.hits, awstats.is_page, awstats.is_robot, partial(longer, who=address))
    return [*membership, *in_steps(further)[1:]]


def awstats_visitors(log: Log) -> list[Step]:
    """Visitors: AWStats' are the addresses of a month."""
    ours = _ours(log)
    further = [
        ("", count_visitors(ours, address)),
        ("an address with several browsers is several visitors", count_visitors(ours)),
    ]
    membership = explain("AWStats", log.hits, awstats.is_page, awstats.is_robot, partial(count_visitors, who=address))
    return [*membership, *in_steps(further)[1:], *_each_day(log), *_each_host(log)]


def _ours(log: Log) -> list[Hit]:
    return [hit for hit in log.hits if hit.is_ours]


def _is_among(hits: Iterable[Hit]) -> Holds:
    lines = {hit.line for hit in hits}
    return lambda hit: hit.line in lines


def _each_day(log: Log) -> list[Step]:
    ours, who = _ours(log), address_and_agent
    return _unless_0("who comes on several days counts on each", _days(ours, who) - count_visitors(ours))


def _each_host(log: Log) -> list[Step]:
    ours = _ours(log)
    return _unless_0(
        "who comes to several hosts counts on each", _days(ours, and_host) - _days(ours, address_and_agent)
    )


def _days(hits: Iterable[Hit], who: Who) -> int:
    return count_visitor_days(hits, who)


def _unless_0(reason: str, figure: int) -> list[Step]:
    return [Step(reason, figure)] if figure else []


# The title of each table of docs/comparison.md, whence it comes, and the published figure that it ends at.
BALANCES: dict[str, tuple[Callable[[Log], list[Step]], str, str]] = {
    "Hits": (goaccess_hits, "status_daily", "hits"),
    "Bytes": (goaccess_bytes, "status_daily", "bytes_sent"),
    "GoAccess's visitors": (goaccess_visitors, "visits_daily", "unique_visitors"),
    "Matomo's visits": (matomo_visits, "visits_daily", "visits"),
    "Matomo's visitors": (matomo_visitors, "visits_daily", "unique_visitors"),
    "AWStats' visits": (awstats_visits, "visits_daily", "visits"),
    "AWStats' visitors": (awstats_visitors, "visits_daily", "unique_visitors"),
}
