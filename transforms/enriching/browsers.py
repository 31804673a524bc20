"""Browser, operating system and device class of people, by ua-parser's lists."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, NamedTuple

from ua_parser.core import Domain, Resolver
from ua_parser.loaders import load_lazy_builtins
from ua_parser.regex import Resolver as RustResolver

from transforms.enriching import UNKNOWN
from transforms.enriching.patterns import first_match

# The first that matches counts. "other": televisions, game consoles, cars, watches, glasses.
# Android's tablets are told by the missing "Mobile": https://developer.chrome.com/docs/multidevice/user-agent
DEVICES: Final = (
    ("other", r"\btv\b|smart-?tv|hbbtv|appletv|googletv|bravia|roku|web0s|\baft[a-z]+ build|crkey"),
    ("other", r"playstation|xbox|nintendo|watch ?os|apple watch|oculus|\bquest \d|tesla|qtcarbrowser"),
    ("tablet", r"ipad|tablet(?:[;)]| os| safari| browser)|playbook|kindle|nexus (?:7|9|10)\b|\bsm-[tx]\d"),
    ("mobile", r"mobi|iphone|ipod|\bios\b|windows (?:phone|ce)|blackberry|\bbb10\b|palm|webos|kaios|opera mini"),
    ("mobile", r"symbian|series ?[46]0|nokia|midp|j2me|up\.browser|ucweb|^(?:docomo|htc|lg|mot|samsung|sonyericsson)"),
    ("tablet", r"^mozilla.*(?:android|silk/)"),
    ("mobile", r"android"),
    ("desktop", r"windows|win(?:9\d|32|64)|macintosh|mac[ _](?:os|p)|x11|linux|cros|bsd|sunos|^(?:lynx|e?links|w3m)\b"),
)


class Browser(NamedTuple):
    """What is kept of a person's agent: families of ua-parser, `unknown` where it has none."""

    browser: str
    os: str
    device_class: str


def read_browser(user_agent: str) -> Browser:
    """Read a person's agent; its own words never come out, since a family counts only if the lists spell it."""
    resolver, browsers, systems = compiled_families()
    found = resolver(user_agent, Domain.USER_AGENT | Domain.OS)
    browser = found.user_agent.family if found.user_agent else UNKNOWN
    system = found.os.family if found.os else UNKNOWN
    device = compiled_devices()(user_agent)
    return Browser(
        browser if browser in browsers else UNKNOWN,
        system if system in systems else UNKNOWN,
        "other" if device is None else DEVICES[device][0],
    )


@cache
def compiled_devices() -> Callable[[str], int | None]:
    """The device rules in one matcher."""
    return first_match([pattern for _, pattern in DEVICES])


@cache
def compiled_families() -> tuple[Resolver, frozenset[str], frozenset[str]]:
    """ua-parser's rules, and the families of browsers and of systems that they spell."""
    browsers, systems, _ = rules = load_lazy_builtins()
    return RustResolver(rules), spelt_families(browsers), spelt_families(systems)


def spelt_families(rules: Iterable[Any]) -> frozenset[str]:
    r"""Each family that a rule names, and each plain run of letters in its pattern.

    A rule such as `^(.{0,200})/(\d+) CFNetwork` returns what the visitor wrote: that is in no list.
    """
    families: set[str] = set()
    for rule in rules:
        families.add(rule.family)
        families.update(re.findall(r"[A-Za-z][\w !&'-]+", rule.regex.replace("\\", "")))
    return frozenset(families)
