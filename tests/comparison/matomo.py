"""What Matomo's log importer keeps of a log: static files, robots, errors and redirects are left out unless asked for.

https://matomo.org/faq/log-analytics-tool/; visits of what is kept end after `visit_standard_length`, 30 minutes.
"""

import tomllib
from pathlib import Path

from tests.comparison.hits import Hit

WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def extension(hit: Hit) -> str:
    """What follows the last dot, even where that dot stands in a folder's name."""
    return hit.path.rsplit(".")[-1].lower()


def is_robot(hit: Hit) -> bool:
    """Whether the agent has one of thirty words; one without an agent is nobody's robot."""
    return any(word in hit.agent.lower() for word in WORDS["robots"])


def is_static(hit: Hit) -> bool:
    """Pictures, styles, scripts, and robots.txt."""
    return extension(hit) in WORDS["static"] or hit.path.endswith("/robots.txt")


def is_download(hit: Hit) -> bool:
    """By extension, whatever the method; "not modified" is a download too."""
    return extension(hit) in WORDS["downloads"]


def is_action(hit: Hit) -> bool:
    """What the importer sends to Matomo as a page or a download."""
    served = 200 <= hit.status < 300 or hit.status == 304
    return served and not is_static(hit) and not is_robot(hit)
