"""Lines that are JSON objects, read by a map from our columns to their keys."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from schemas.refusals import FormatError
from transforms.parsing.directives import BARE
from transforms.parsing.layout import Groups, Layout

PREFIX: Final = "json:"
# what a map may name → meaning; a key says the unit of a duration
COLUMNS: Final = {
    "requested_at": "any_time",
    "client_ip": "client",
    "client_port": "port",
    "peer_ip": "peer",
    "forwarded": "forwarded",
    "remote_user": "user",
    "request_line": "request",
    "target": "target",
    "method": "method",
    "path": "path",
    "query": "query",
    "protocol": "protocol",
    "vhost": "vhost",
    "status": "status",
    "bytes_sent": "bytes",
    "referrer": "referrer",
    "user_agent": "user_agent",
    "request_seconds": "seconds",
    "request_milliseconds": "milliseconds",
    "request_microseconds": "microseconds",
    "request_nanoseconds": "nanoseconds",
    "request_id": "request_id",
}
REQUESTS: Final = {"request", "target", "path"}
NUMBERS: Final = {
    **{meaning: re.compile(BARE[meaning] + b"|") for meaning in ("bytes", "port")},
    "status": re.compile(rb"\d{1,3}|-|"),  # Caddy and Traefik say 0 where there was no answer
    **dict.fromkeys(
        ("seconds", "milliseconds", "microseconds", "nanoseconds"), re.compile(rb"\d{1,18}(?:\.\d{1,9})?|-|")
    ),
}
NEVER: Final = re.compile(rb"(?!)")
# Each key ends so, and few texts hold it: where there are as many of them as keys, none is there twice.
KEY: Final = re.compile(rb'"\s*:')
DEEPEST: Final = 50  # objects and lists within each other
DOUBLED: Final = object()


@dataclass(frozen=True)
class JsonLayout(Layout):
    """`paths` are, for each meaning, the keys of which the first that is there counts; `a.b` is also b within a."""

    paths: tuple[tuple[str, ...], ...] = ()

    def read(self, line: bytes) -> Groups | None:
        """As `Layout.read`; a missing value is `-`. None too for a key that is there twice, or a value of no use."""
        content = self._load(line)
        if content is None:
            return None
        groups = tuple(
            raw_value(first_value(content, paths), meaning)
            for paths, meaning in zip(self.paths, self.meanings, strict=True)
        )
        if None in groups or groups[0] == b"-":
            return None
        said = (raw for raw, meaning in zip(groups, self.meanings, strict=True) if meaning in REQUESTS)
        return groups if any(raw not in (b"-", b"") for raw in said) else None

    def _load(self, line: bytes) -> dict[str, Any] | None:
        try:
            content = orjson.loads(line)
        except orjson.JSONDecodeError:
            try:  # nginx writes the bytes of a request as they came
                content = orjson.loads(line.decode("latin-1")) if _is_not_utf8(line) else None
            except orjson.JSONDecodeError:
                return None
        if not isinstance(content, dict):
            return None
        keys = _count_keys(content)
        if keys is None:
            return None
        return content if b"\\u" not in line and len(KEY.findall(line)) == keys else _load_slowly(line)


def compile_json(name: str, keys: Mapping[str, str | Sequence[str]]) -> JsonLayout:
    """The layout of a map of columns to keys; FormatError says which column is none, or what is missing."""
    if unknown := [column for column in keys if column not in COLUMNS]:
        raise FormatError(f"the map has the column {unknown[0]!r}; allowed are {', '.join(COLUMNS)}")
    # the time first, so that a line without one is known at once
    chosen = sorted(keys, key=lambda column: column != "requested_at")
    paths = [_keys(one, keys[one]) for one in chosen]
    meanings = tuple(COLUMNS[column] for column in chosen)
    for missing, what in (({"any_time"}, "requested_at"), ({"client", "forwarded"}, "client_ip"), (REQUESTS, "target")):
        if not missing & set(meanings):
            raise FormatError(f"the map has no {what}; say under which key it stands")
    return JsonLayout(name, NEVER, meanings, paths=tuple(paths))


def read_map(name: str) -> JsonLayout:
    """The layout of `json: {"client_ip": "remote_addr", …}`."""
    try:
        keys = json.loads(name.removeprefix(PREFIX))
    except (ValueError, RecursionError):
        keys = None
    if not isinstance(keys, dict):
        raise FormatError('behind json: stands no map; write one such as json: {"client_ip": "remote_addr"}')
    return compile_json(name, keys)


def _keys(column: str, written: object) -> tuple[str, ...]:
    """The keys of one column; of a list (`headers.Referer[0]`) the first entry counts anyway."""
    several = written if isinstance(written, list) else [written]
    keys = tuple(key.removesuffix("[0]") for key in several if isinstance(key, str) and key.strip(" ."))
    if len(keys) < max(1, len(several)) or any(set('"\\') & set(key) for key in keys):
        raise FormatError(f'the map gives {column} no key; write one, such as "request.uri", or a list of them')
    return keys


def _is_not_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _count_keys(content: dict[str, Any]) -> int | None:
    """The keys of an object and of all within it; None where they are nested deeper than any log needs."""
    count = 0
    level: list[Any] = [content]
    for _ in range(DEEPEST):
        count += sum(len(node) for node in level if isinstance(node, dict))
        inner = (node.values() if isinstance(node, dict) else node for node in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return count
    return None


def _load_slowly(line: bytes) -> dict[str, Any] | None:
    """A key that stands twice has no value: parsers differ in which one they take."""
    try:
        text = line.decode("latin-1" if _is_not_utf8(line) else "utf-8")
        content = json.loads(text, object_pairs_hook=join_pairs)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def join_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members, DOUBLED under keys that are there several times."""
    counts = Counter(key for key, _ in pairs)
    return {key: value if counts[key] == 1 else DOUBLED for key, value in pairs}


def first_value(content: dict[str, Any], paths: tuple[str, ...]) -> Any:
    """The value under the first of the keys that has one."""
    for path in paths:
        if (value := _find(content, path)) is not None:
            return value
    return None


def _find(node: Any, path: str) -> Any:
    while isinstance(node, dict):
        if path in node:
            return node[path]
        head, _, path = path.partition(".")
        node = node.get(head) if path else None
    return node if node is DOUBLED else None


def raw_value(value: Any, meaning: str) -> bytes | None:
    """The bytes that another server would have written; None where this value cannot be of that meaning."""
    if isinstance(value, list):  # a header, which may be sent several times
        if not all(isinstance(part, str) for part in value):
            return None
        value = ", ".join(value) if meaning == "forwarded" else next(iter(value), None)
    if value is None:
        return b"-"
    if isinstance(value, float):  # of an instant no more is exact than microseconds
        value = (f"{value:.6f}" if meaning == "any_time" else f"{value:.9f}").rstrip("0").rstrip(".")
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    raw = value.encode(errors="replace")
    pattern = NUMBERS.get(meaning)
    return raw if pattern is None or pattern.fullmatch(raw) else None
