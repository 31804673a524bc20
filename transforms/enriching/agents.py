"""Agents: is it a person, a robot or an AI's robot, and with what browser, system and device."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Final, NamedTuple

import pyarrow as pa

from transforms.enriching import UNKNOWN
from transforms.enriching.browsers import read_browser
from transforms.enriching.robots import find_robot

AGENTS: Final = pa.schema(
    [pa.field(name, pa.string(), nullable=False) for name in ("agent_kind", "agent", "browser", "os", "device_class")]
)
# The names of an agent stand at its beginning; the rest of a longer one is padding.
LONGEST: Final = 1_000
# A program's way to name itself where no list knows a browser of that name: "Monit/5.23.0", or mere words, with neither
# a product's version (RFC 9110 §10.1.5) nor a system.
NO_BROWSER: Final = re.compile(r"(?!Mozilla)[\w.:-]+/v?\d[\w.-]*|(?!.*browser)[^/(]*", re.IGNORECASE)
LISTS: Final = ("crawler-user-agents", "ua-parser-builtins")


class Agent(NamedTuple):
    """A row of the answer."""

    agent_kind: str
    agent: str
    browser: str = UNKNOWN
    os: str = UNKNOWN
    device_class: str = "other"


def classify_agents(user_agents: Sequence[str | None] | pa.Array) -> pa.Table:
    """Classify distinct user agents, a row each in the given order: agent_kind, agent, browser, os, device_class.

    `agent_kind` is ai, bot (by name, or no agent at all) or human; `agent` the robot's name or a person's browser.
    What a robot says of browser and device is a costume: those are `unknown` and `other`. All values are names of
    the lists, never words of the visitor, `unknown` where there is none.
    """
    rows = [classify_agent(text) for text in pa.array(user_agents, pa.string()).to_pylist()]
    columns = zip(*rows, strict=True) if rows else [()] * len(AGENTS)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=AGENTS)


def classify_agent(user_agent: str | None) -> Agent:
    """Classify one user agent."""
    text = (user_agent or "").strip()[:LONGEST]
    if text in {"", "-"}:
        return Agent("bot", UNKNOWN)
    robot = find_robot(text)
    if robot:
        return Agent(robot.kind, robot.name)
    person = read_browser(text)
    if person.browser == UNKNOWN and NO_BROWSER.fullmatch(text):
        return Agent("bot", UNKNOWN)
    return Agent("human", person.browser, *person)


@cache
def agent_lists_version() -> str:
    """The versions of the installed lists, such as `crawler-user-agents 1.67.0, ua-parser-builtins 202610`."""
    return ", ".join(f"{name} {version(name)}" for name in LISTS)
