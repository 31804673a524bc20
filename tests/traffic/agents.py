"""User agents and what they are called: kind, agent, browser, operating system, device class."""

from typing import Final, NamedTuple

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
_CRAWLER = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible;"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"


class Agent(NamedTuple):
    """A user agent with its names."""

    text: str
    kind: str
    name: str
    browser: str = "unknown"
    os: str = "unknown"
    device_class: str = "other"


def _browser(text: str, browser: str, os: str, device_class: str) -> Agent:
    return Agent(text, "human", browser, browser, os, device_class)


CHROME: Final = _browser(f"{_WINDOWS}) {_CHROME} Safari/537.36", "Chrome", "Windows", "desktop")
BROWSERS: Final = (
    CHROME,
    _browser(
        f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36", "Chrome Mobile", "Android", "mobile"
    ),
    _browser(
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
        "Mobile Safari",
        "iOS",
        "mobile",
    ),
    _browser(f"{_WINDOWS}) {_CHROME} Safari/537.36 Edg/141.0.0.0", "Edge", "Windows", "desktop"),
    _browser(f"{_WINDOWS}; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox", "Windows", "desktop"),
    _browser(
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/605.1.15", "Safari", "Mac OS X", "desktop"
    ),
    _browser(
        f"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
        "Mobile Safari",
        "iOS",
        "tablet",
    ),
    _browser("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux", "desktop"),
    _browser(
        "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "Firefox Mobile", "Android", "mobile"
    ),
)

GOOGLEBOT: Final = Agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot", "Googlebot")
CRAWLERS: Final = (
    GOOGLEBOT,
    Agent("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bot", "bingbot"),
    Agent("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "bot", "AhrefsBot"),
    Agent(f"{_CRAWLER} GPTBot/1.2; +https://openai.com/gptbot)", "ai", "GPTBot"),
    Agent(f"{_CRAWLER} ClaudeBot/1.0; +claudebot@anthropic.com)", "ai", "ClaudeBot"),
    Agent(
        f"{_CRAWLER} PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
        "ai",
        "PerplexityBot",
    ),
)
MONITOR: Final = Agent("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "bot", "UptimeRobot")
SQLMAP: Final = Agent("sqlmap/1.7.8#stable (https://sqlmap.org)", "bot", "sqlmap")
NIKTO: Final = Agent("Mozilla/5.0 (X11; Linux x86_64) Nikto/2.5.0 (Evasions:None) (Test:Port Check)", "bot", "Nikto")
NUCLEI: Final = Agent("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)", "bot", "Nuclei")
NOBODY: Final = Agent("", "bot", "unknown")
