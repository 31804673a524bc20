"""Matching as one would write it down: one hit after the other, one pattern after the other."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.scenario import Match, Scenario
from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.load import load_payloads
from transforms.detection.subjects import URL

Hit = dict[str, Any]  # a row of HITS
Event = tuple[str, int, str | None, int, bool]  # scenario, line number, distinct value, step, success


def events_of(hits: Iterable[Hit], scenarios: Sequence[Scenario]) -> list[Event]:
    """What each scenario sees, in the order of the hits."""
    found = []
    for scenario in scenarios:
        for hit in hits:
            is_first, is_then, is_success = (
                any(_fits(hit, match) for match in matches)
                for matches in (scenario.match, scenario.then, scenario.success)
            )
            if hit["client_ip"] and (is_first or is_then):
                step = 0 if is_first else 1
                found.append((scenario.name, hit["line_number"], _distinct(hit, scenario), step, is_success))
    return found


def _distinct(hit: Hit, scenario: Scenario) -> str | None:
    if scenario.count == "distinct target":
        return f"{hit['path'] or ''}?{hit['query'] or ''}"
    return hit["path"] if scenario.count == "distinct path" else None


def _fits(hit: Hit, match: Match) -> bool:
    texts = {name: _decoded(hit[name]) for name in ("path", "query", "protocol", "referrer", "user_agent")}
    texts["odd_referrer"] = b"" if re.search(URL, hit["referrer"] or "") else texts["referrer"]
    mark = b"?" if texts["query"] else b""
    texts["target"] = blank_comments(pa.array([texts["path"] + mark + texts["query"]]))[0].as_py()
    payload = load_payloads()[match.payload] if match.payload else None
    address = ipaddress.ip_address(hit["client_ip"]) if hit["client_ip"] else None
    return all(
        (
            not match.methods or hit["method"] in match.methods,
            hit["method"] not in match.not_methods,
            not match.status or _has_status(hit["status"] or 0, match.status),
            hit["bytes_sent"] >= match.min_bytes,
            *(_occurs(wanted, texts[name]) for name in texts if (wanted := getattr(match, name, ()))),
            not _occurs(match.not_path, texts["path"]),
            not _occurs(match.not_target, texts["target"]),
            not _occurs(match.not_user_agent, texts["user_agent"]),
            not payload or any(_occurs(payload.patterns, texts[name]) for name in match.fields or payload.fields),
            not match.outside or _is_outside(address, match.outside),
        )
    )


@cache
def _decoded(text: str | None) -> bytes:
    return decode_texts(pa.array([text or ""]))[0].as_py()


@cache
def _occurs(patterns: tuple[str, ...], text: bytes) -> bool:
    return any(pc.match_substring_regex(pa.scalar(text), pattern=f"(?s){pattern}").as_py() for pattern in patterns)


def _has_status(status: int, allowed: Iterable[int | str]) -> bool:
    return any(status == one or f"{status // 100}xx" == one for one in allowed)


def _is_outside(address: Any, networks: Sequence[str]) -> bool:
    if address is None or not all("/" in network for network in networks):
        return False
    return not any(address in ipaddress.ip_network(network) for network in networks)
