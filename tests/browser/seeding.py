"""A store of now, as an attacked site has it: hostile text in the logs, and many decisions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from plugins.blocklist.decisions import Decision, Decisions, new_handle
from plugins.blocklist.exporting import publish_exports
from plugins.steps.detecting import detect
from plugins.steps.ingest import ingest
from plugins.store.store import open_store
from schemas.forgetting import Check, Original, Result
from tests.plugins.pages.proofs import prove, prove_for_weeks, report
from tests.stores import Site, apache_error, hit, silent

ATTACKER = "203.0.113.66"
HOSTILE_AGENT = (
    "<script>document.title='owned'</script>\u202egnp.exe\u2066 <img src=//evil.example/x onerror=alert(1)>'"
)
HOSTILE_PATHS = (
    "/%3Cscript%3Ealert(1)%3C/script%3E?q=%22onmouseover=alert(1)",
    "/a\u202eb'<svg/onload=alert(1)>?x=<script>alert(1)</script>",
    "/{{7*7}}{%25raw%25}?" + "long=" + "A" * 600,
    "/javascript:alert(document.cookie)?x=<iframe+src=//evil.example>",
    "/../../../../etc/passwd?cat=union+select+1,2,3",
)
SCENARIOS = ("path-scan", "sql-injection", "scanner-agent", "secret-files", "login-bruteforce", "log4shell", "by-hand")
MANY = 10_000
SEEN = "1,234 objects in 7 days, none of them holds one of 12 canaries in any of 38 spellings"


def seed(folder: Path, many: int = MANY) -> Site:
    """A site whose newest lines are of just now."""
    now = datetime.now(UTC)
    site = Site(folder, now)
    site.write("access.log", *_visitors(now), *_attack(now), *["this is no line\n"] * 9)
    site.write("error.log", "neither is this\n", *_errors(now))
    ingest(open_store(site.policy), "operations", silent)
    detect(open_store(site.policy), "operations", silent)
    prove_for_weeks(site)
    prove(site, now - timedelta(minutes=5), originals=_originals(now), checks=_checks(now))
    if many:
        _decide(site, _decisions(site, now, many))
    publish_exports(open_store(site.policy))
    return site


def _originals(now: datetime) -> list[Original]:
    """Of a server that rotates for a year, and names its files as it likes."""
    paths = ("/var/log/nginx/access.log", "/var/log/nginx/a-very-long-name-of-a-site.example.org-ssl-access.log.52.gz")
    days = [(now - timedelta(days=age)).date() for age in (3, 364)]
    return [
        Original(log="www", path=path, oldest=day, is_past=path.endswith(".gz"), after_window="report")
        for path, day in zip(paths, days, strict=True)
    ]


def _checks(now: datetime) -> list[Check]:
    """One broken and one unknown, so that all colours are to be seen."""
    results: dict[str, Result] = {"originals": "broken", "airflow": "unknown"}
    return [
        one.model_copy(update={"result": results.get(one.check, "kept"), "sentence": f"{one.sentence}: {SEEN}"})
        for one in report(now).checks
    ]


def _visitors(now: datetime) -> list[str]:
    return [hit(now - timedelta(minutes=n), f"198.51.100.{n % 200}", f"/page/{n % 17}") for n in range(400, 0, -1)]


def _attack(now: datetime) -> list[str]:
    begin = now - timedelta(minutes=3)
    return [
        hit(begin + timedelta(seconds=n), ATTACKER, f"{HOSTILE_PATHS[n % len(HOSTILE_PATHS)]}&n={n}", HOSTILE_AGENT)
        for n in range(40)
    ]


def _errors(now: datetime) -> list[str]:
    """Of the newest attack, with further lines."""
    message = f"AH01276: Cannot serve directory /srv/www/: {HOSTILE_AGENT}"
    entry = apache_error((now - timedelta(minutes=3)).astimezone(ZoneInfo("Europe/Oslo")), ATTACKER, message)
    return [entry, "Stack trace:\n", "#0 <b>/srv/www/index.php</b>(3): main()\n"]


def _decisions(site: Site, now: datetime, many: int) -> list[Decision]:
    store = site.open()
    today = store.calendar.today()
    found = []
    for n in range(many):
        since = now - timedelta(minutes=(n * 37) % (6 * 24 * 60 - 60) + 1)
        day = max(since.astimezone(store.calendar.zone).date(), today - timedelta(days=6))
        address = f"198.{18 + n % 2}.{n // 250 % 256}.{n % 250}" if n % 9 else f"2001:db8:{n:x}::/64"
        lifted = since + timedelta(minutes=1) if n % 31 == 0 else None
        found.append(
            Decision(
                new_handle(),
                day,
                address,
                SCENARIOS[n * n % 11 % 7],
                since,
                since + timedelta(hours=4 + n % 40),
                since - timedelta(minutes=9),
                since,
                3 + n % 90,
                "blocked" if n % 3 else "attempted",
                "Many different addresses that do not exist, asked for in a short time",
                "scenario",
                lifted,
                "op" if lifted else "",
                "A customer's own scanner" if lifted else "",
            )
        )
    return found


def _decide(site: Site, decisions: Sequence[Decision]) -> None:
    store = site.open()
    with store.writing(*{one.day for one in decisions}):
        Decisions(store).add(decisions)
