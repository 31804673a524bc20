"""Log formats as data: a TOML file each in `schemas/formats`, which gives a format its name.

A file says how lines look in one of four ways: `format` (a LogFormat or log_format string), `line` (meanings in braces,
with `patterns` for those that look otherwise than usual), `keys` (our columns → keys of a JSON object) or
`fields` (names in a `#Fields:` line → meanings). Meanings are those of `transforms.parsing.meanings`.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

WAYS: Final = ("format", "line", "keys", "fields")
Keys = dict[str, str | list[str]]


class LogFormat(BaseModel):
    """A format by name; `usual` are the fields of files that have no `#Fields:` line."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    name: str
    title: str
    source: str
    format: str = ""
    line: str = ""
    patterns: dict[str, str] = {}
    keys: Keys = {}
    fields_: dict[str, str] = {}
    separator: str = " "
    usual: str = ""

    @model_validator(mode="after")
    def _says_one_way(self) -> "LogFormat":
        if sum(map(bool, (self.format, self.line, self.keys, self.fields_))) != 1:
            raise ValueError(f"{self.name}.toml says one of {', '.join(WAYS)}")
        return self


@cache
def log_formats() -> dict[str, LogFormat]:
    """All formats of `schemas/formats`, by name."""
    found = sorted(
        (file for file in (files(__package__) / "formats").iterdir() if file.name.endswith(".toml")), key=str
    )
    return {one.name: one for one in map(_read, (file.read_text(encoding="utf-8") for file in found))}


def _read(text: str) -> LogFormat:
    raw = tomllib.loads(text)
    return LogFormat(**{"fields_" if key == "fields" else key: value for key, value in raw.items()})
