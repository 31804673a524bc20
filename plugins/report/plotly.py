"""plotly.js as its Python package carries it; the package itself, which would take a second, is not imported."""

import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# Its maps add a style element when the script is read, unless one of this id is there: a strict policy would refuse it
# and say so in the console. We draw no map.
OF_MAPS: Final = re.compile(r'getElementById\("([0-9a-f]{64})"\)')


def plotly_path() -> Path:
    """Of the script on this machine."""
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("plotly is not installed: make install")
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


def plotly_name() -> str:
    """Its name in the app, with the version of the package in it, so that a browser may keep it."""
    return f"plotly-{version('plotly')}.min.js"


@cache
def plotly_script() -> str:
    return plotly_path().read_text(encoding="utf-8")


@cache
def style_of_maps() -> str:
    found = OF_MAPS.search(plotly_script())
    return found[1] if found else "plotly-without-maps"
