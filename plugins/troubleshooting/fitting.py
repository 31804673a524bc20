"""Which hits and error entries fit what is looked for; each distinct text is tried once."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from plugins.troubleshooting.wanted import LEVELS, Wanted
from transforms.detection.targets import Network
from transforms.distinct import dictionary_codes

Mask = NDArray[np.bool_]
Fits = NDArray[np.int8]
Test = Callable[[pa.Array], pa.Array]

NO, UNKNOWN, YES = np.int8(-1), np.int8(0), np.int8(1)
REQUEST: Final = r"^(?P<method>\S+) (?P<path>[^ ?]*)"
# PHP's words for the levels of web servers.
LEVEL_OF: Final = {
    **{level: level for level in LEVELS},
    **{"emergency": "emerg", "critical": "crit", "fatal error": "crit", "parse error": "crit", "compile error": "crit"},
    **{"core error": "crit", "recoverable fatal error": "error", "warning": "warn", "user error": "error"},
    **{"user warning": "warn", "core warning": "warn", "compile warning": "warn", "deprecated": "notice"},
    **{"user notice": "notice", "user deprecated": "notice", "strict standards": "notice"},
}


def columns_for_hits(wanted: Wanted) -> list[str]:
    """What is read of all hits of the time: what is counted, what pairs, and what is asked for."""
    asked = {"vhost": wanted.vhost, "method": wanted.method}
    return [
        *("requested_at", "status", "path", "client_ip", "request_seconds", "request_id"),
        *(name for name, text in asked.items() if text),
    ]


def is_within(column: pa.ChunkedArray, wanted: Wanted) -> Mask:
    """Of instants, whether they are of the time that is looked at."""
    moments = instants(column)
    return (moments >= micros(wanted.begin)) & (moments < micros(wanted.end))


def fit_hits(hits: pa.Table, wanted: Wanted, site: str) -> Mask:
    """Whether each hit fits; where the log gives no host it is `site`."""
    fits = np.ones(len(hits), bool)
    if wanted.status:
        fits &= _in_statuses(numbers(hits["status"]), wanted.status)
    for name, text, missing in (("path", wanted.path, ""), ("vhost", wanted.vhost, site)):
        if text:
            fits &= _try(hits[name], _like(text), _is_like(missing, text)) == YES
    if wanted.method:
        fits &= _try(hits["method"], _equal(wanted.method), NO) == YES
    if wanted.client is not None:
        fits &= _try(hits["client_ip"], _inside(wanted.client), NO) == YES
    if wanted.request_id:
        fits &= np.asarray(pc.fill_null(pc.equal(hits["request_id"], wanted.request_id), False))
    return fits


def fit_errors(errors: pa.Table, wanted: Wanted) -> Fits:
    """YES where an entry fits by itself, UNKNOWN where only its hit can tell, since the entry does not say."""
    fits = np.full(len(errors), UNKNOWN if wanted.status else YES)
    requests = errors["request_line"]
    if wanted.method:
        fits = np.minimum(fits, _try(requests, _of_request("method", _equal(wanted.method)), UNKNOWN))
    if wanted.path:
        by_request = _try(requests, _of_request("path", _like(wanted.path)), UNKNOWN)
        by_message = _try(errors["message"], _like(_inner(wanted.path)), UNKNOWN) == YES
        fits = np.minimum(fits, np.where((by_request == UNKNOWN) & by_message, YES, by_request))
    if wanted.vhost:
        fits = np.minimum(fits, _try(errors["vhost"], _like(wanted.vhost), UNKNOWN))
    if wanted.client is not None:
        fits = np.minimum(fits, _try(errors["client_ip"], _inside(wanted.client), UNKNOWN))
    if wanted.request_id:
        same = pc.if_else(pc.equal(errors["request_id"], wanted.request_id), YES.item(), NO.item())
        fits = np.minimum(fits, np.asarray(pc.fill_null(same, UNKNOWN.item())))
    if wanted.level:
        worse = LEVELS[: LEVELS.index(wanted.level) + 1]
        fits = np.minimum(fits, _try(errors["level"], lambda texts: _levels_in(texts, worse), NO))
    return fits.astype(np.int8)


def level_of(text: str | None) -> str:
    """The web servers' word for a level."""
    return LEVEL_OF.get((text or "").lower(), "other")


def instants(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Microseconds since 1970."""
    return np.asarray(column.cast(pa.int64()))


def micros(moment: object) -> int:
    return int(pa.scalar(moment, pa.timestamp("us", tz="UTC")).value)


def numbers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(column, 0)).astype(np.int64)


def _try(column: pa.ChunkedArray, test: Test, missing: np.int8) -> Fits:
    """What a test says of each row's text; a null of the test, and of the column, is `missing`."""
    codes, texts = dictionary_codes(column)
    told = test(texts)
    told = pc.if_else(told, YES.item(), NO.item()).cast(pa.int8()).fill_null(missing.item())
    found: Fits = np.append(np.asarray(told), missing)[codes]
    return found


def _in_statuses(status: NDArray[np.int64], wanted: tuple[str, ...]) -> Mask:
    classes = [int(one[0]) for one in wanted if one.endswith("xx")]
    exact = [int(one) for one in wanted if not one.endswith("xx")]
    return np.isin(status // 100, classes) | np.isin(status, exact)


def _pattern(text: str) -> str:
    """RE2: `*` and `?` as in a shell make it a pattern for the whole, else it is a part."""
    if not set("*?") & set(text):
        return re.escape(text)
    return "^" + re.escape(text).replace(r"\*", ".*").replace(r"\?", ".") + "$"


def _inner(text: str) -> str:
    """A pattern for a path, as one for a message that holds a path."""
    return f"*{text.strip('*')}*" if set("*?") & set(text) else text


def _like(text: str) -> Test:
    return lambda texts: pc.match_substring_regex(texts, f"(?s){_pattern(text)}", ignore_case=True)


def _is_like(text: str, wanted: str) -> np.int8:
    return YES if re.search(_pattern(wanted), text, re.IGNORECASE | re.DOTALL) else NO


def _equal(text: str) -> Test:
    return lambda texts: pc.equal(pc.utf8_upper(texts), text)


def _of_request(part: str, test: Test) -> Test:
    return lambda lines: test(pc.struct_field(pc.extract_regex(lines, REQUEST), part))


def _inside(network: Network) -> Test:
    if network.prefixlen == network.max_prefixlen:
        return lambda texts: pc.equal(texts, str(network.network_address))
    return lambda texts: pa.array([ip_address(one) in network for one in texts.to_pylist()], pa.bool_())


def _levels_in(texts: pa.Array, levels: tuple[str, ...]) -> pa.Array:
    return pa.array([level_of(text) in levels for text in texts.to_pylist()], pa.bool_())
