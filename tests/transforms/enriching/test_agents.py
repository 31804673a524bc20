"""Who asks: people by browser, robots by name, and nothing of the visitor's own words."""

import re

import pyarrow as pa
import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from hypothesis import given
from hypothesis import strategies as st

from transforms.enriching.agents import AGENTS, agent_lists_version, classify_agents
from transforms.enriching.browsers import compiled_families
from transforms.enriching.robots import companies, company_of, compiled_robots, read_list

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
CRAWLER = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible;"


def classify(user_agent: str | None) -> dict[str, str]:
    (row,) = classify_agents([user_agent]).to_pylist()
    return row


@pytest.mark.parametrize(
    ("user_agent", "browser", "os", "device_class"),
    [
        (f"{WINDOWS} {CHROME} Safari/537.36", "Chrome", "Windows", "desktop"),
        (f"{WINDOWS} {CHROME} Safari/537.36 Edg/141.0.0.0", "Edge", "Windows", "desktop"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux", "desktop"),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Safari/605.1.15",
            "Safari",
            "Mac OS X",
            "desktop",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Mobile/15E148 Safari/604.1",
            "Mobile Safari",
            "iOS",
            "mobile",
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) {WEBKIT} Mobile/15E148 Safari/604.1",
            "Mobile Safari",
            "iOS",
            "tablet",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome Mobile", "Android", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Safari/537.36", "Chrome", "Android", "tablet"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
            "mobile",
        ),
        (
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0; InfoPath.3)",
            "IE",
            "Windows",
            "desktop",
        ),
        (
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0/7.0 TV Safari/537.36",
            "Safari",
            "Tizen",
            "other",
        ),
        ("Lynx/2.9.0 libwww-FM/2.14", "Lynx", "unknown", "desktop"),
    ],
)
def test_a_person_is_known_by_browser_system_and_device(user_agent, browser, os, device_class):
    assert classify(user_agent) == {
        "agent_kind": "human",
        "agent": browser,
        "browser": browser,
        "os": os,
        "device_class": device_class,
    }


@pytest.mark.parametrize(
    ("user_agent", "kind", "name"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot", "Googlebot"),
        ("Googlebot-Image/1.0", "bot", "Googlebot-Image"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bot", "bingbot"),
        ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)", "bot", "YandexBot"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "bot", "AhrefsBot"),
        ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "bot", "UptimeRobot"),
        ("check_http/v2.3.3 (monitoring-plugins 2.3.3)", "bot", "check_http"),
        ("curl/8.5.0", "bot", "curl"),
        ("GO-HTTP-CLIENT/1.1", "bot", "Go-http-client"),
        ("python-requests/2.32.3", "bot", "python-requests"),
        (f"{WINDOWS} {CHROME.replace('Chrome', 'HeadlessChrome')} Safari/537.36", "bot", "HeadlessChrome"),
        ("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)", "bot", "Nuclei"),
        (f"{CRAWLER} GPTBot/1.2; +https://openai.com/gptbot)", "ai", "GPTBot"),
        (f"{CRAWLER} ClaudeBot/1.0; +claudebot@anthropic.com)", "ai", "ClaudeBot"),
        (f"{CRAWLER} PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)", "ai", "PerplexityBot"),
        (f"{CRAWLER} Amazonbot/0.1) Chrome/119.0.6045.214 Safari/537.36", "ai", "Amazonbot"),
        ("CCBot/2.0 (https://commoncrawl.org/faq/)", "ai", "CCBot"),
        ("Mozilla/5.0 (compatible; imageSpider; +https://www.bytedance.com/)", "ai", "imageSpider"),
        ("BaiduImagespider ( http://help.baidu.jp/system/05.html)", "bot", "unknown"),
        ("Mozilla/5.0 (compatible; NeverHeardOfBot/1.0)", "bot", "unknown"),
        ("Mozilla/5.0 (compatible; Inventing; like nothing)", "bot", "unknown"),
        ("Inventing/1.4.2", "bot", "unknown"),
        ("Inventing 4", "bot", "unknown"),
        (f"Anonymous, {WINDOWS} {CHROME} Safari/537.36", "bot", "unknown"),
        ("", "bot", "unknown"),
        (" - ", "bot", "unknown"),
        (None, "bot", "unknown"),
    ],
)
def test_a_robot_is_known_by_name_and_its_costume_is_not_counted(user_agent, kind, name):
    assert classify(user_agent) == {
        "agent_kind": kind,
        "agent": name,
        "browser": "unknown",
        "os": "unknown",
        "device_class": "other",
    }


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (Linux; U; Android 4.2.1; en-gb; CUBOT ONE Build/JOP40D) AppleWebKit/534.30 Mobile Safari/534.30",
        f"Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) {CHROME} Mobile Safari/537.36 CamScanner/4.8.5",
        "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; Feedreader; Avant Browser [avantbrowser.com])",
        f"{WINDOWS} {CHROME} Safari/537.36 Viber",
        "Mozilla/5.0",
        "Arexx (compatible; MSIE 6.0; AmigaOS5.0)",
        "MSIE 6.0",
        "MAXX_MAUI WAP Browser",
    ],
)
def test_an_unusual_browser_is_still_a_person(user_agent):
    assert classify(user_agent)["agent_kind"] == "human"


def test_a_robot_that_names_its_tool_is_called_by_its_own_name():
    assert classify("W3C-checklink/5.0 [4.215] libwww-perl/6.15")["agent"] == "W3C-checklink"


def test_an_ai_robot_counts_as_ai_even_where_it_names_a_crawler_too():
    assert classify("Mozilla/5.0 (compatible; GPTBot/1.2; like Googlebot/2.1)")["agent_kind"] == "ai"


def test_free_words_that_ua_parser_would_capture_do_not_come_out():
    for agent in (
        "ola.nordmann-iPhone/1.0 CFNetwork/1.0",
        "ola@example.org/1 CFNetwork/1",
        "192.0.2.7/1.0 CFNetwork/2",
    ):
        assert not {"nordmann", "example", "192"} & {
            word for value in classify(agent).values() for word in value.split(".")
        }
        assert classify(agent)["browser"] in {"unknown", "CFNetwork"}


def names() -> set[str]:
    _, browsers, systems = compiled_families()
    return {robot.name for robot in compiled_robots()[0]} | browsers | systems | {"unknown"}


@given(st.text() | st.from_regex(r"[A-Za-z0-9.@-]{1,20}/[0-9.]{1,5} (CFNetwork|\(compatible; .*bot\)|\+http://.*)"))
def test_every_value_is_a_name_of_the_lists(words):
    for value in ("agent", "browser", "os"):
        assert classify(words)[value] in names()
    assert classify(words)["device_class"] in {"desktop", "mobile", "tablet", "other"}


def test_names_of_robots_hold_no_address_and_no_mail():
    assert not [name for name in names() if "@" in name or re.search(r"(?:\d+\.){3}\d", name)]


def test_rows_come_in_the_given_order_and_none_is_null():
    table = classify_agents(pa.array(["curl/8.5.0", None, f"{WINDOWS} {CHROME} Safari/537.36"]))
    assert table.schema == AGENTS
    assert table["agent"].to_pylist() == ["curl", "unknown", "Chrome"]
    assert classify_agents([]).num_rows == 0


def test_a_very_long_agent_is_read_at_its_beginning():
    assert classify("curl/8.5.0 " + "x" * 100_000)["agent"] == "curl"


@pytest.mark.parametrize("part", ["ai", "listed"])
def test_the_list_of_ai_agents_is_sorted_by_name(part):
    agents = [name.strip().casefold() for name in read_list("ai_agents.toml")[part]]
    assert agents == sorted(agents)


def test_every_robot_of_ai_has_its_company_or_is_known_to_have_none():
    """Fails once a new crawler list tags a robot that nobody has looked up."""
    robots = {robot.name for robot in compiled_robots()[0] if robot.kind == "ai"}
    assert robots == companies().keys()


@pytest.mark.parametrize(
    ("user_agent", "company"),
    [
        (f"{CRAWLER} GPTBot/1.2; +https://openai.com/gptbot)", "OpenAI"),
        (f"{CRAWLER} ClaudeBot/1.0; +claudebot@anthropic.com)", "Anthropic"),
        ("meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", "Meta"),
        ("img2dataset", ""),
        ("curl/8.5.0", ""),
    ],
)
def test_a_robot_of_ai_is_known_by_its_company(user_agent, company):
    assert company_of(classify(user_agent)["agent"]) == company


def test_patterns_left_out_and_renamed_are_in_the_installed_list():
    own = read_list("robots.toml")
    assert {*own["left_out"], *own["names"]} <= {crawler["pattern"] for crawler in CRAWLER_USER_AGENTS_DATA}


def test_the_version_names_both_lists():
    crawlers, families = agent_lists_version().split(", ")
    assert crawlers.startswith("crawler-user-agents ")
    assert families.startswith("ua-parser-builtins ")
