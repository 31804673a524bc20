"""Reports made by hand, as a busy site, a hostile one and an empty one have them."""

import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from schemas.report import PARTS, SUMS, Column, Figure, Part, Report, Unit, Value
from schemas.statistics import OTHER

FIRST, LAST = date(2026, 10, 29), date(2026, 11, 25)
HOSTILE = (
    "/<script>document.title='owned'</script>",
    "/</script><img src=//evil.example/x onerror=alert(1)>",
    "/\u202egnp.exe\u2066",
    "/<a href='javascript:alert(1)'>$x$</a>%{y}<b>&lt;",
    "/{{7*7}}/" + "long/" * 160,
)


def part(name: str, *rows: tuple[Value, ...], before: tuple[tuple[Value, ...], ...] = (), more: int = 0) -> Part:
    """A part with the columns that every report's has, and the sums of its chart over these rows."""
    columns = [one.split(":") for one in PARTS[name]]
    units: dict[str, Unit] = dict(columns)  # type: ignore[arg-type]
    return Part(name, tuple(Column(key, unit) for key, unit in units.items()), rows, before, more, sums(name, rows))


def sums(name: str, rows: tuple[tuple[Value, ...], ...]) -> tuple[tuple[Value, ...], ...]:
    """By the names that a chart shows, in the order of the rows."""
    *keys, figure = (one.split(":")[0] for one in SUMS.get(name, ("",)))
    found: dict[tuple[Value, ...], Any] = {}
    for row in rows if keys else ():
        named = dict(zip((one.split(":")[0] for one in PARTS[name]), row, strict=True))
        key = tuple(named[one] for one in keys)
        found[key] = found.get(key, 0) + named[figure]
    return tuple((*key, found[key]) for key in sorted(found, key=lambda key: (OTHER in key, -found[key])))


def busy() -> Report:
    """Four weeks; two days of it provisional, and two missing."""
    days = [FIRST + timedelta(days=n) for n in range(28)]
    missing = (days[11], days[12])
    there = [day for day in days if day not in missing]
    return Report(
        site="www.example.org",
        timezone="Europe/Oslo",
        first=FIRST,
        last=LAST,
        before_first=FIRST - timedelta(days=28),
        before_last=FIRST - timedelta(days=1),
        provisional=(days[26], days[27]),
        missing=missing,
        missing_before=0,
        vhost=None,
        vhosts=("www.example.org", "shop.example.org"),
        figures=FIGURES,
        parts=_parts(there, [day - timedelta(days=28) for day in days]),
        versions={"policy_version": ("3f2a9c1d",), "scenarios_version": ("c40d2e11", "d51e3f22")},
    )


def empty() -> Report:
    """A period before the first line was read."""
    figures = tuple(replace(one, value=None, before=None) for one in FIGURES)
    parts = {name: part(name) for name in PARTS}
    days = tuple(FIRST + timedelta(days=n) for n in range(28))
    return replace(busy(), provisional=(), missing=days, missing_before=28, figures=figures, parts=parts, versions={})


def hostile() -> Report:
    """A site whose visitors wrote into every text that is theirs to write."""
    whole = busy()
    texts = {"path", "from_path", "to_path", "source", "campaign", "referrer_host", "agent", "os", "browser", "goal"}
    parts = {
        name: replace(one, rows=(rows := _hostile(one, texts)), sums=sums(name, rows))
        for name, one in whole.parts.items()
    }
    return replace(whole, parts=parts, vhosts=(*whole.vhosts, HOSTILE[0]))


def _hostile(one: Part, texts: set[str]) -> tuple[tuple[Value, ...], ...]:
    names = [column.name for column in one.columns]
    return tuple(
        tuple(HOSTILE[n % len(HOSTILE)] if name in texts else value for name, value in zip(names, row, strict=True))
        for n, row in enumerate(one.rows)
    )


FIGURES = (
    Figure("visits", "count", 11_542, 10_607),
    Figure("unique_visitors", "count", 9_120, 8_380),
    Figure("pageviews", "count", 34_050, 31_292),
    Figure("downloads", "count", 1_204, 1_392),
    Figure("bounce_rate", "share", 0.41, 0.4388),
    Figure("visit_mean", "seconds", 164.2, 151.0),
    Figure("hits", "count", 338_039, 319_120),
    Figure("people_share", "share", 0.6435, 0.711),
    Figure("ai_share", "share", 0.1161, 0.0712),
    Figure("bytes_sent", "bytes", 31_400_000_000, 29_900_000_000),
    Figure("client_error_share", "share", 0.0414, 0.0414),
    Figure("server_error_share", "share", 0.00086, 0.0012),
    Figure("errors", "count", 1_288, 0),
    Figure("attack_hits", "count", 3_332, 1_240),
)

PATHS = (
    *(
        "/",
        "/products",
        "/products/skis",
        "/about",
        "/contact",
        "/news/2026/first-snow-of-the-season",
        "/products/boots",
    ),
    *("/jobs", "/search", "/products/skis/cross-country/touring/backcountry-classic-195-cm", "/news", "/support"),
)


def _wave(day: date, size: float) -> int:
    weekend = 0.55 if day.weekday() >= 5 else 1.0
    swing = 1 + 0.16 * math.sin(day.toordinal() * 1.7) + 0.08 * math.sin(day.toordinal() * 0.45)
    return round(size * weekend * swing)


def _day(day: date, size: float) -> tuple[Value, ...]:
    state = "provisional" if day >= LAST - timedelta(days=1) else "final"
    visits = _wave(day, size)
    return day, state, visits, round(visits * 0.79), round(visits * 2.95), round(visits * 0.41)


def _kinds(day: date) -> tuple[Value, ...]:
    return day, _wave(day, 9_800), 2_400 + _wave(day, 700), 900 + day.day * 40, _wave(day, 150)


def _answers(day: date) -> tuple[Value, ...]:
    slow = 1 + _wave(day, 100) / 130
    return day, _wave(day, 15_000), 0.021 * slow, 0.118 * slow, 0.74 * slow


def _states(days: list[date], rows: tuple[tuple[Value, ...], ...], *state: str) -> tuple[tuple[Value, ...], ...]:
    """Every day of the period; one without tables has no figures."""
    found = {row[0]: row for row in rows}
    width = len(rows[0]) - 1 - len(state)
    return tuple(found.get(day, (day, *state, *[None] * width)) for day in days)


def _parts(days: list[date], before: list[date]) -> dict[str, Part]:
    whole = [FIRST + timedelta(days=n) for n in range(28)]
    parts = (
        *OF_THE_MONTH,
        part(
            "days",
            *_states(whole, tuple(_day(day, 520) for day in days), "missing"),
            before=tuple(_day(day, 427) for day in before),
        ),
        part("response_times_by_day", *(_answers(day) for day in days)),
        part("traffic", *_states(whole, tuple(_kinds(day) for day in days))),
    )
    return {one.name: one for one in parts}


def _pages() -> tuple[tuple[Value, ...], ...]:
    return (
        *(
            (
                path,
                9_412 // (n + 1),
                6_001 // (n + 1),
                4_000 // (n * n + 1),
                3_100 // (n + 1),
                1_500 // (n + 1),
                dwell,
                0.7 - n / 30,
            )
            for n, (path, dwell) in enumerate(
                zip(PATHS, (21.4, 38.0, 64.9, 44.1, 80.5, 121.3, 58, 72, 9.3, 141, 30, 77), strict=True)
            )
        ),
        ("(other)", 3_311, 2_011, 302, 410, 144, 41.0, 0.44),
    )


TRANSITIONS = (
    *(("/", "/products", 1_902), ("/products", "/products/skis", 1_410), ("/", "/about", 602), ("/", "/", 540)),
    *(("/products/skis", "/products", 512), ("/products", "/products/boots", 498), ("/about", "/contact", 402)),
    *(("/products/skis", PATHS[9], 380), ("/news", PATHS[5], 340), ("/", "/news", 322), ("/contact", "/", 266)),
    *(("/search", "/products/skis", 240), ("/products/boots", "/contact", 181), ("/", "/search", 160)),
    *(("(other)", "(other)", 910), ("/", "(other)", 330), ("(other)", "/", 280), ("/jobs", "/contact", 77)),
)

OF_THE_MONTH = (
    part("pages", *_pages(), more=214),
    part(
        "sources",
        *(("search", "google", "", 3_922, 11_008, 1_530), ("direct", "direct", "", 3_120, 9_241, 1_402)),
        *(("search", "bing", "", 702, 2_041, 310), ("campaign", "newsletter", "autumn-sale", 610, 2_630, 118)),
        *(("external", "ski-forum.example", "", 540, 1_602, 240), ("social", "facebook", "", 502, 901, 322)),
        *(("ai", "chatgpt", "", 377, 1_288, 101), ("external", "(other)", "", 355, 820, 190)),
        *(("search", "duckduckgo", "", 322, 990, 120), ("ai", "perplexity", "", 121, 402, 30)),
        more=17,
    ),
    part(
        "source_kinds",
        *(("search", 4_646, 13_178, 1_960), ("direct", 3_120, 9_241, 1_402), ("external", 1_404, 4_022, 602)),
        *(("social", 812, 1_534, 522), ("campaign", 702, 2_880, 139), ("ai", 498, 1_690, 131)),
        ("resumed", 360, 1_505, 126),
    ),
    part("transitions", *TRANSITIONS, more=320),
    part(
        "devices",
        *(("desktop", "Windows", "Chrome", 2_933, 9_004), ("mobile", "iOS", "Mobile Safari", 2_840, 7_442)),
        *(("mobile", "Android", "Chrome Mobile", 2_311, 6_102), ("desktop", "Mac OS X", "Safari", 1_388, 4_609)),
        *(("desktop", "Windows", "Edge", 1_102, 3_377), ("tablet", "iOS", "Mobile Safari", 408, 1_320)),
        *(("desktop", "Linux", "Firefox", 396, 1_411), ("other", "(other)", "(other)", 464, 1_646)),
        more=12,
    ),
    part(
        "device_classes",
        *(("desktop", 5_711, 18_072), ("mobile", 5_211, 13_744), ("tablet", 408, 1_320), ("other", 212, 914)),
    ),
    part(
        "countries",
        *(("NO", 7_610, 23_241), ("SE", 1_402, 4_003), ("DE", 744, 2_110), ("DK", 610, 1_740), ("US", 402, 988)),
        *(("GB", 288, 802), ("FI", 201, 566), ("(other)", 190, 388), ("unknown", 95, 212)),
    ),
    part(
        "downloads",
        *(("/files/catalogue-2026.pdf", 702, 641), ("/files/price-list.xlsx", 288, 240)),
        *(("/files/manuals/binding-adjustment-guide.pdf", 131, 118), ("(other)", 83, 79)),
    ),
    part("goals", ("Order placed", 412), ("Newsletter", 188), ("Catalogue", 702)),
    part(
        "broken_links",
        *(("/old-catalogue.html", "ski-forum.example", 412), ("/products/skis-2024", "www.example.org", 288)),
        *(("/img/logo-old.png", "unknown", 133), ("/feed.xml", "reader.example", 98), ("(other)", "(other)", 622)),
        more=40,
    ),
    part(
        "errors",
        *(("error", "php", "PHP Warning: Undefined variable {} in {} on line {}", 812),),
        *(("error", "core", "open() {} failed (2: No such file or directory)", 401),),
        *(("crit", "ssl", "SSL_do_handshake() failed (SSL: error: {}: wrong version number)", 44),),
        ("warn", "upstream", "an upstream response is buffered to a temporary file {}", 31),
    ),
    part(
        "statuses",
        *((200, 360_112, 29.1e9), (301, 12_040, 8.1e6), (304, 21_033, 0), (404, 14_882, 21.5e6)),
        *((403, 2_204, 1.9e6), (500, 312, 2.2e5), (502, 41, 1.1e4), (206, 1_710, 2.2e9)),
    ),
    part(
        "response_times",
        *((path, 9_000 // (n + 1), 0.02 * (n + 1), 0.1 * (n + 1), 0.6 * (n + 1)) for n, path in enumerate(PATHS)),
        more=160,
    ),
    part("hours", *((hour, round(80 + 2_300 * math.exp(-(((hour - 14.5) / 5.2) ** 2)))) for hour in range(24))),
    part(
        "agents",
        *(("human", "Chrome", 171_002, 14.1e9), ("human", "Mobile Safari", 80_233, 7.1e9)),
        *(("bot", "Googlebot", 31_020, 1.2e9), ("bot", "bingbot", 22_011, 0.9e9), ("ai", "GPTBot", 17_440, 0.8e9)),
        *(("bot", "AhrefsBot", 12_010, 0.3e9), ("attack", "unknown", 4_410, 0.1e9)),
        more=55,
    ),
    part(
        "ai_crawlers",
        *(("OpenAI", "GPTBot", 17_440, 0.8e9), ("Anthropic", "ClaudeBot", 12_112, 0.6e9)),
        *(("OpenAI", "ChatGPT-User", 4_033, 0.2e9), ("Perplexity", "PerplexityBot", 2_910, 0.1e9)),
        *(("Meta", "meta-externalagent", 2_014, 0.1e9), ("Amazon", "Amazonbot", 1_403, 0.1e9)),
    ),
    part(
        "attacks",
        *(("path-scan", "attempted", 88, 91, 2_881), ("secret-files", "attempted", 61, 70, 702)),
        *(("login-bruteforce", "blocked", 12, 14, 510), ("sql-injection", "attempted", 9, 9, 288)),
        ("log4shell", "attempted", 4, 4, 29),
    ),
)
