"""How people arrive: source, referrer and query of a visit's first request.

Names are those of Matomo's lists. Left out because they stand in two lists at once: chatgpt.com, chat.openai.com and
perplexity.ai (search and AI), facebook.com (search and social).
"""

from random import Random
from typing import Final, NamedTuple

from tests.traffic.requests import DIRECT, RESUMED, Source


class Arrival(NamedTuple):
    """The first request of a visit, apart from its page."""

    source: Source
    referrer: str = ""
    query: str = ""


def _listed(kind: str, names: dict[str, str]) -> list[Arrival]:
    return [Arrival(Source(kind, name), f"https://{rest}") for rest, name in names.items()]


SEARCH: Final = _listed(
    "search",
    {
        "www.google.com/": "Google",
        "www.google.no/": "Google",
        "www.bing.com/": "Bing",
        "duckduckgo.com/": "DuckDuckGo",
        "www.ecosia.org/": "Ecosia",
        "search.yahoo.com/": "Yahoo!",
        "www.kvasir.no/": "Kvasir",
    },
)
AI: Final = _listed(
    "ai",
    {
        "claude.ai/": "Claude",
        "copilot.microsoft.com/": "Copilot",
        "gemini.google.com/": "Gemini",
        "chat.mistral.ai/": "Le Chat",
    },
)
SOCIAL: Final = _listed(
    "social",
    {
        "l.facebook.com/": "Facebook",
        "www.linkedin.com/": "LinkedIn",
        "t.co/": "Twitter",
        "www.reddit.com/": "reddit",
        "mastodon.social/": "Mastodon",
    },
)
EXTERNAL: Final = [
    Arrival(Source("external", "news.example"), "https://www.news.example/"),
    Arrival(Source("external", "forum.example.net"), "https://forum.example.net/thread?id=7"),
    Arrival(Source("external", "notexample.org"), "http://notexample.org/links.html"),
]
CAMPAIGN: Final = [
    Arrival(
        Source("campaign", "newsletter", "autumn"),
        "",
        "utm_source=newsletter&utm_medium=email&utm_campaign=autumn",
    ),
    Arrival(Source("campaign", "google", "brand"), "https://www.google.com/", "utm_source=google&utm_campaign=brand"),
    Arrival(Source("campaign"), "https://www.news.example/", "utm_medium=banner"),
    Arrival(Source("campaign", "poster"), "", "utm_source=poster"),
]
_OWN: Final = [Arrival(RESUMED, "https://www.example.org/about"), Arrival(RESUMED, "https://shop.example.org/")]
_WAYS: Final = {30: [Arrival(DIRECT)], 35: SEARCH, 10: SOCIAL, 5: AI, 9: EXTERNAL, 8: CAMPAIGN, 3: _OWN}


def arrive(random: Random) -> Arrival:
    """One way to arrive, most often by search or directly."""
    (way,) = random.choices(list(_WAYS.values()), list(_WAYS))
    return random.choice(way)
