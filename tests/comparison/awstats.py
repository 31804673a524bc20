"""AWStats 7.8, by its documentation with the lists that it comes with, and by itself.

https://awstats.org/docs/awstats_glossary.html: a visitor is an address; a page any file that is no picture, style or
script, answered 200 or 304; a visit ends after an hour. Its stamps are compared as numbers, so midnight ends one too.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.comparison.hits import Hit

PROGRAM = Path("/usr/lib/cgi-bin/awstats.pl")
LISTS = Path("/usr/share/awstats/lib")
ABSENT = "awstats is not installed: this test compares with it (Debian's package awstats)"
NO_PAGES = {"css", "js", "class", "gif", "jpg", "jpeg", "png", "bmp", "ico", "swf"}
CONFIGURATION = """\
LogFile="{log}"
LogType=W
LogFormat=1
SiteDomain="www.example.org"
HostAliases=""
DNSLookup=0
DirData="{folder}"
LevelForRobotsDetection=2
"""


def needs_awstats() -> None:
    """Skip where it is not installed."""
    if not (PROGRAM.exists() and LISTS.exists() and shutil.which("perl")):
        pytest.skip(ABSENT)


def run_awstats(log: Path, folder: Path) -> dict[str, int]:
    """What the program itself says of the file of one month: TotalVisits, TotalUnique, and pages by day."""
    needs_awstats()
    (folder / "awstats.compared.conf").write_text(CONFIGURATION.format(log=log, folder=folder))
    command = ["perl", str(PROGRAM), "-config=compared", f"-configdir={folder}", "-update"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=120)
    (written,) = folder.glob("awstats[0-9]*.compared.txt")
    text = written.read_text(encoding="latin-1")
    totals = {name: int(number) for name, number in re.findall(r"^(TotalVisits|TotalUnique) (\d+)", text, re.MULTILINE)}
    days = text.partition("\nBEGIN_DAY ")[2].partition("\nEND_DAY")[0].splitlines()[1:]
    return totals | {day: int(pages) for day, pages, *_ in map(str.split, days)}


@cache
def _robots() -> list[re.Pattern[str]]:
    needs_awstats()
    text = (LISTS / "robots.pm").read_text(encoding="latin-1")
    parts = (text.partition(f"@RobotsSearchIDOrder_{name} = (")[2] for name in ("list1", "list2", "listgen"))
    patterns = [found for part in parts for found in re.findall(r"^\s*'(.*)',?\s*$", part.partition("\n);")[0], re.M)]
    return [re.compile(pattern, re.IGNORECASE) for pattern in patterns]


@cache
def _types() -> dict[str, str]:
    text = (LISTS / "mime.pm").read_text(encoding="latin-1")
    return dict(re.findall(r"'([^']+)',\s*\['[^']*','(\w?)'\]", text))


@cache
def _is_robot(agent: str) -> bool:
    return not agent or any(robot.search(agent) for robot in _robots())


def is_robot(hit: Hit) -> bool:
    """By its lists; whoever names no agent or asks for robots.txt is one."""
    return _is_robot(hit.agent) or hit.path.endswith("/robots.txt")


def is_page(hit: Hit) -> bool:
    """What its visits and visitors are made of."""
    found = re.search(r"\.(\w{1,6})$", hit.path)
    extension = found[1].lower() if found else ""
    is_file = extension in NO_PAGES or _types().get(extension, "") not in {"", "p"}
    return hit.status in {200, 304} and not is_file and not is_robot(hit)
