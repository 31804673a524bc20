"""What a path is: a page, a download, or something a browser asks for by itself."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

EXTENSION = re.compile(r"[a-z][a-z0-9]{0,9}")  # "1.0" ends no file name
ABSOLUTE_FORM = re.compile(r"https?://[^/?]*", re.IGNORECASE)


@dataclass(frozen=True)
class PathKinds:
    """The lists of `kinds.toml`."""

    page_extensions: frozenset[str]
    download_extensions: frozenset[str]
    background_segments: frozenset[str]
    background_paths: frozenset[str]

    def of(self, path: str | None, background: Sequence[str] = ()) -> str:
        """`page`, `download`, `background` or `other` (an asset, or no path at all).

        `background` are further paths, each exact or with * at its end for all that begin so.
        """
        if not path or not path.startswith("/"):
            return "other"
        segments = path.lower().split("/")
        if path.lower() in self.background_paths or not self.background_segments.isdisjoint(segments):
            return "background"
        if any(path == name or (name.endswith("*") and path.startswith(name[:-1])) for name in background):
            return "background"
        _, dot, extension = segments[-1].partition(";")[0].rpartition(".")
        if dot and extension in self.download_extensions:
            return "download"
        if not dot or extension in self.page_extensions or not EXTENSION.fullmatch(extension):
            return "page"
        return "other"


@cache
def path_kinds() -> PathKinds:
    """The project's own lists."""
    text = resources.files("transforms.visits").joinpath("kinds.toml").read_text(encoding="utf-8")
    return PathKinds(**{name: frozenset(values) for name, values in tomllib.loads(text).items()})


def plain_path(path: str | None) -> str | None:
    """The path of a request target that names its host too (absolute form, RFC 9112 §3.2.2)."""
    return path if path is None or path.startswith("/") else (ABSOLUTE_FORM.sub("", path, count=1) or "/")
