"""What the lines of the benchmark's log are made of: long lists, the most frequent text first."""

from dataclasses import dataclass
from random import Random
from typing import Final

import pyarrow as pa

WORDS: Final = (
    *("apple", "bell", "bird", "bread", "cider", "coast", "door", "ferry", "field", "glass", "harbour", "hill"),
    *("island", "lamp", "light", "map", "moss", "night", "oak", "paint", "quay", "rain", "river", "rope", "salt"),
    *("snow", "stair", "stone", "tide", "train", "valley", "wave", "winter", "wood", "wool", "yard"),
)
SITE: Final = "https://www.example.org"
ENGINES: Final = ("www.google.com", "www.google.no", "www.bing.com", "duckduckgo.com", "l.facebook.com", "t.co")
WEBKIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
ROBOTS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    f"Mozilla/5.0 {WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "python-requests/2.32.3",
    "curl/8.5.0",
)
ATTACKS: Final = (
    *("/wp-login.php", "/.env", "/xmlrpc.php", "/.git/config", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php"),
    *("/index.php?id=1%27%20UNION%20SELECT%20NULL,NULL--", "/cgi-bin/../../../../etc/passwd", "/?q=<script>alert(1)"),
)
BROKEN: Final = ("\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03", "-", 'GET /say?word=\\"quoted\\" HTTP/1.1')


@dataclass(frozen=True)
class Texts:
    """Columns of distinct texts."""

    pages: pa.Array
    assets: pa.Array
    agents: pa.Array
    robots: pa.Array
    attacks: pa.Array
    sources: pa.Array


def make_texts(seed: int = 1) -> Texts:
    """As many as a large site has: 30,000 pages, 8,000 pictures and scripts, 9,000 browsers, 12,000 linking pages."""
    random = Random(seed)
    return Texts(
        pages=pa.array(["/", *(_page(random, number) for number in range(30_000))]),
        assets=pa.array([_asset(random, number) for number in range(8_000)]),
        agents=pa.array(list(dict.fromkeys(_agent(random) for _ in range(14_000)))[:9_000]),
        robots=pa.array(ROBOTS),
        attacks=pa.array([*ATTACKS, *(_probe(random) for _ in range(3_000))]),
        sources=pa.array(["-", *(f"https://{host}/" for host in ENGINES), *(_source(random) for _ in range(12_000))]),
    )


def _words(random: Random, between: str) -> str:
    return between.join(random.sample(WORDS, 3))


def _page(random: Random, number: int) -> str:
    return random.choice(
        (
            f"/blog/{2010 + number % 17}/{1 + number % 12:02}/{_words(random, '-')}",
            f"/product/{_words(random, '-')}-{1000 + number}",
            f"/docs/{_words(random, '/')}.html",
            f"/{_words(random, '/')}/",
            f"/files/{_words(random, '-')}-{number}.pdf" if number % 8 == 0 else f"/forum/thread-{number}.php",
        )
    )


def _probe(random: Random) -> str:
    return f"/{_words(random, '/')}.{random.choice(('php', 'bak', 'sql'))}"


def _asset(random: Random, number: int) -> str:
    return random.choice(
        (
            f"/assets/{random.choice(WORDS)}.{random.getrandbits(32):08x}.{random.choice(('js', 'css'))}",
            f"/img/{2010 + number % 17}/{_words(random, '-')}-{number}.{random.choice(('jpg', 'png', 'webp'))}",
        )
    )


def _agent(random: Random) -> str:
    chrome = (
        f"Chrome/{random.choice((100, 120, 130, 138, 140, 141))}.0.{random.randrange(7000)}.{random.randrange(200)}"
    )
    system = f"{random.randrange(14, 19)}_{random.randrange(8)}"
    iphone = f"iPhone; CPU iPhone OS {system} like Mac OS X"
    phone = f"Linux; Android {random.randrange(8, 16)}; SM-{random.choice('AGSN')}{random.randrange(100, 999)}B"
    firefox = random.randrange(90, 145)
    windows, mac = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"
    safari = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version"
    return random.choice(
        (
            f"Mozilla/5.0 ({windows}) {WEBKIT} {chrome} Safari/537.36",
            f"Mozilla/5.0 ({mac}) {WEBKIT} {chrome} Safari/537.36",
            f"Mozilla/5.0 ({windows}) {WEBKIT} {chrome} Safari/537.36 Edg/141.0.{random.randrange(4000)}.0",
            f"Mozilla/5.0 ({phone}) {WEBKIT} {chrome} Mobile Safari/537.36",
            f"Mozilla/5.0 ({phone}) {WEBKIT} {chrome} Mobile Safari/537.36",
            f"Mozilla/5.0 ({iphone}) {safari}/{system[:2]}.0 Mobile/15E148 Safari/604.1",
            f"Mozilla/5.0 (X11; Linux x86_64; rv:{firefox}.0) Gecko/20100101 Firefox/{firefox}.0",
        )
    )


def _source(random: Random) -> str:
    host = f"{random.choice(WORDS)}{random.randrange(60)}.example.{random.choice(('net', 'com'))}"
    return f"https://{host}/{_words(random, '/')}"
