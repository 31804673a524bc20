"""Real logs of LETHE_DATA parse as their expected files say; every difference stands below with its reason."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.data import data_files, data_path
from transforms.parsing.formats import detect_layouts
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parser

# Files that detection cannot or must not read: more than half is broken, or the time is the server's own.
FORMATS = {
    "derived_combined_broken": "combined",
    "nginx_custom_time": '%h %l %u [%{%B %d, %YT%H:%M:%S %z}t] "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
}
UNCLEAR_CLIENT = "several addresses and no trusted proxy: the peer is the client, where the file leaves it open"
DIFFERENCES = {
    ("derived_nginx_json", 30): "an empty status in JSON is a hit without status, as it is where the key is missing",
    ("nginx_http-logs", 8): "a line of its own layout, without the field of the remote user: quarantined",
    ("nginx_forwarded_list", 1): UNCLEAR_CLIENT,
    ("nginx_forwarded_list", 3): UNCLEAR_CLIENT,
    ("nginx_forwarded_list", 5): UNCLEAR_CLIENT,
    ("nginx_forwarded_list", 6): "a list and a peer, both without quotes: no layout tells which is which",
    ("nginx_vhost_forwarded_list", 1): UNCLEAR_CLIENT,
    ("nginx_vhost_forwarded_list", 3): UNCLEAR_CLIENT,
    ("nginx_vhost_forwarded_list", 5): UNCLEAR_CLIENT,
    ("nginx_vhost_forwarded_list", 6): "a list and a peer, both without quotes: no layout tells which is which",
    ("nginx_vhost_forwarded_list", 10): "a list of names without quotes, and a further field",
}
NAMES = {"error_code": "code", "time_iso": "requested_at"}  # theirs → ours
TIMES = {"requested_at", "logged_at"}


def rows_by_line(path: Path, stem: str) -> dict[int, tuple[str, dict[str, Any]]]:
    data = path.read_bytes()
    layouts = [named_layout(FORMATS[stem])] if stem in FORMATS else detect_layouts(data).layouts
    parsed = Parser(layouts, "log", path.name).parse_block(data)
    kinds = ("hits", "errors", "quarantine", "continuations")
    return {row["line_number"]: (kind, row) for kind in kinds for row in getattr(parsed, kind).to_pylist()}


def differs(expected: dict[str, Any], kind: str, row: dict[str, Any]) -> bool:
    if "quarantine" in expected or kind in ("quarantine", "continuations"):
        # a line that goes on from the one before is a continuation here, quarantined there
        return ("quarantine" in expected) != (kind in ("quarantine", "continuations"))
    if kind == "hits" and row["path"] is not None:
        row["request_target"] = row["path"] + ("" if row["query"] is None else f"?{row['query']}")
    ours = {name: row[name] for name in row.keys() & {NAMES.get(name, name) for name in expected}}
    theirs = {NAMES.get(name, name): value for name, value in expected.items()}
    for name in TIMES & ours.keys():
        moment = ours[name].astimezone(UTC).replace(tzinfo=None).isoformat()
        ours[name] = moment + "Z" if theirs[name].endswith("Z") else moment
    return any(ours[name] != theirs[name] for name in ours)


@pytest.mark.parametrize("folder", ["formats", "crowdsec"])
def test_corpora_are_there(folder: str) -> None:
    assert list(data_path(folder).glob("*.expected.json"))


@pytest.mark.parametrize(
    "expected_file",
    data_files(("formats", "*.expected.json"), ("crowdsec", "*-logs.expected.json")),
    ids=lambda path: path.name.removesuffix(".expected.json"),
)
def test_a_log_parses_as_expected_or_the_difference_is_explained(expected_file: Path) -> None:
    stem = expected_file.name.removesuffix(".expected.json")
    rows = rows_by_line(expected_file.with_name(f"{stem}.log"), stem)
    expected = json.loads(expected_file.read_text())
    different = {(stem, one["line_no"]) for one in expected if differs(one, *rows[one["line_no"]])}
    assert different == {place for place in DIFFERENCES if place[0] == stem}
