"""What a policy means, in plain words."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from ipaddress import ip_network

from schemas.durations import Duration
from schemas.policy_agreement import nothing_left_after
from schemas.policy_model import Log, Policy


def describe_policy(policy: Policy) -> list[str]:
    """The policy in sentences, one subject an item."""
    site = policy.site
    return [
        f"Site {site.name}: days begin at midnight in {site.timezone}; links from {_series(site.hosts)} are internal.",
        *_addresses(policy),
        *_counting(policy),
        *_bans(policy),
        *map(_reading, policy.logs),
        *_what_is_off(policy),
    ]


def _addresses(policy: Policy) -> Iterator[str]:
    keep, cut = policy.keep, policy.truncation
    window, gone = _words(keep.security_window), _words(nothing_left_after(policy))
    ipv4 = ip_network(f"192.0.2.123/{cut.ipv4_prefix}", strict=False)
    ipv6 = ip_network(f"2001:db8:1234:5678:9abc::123/{cut.ipv6_prefix}", strict=False)
    yield (
        f"Full addresses can be read for {window} at most: a day's addresses become unreadable {window} after that day"
        " began, so those of its last hour after almost a day less."
    )
    yield (
        "Before anything is stored for longer, an address loses its last digits:"
        f" 192.0.2.123 becomes {ipv4}, 2001:db8:1234:5678:9abc::123 becomes {ipv6}."
    )
    yield (
        f"The visit log lives {keep.visit_log.words}, statistics {keep.statistics.words},"
        f" receipts of what was read {keep.receipts.words},"
        f" the audit trail, reports and replaced notices {keep.audit.words}."
    )
    yield (
        f"Backups live {_words(keep.backups)}. At worst, the last copy of an address is gone {gone} after its day"
        f" began: {window} of window, {_words(keep.backups)} of backups, 1 day until the daily purge."
    )


def _counting(policy: Policy) -> Iterator[str]:
    rules = policy.statistics
    yield f"A visit ends after {_words(rules.visit_gap)} without a page or download, and at midnight."
    if rules.smallest_group > 1:
        yield f'A value that fewer than {rules.smallest_group} visitors of a day share is published as "(other)".'
    query = [
        f"{_series(keys)} {purpose}"
        for keys, purpose in ((rules.campaign_keys, "tell the campaign"), (rules.page_query_keys, "tell pages apart"))
        if keys
    ]
    yield f"Of queries nothing is kept{', except: ' if query else ''}{'; '.join(query)}."
    secret = _series(("password", "token", "session", *policy.site.secret_query_keys))
    yield f"Values of secret query keys, such as {secret}, are not stored at all, unless an attack is in them."
    for goal in policy.goals:
        reached = _series(map(_reached, goal.path), "or")
        yield f"Goal {goal.name}: visits in which {reached} was opened count as conversions."
    if rules.background_paths:
        yield f"Besides feeds and their like, {_series(rules.background_paths)} are background: hits, and no pageviews."
    if ignored := [*rules.ignore_paths, *map(str, rules.exclude_networks)]:
        yield f"Hits on or from {_series(ignored)} count in no table; attacks among them are still seen."


def _bans(policy: Policy) -> Iterator[str]:
    ban = _words(policy.blocklist.ban)
    yield (
        f"An address with an attack pattern is banned for {ban}, twice as long for each ban before that,"
        " and no longer than its evidence can be read."
    )
    if policy.protected:
        yield f"Never banned: {_series(map(str, policy.protected))}."
    if simulated := policy.blocklist.simulate:
        yield f"Scenarios that ban nobody: {_series(simulated)}."
    if policy.blocklist.most_people < 1:
        share = f"{policy.blocklist.most_people:.2%}"
        yield f"Bans that would together hit more than {share} of a day's people are held back, until somebody decides."


def _reading(log: Log) -> str:
    files = f"access from {_series(log.access) or 'nowhere'}, errors from {_series(log.error) or 'nowhere'}"
    proxies = _series(map(str, log.trusted_proxies))
    client = f"the client that the proxies {proxies} name" if proxies else "whoever the server names as client"
    after = {"report": "reported", "delete": "deleted"}[log.after_window]
    return (
        f"Log {log.name}: {files}; layout {log.format}; error layout {log.error_format};"
        f" server time {log.timezone}; addresses are of {client};"
        f" originals older than the window are {after};"
        f" it is told when more than {log.quarantine_share:.0%} of its lines cannot be read."
    )


def _what_is_off(policy: Policy) -> Iterator[str]:
    if policy.statistics.smallest_group == 1:
        yield "Off: small groups are published as they are (smallest_group = 1 is for tests)."
    if not policy.blocklist.allowlist:
        yield "Off: no network is safe from bans (blocklist.allowlist is empty)."
    if policy.blocklist.off:
        yield f"Off: the scenarios {_series(policy.blocklist.off)} (blocklist.off)."
    if policy.blocklist.most_people == 1:
        yield "Off: a blocklist is published however many people it would hit (blocklist.most_people = 1)."
    if not policy.search_engines:
        yield "Off: search engines; crawlers are banned like anybody who asks for dead links (no [[search_engines]])."
    if not policy.places.network_data:
        yield "Off: scenarios by the owner of networks (places.network_data is empty)."
    if not policy.goals:
        yield "Off: goals; no conversions are counted (there is no [[goals]])."
    if not policy.places.country_data:
        yield 'Off: countries; every country is "unknown" (places.country_data is empty).'
    if not policy.logs:
        yield "Off: nothing is read on schedule (there is no [[logs]])."


def _words(exact: timedelta) -> str:
    return Duration(exact=exact).words


def _reached(path: str) -> str:
    return f"anything that begins with {path.removesuffix('*')}" if path.endswith("*") else path


def _series(names: Iterable[str], joined: str = "and") -> str:
    *most, last = list(names) or [""]
    return f"{', '.join(most)} {joined} {last}" if most else last
