"""Robots by name: the crawler list, AI agents that it does not tag, and plain words."""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from crawleruseragents import CRAWLER_USER_AGENTS_DATA as CRAWLERS

from transforms.enriching import UNKNOWN
from transforms.enriching.patterns import first_match

# A robot that names its tool too is called by its own name.
TOOLS: Final = {"http-library", "browser-automation"}
# After "compatible;" a browser says what it is compatible with, and a robot who it is.
COMPATIBLE_ROBOT: Final = re.compile(
    r"\bcompatible; ?(?!MSIE|Konqueror|Opera|Mozilla|Linux|U;|iCab|IBrowse|Amiga|NetPositive|ms-office)[A-Za-z]"
)


class Robot(NamedTuple):
    """What a pattern stands for: `kind` is ai or bot."""

    kind: str
    name: str
    pattern: str = ""


UNLISTED: Final = Robot("bot", UNKNOWN)


def find_robot(user_agent: str) -> Robot | None:
    """Find the robot that an agent names, None for a person.

    All of the result is text of the lists: nothing of the agent's own words comes out.
    """
    robots, number_of = compiled_robots()
    number = number_of(user_agent)
    if number is not None:
        return robots[number]
    return UNLISTED if COMPATIBLE_ROBOT.search(user_agent) else None


def company_of(agent_name: str) -> str:
    """The company behind a robot of AI, by its name as in `agents_daily`; "" where none is known."""
    return companies().get(agent_name, "")


@cache
def companies() -> dict[str, str]:
    """The companies of our own list, and of those that the crawler list tags."""
    own = read_list("ai_agents.toml")
    return {**own["listed"], **{name.strip("/ "): company for name, company in own["ai"].items()}}


@cache
def compiled_robots() -> tuple[list[Robot], Callable[[str], int | None]]:
    """All robots, those of AI first, and the matcher that gives a robot's number."""
    robots = sorted([*ai_agents(), *listed_crawlers(), *further_robots()], key=lambda robot: robot.kind != "ai")
    return robots, first_match([robot.pattern for robot in robots])


def ai_agents() -> list[Robot]:
    """The AI agents of our own list, where a name is its own pattern."""
    return [Robot("ai", name.strip("/ "), re.escape(name)) for name in read_list("ai_agents.toml")["ai"]]


def listed_crawlers() -> list[Robot]:
    """The crawler list, the longest pattern first, since "Googlebot-Image" says more than "Googlebot"."""
    own = read_list("robots.toml")
    crawlers = [crawler for crawler in CRAWLERS if crawler["pattern"] not in own["left_out"]]
    crawlers.sort(key=lambda crawler: (bool(TOOLS & {*crawler["tags"]}), -len(crawler["pattern"])))
    return [
        Robot(
            "ai" if "ai-crawler" in crawler["tags"] else "bot",
            own["names"].get(crawler["pattern"]) or readable_name(crawler["pattern"], crawler["instances"]),
            crawler["pattern"],
        )
        for crawler in crawlers
    ]


def readable_name(pattern: str, examples: list[str]) -> str:
    r"""What a pattern matches in the list's first example, such as `Googlebot` for `Googlebot\/`."""
    match = next((found for example in examples if (found := re.search(pattern, example))), None)
    text = match[0] if match else re.sub(r"\\(.)", r"\1", pattern)
    return text.strip(" /;:,()[]^$\"'")


def further_robots() -> list[Robot]:
    """Robots and plain words that the crawler list lacks; a word gives no name."""
    own = read_list("robots.toml")
    named = [Robot("bot", name, pattern) for name, pattern in own["robots"].items()]
    return named + [Robot("bot", UNKNOWN, pattern) for pattern in own["words"].values()]


@cache
def read_list(name: str) -> dict[str, dict[str, str]]:
    """One of this package's TOML lists."""
    return tomllib.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))
