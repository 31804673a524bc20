"""Which hits and error entries fit what is looked for; each distinct text is tried once."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final

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

NO, UNKNOWN, YES = -1, 0, 1
# What is read of all hits: what is counted, pairs, or may be asked for.
OF_HITS: Final = ("requested_at", "status", "path", "client_ip", "request_seconds", "request_id", "vhost", "method")
REQUEST: Final = r"^(?P<method>\S+) (?P<path>[^ ?]*)"
# PHP's words for the levels of web servers.
LEVEL_OF: Final = {
    **{level: level for level in LEVELS},
    **{"emergency": "emerg", "critical": "crit", "fatal error": "crit", "parse error": "crit", "compile error": "crit"},
    **{"core error": "crit", "recoverable fatal error": "error", "warning": "warn", "user error": "error"},
    **{"user warning": "warn", "core warning": "warn", "compile warning": "warn", "deprecated": "notice"},
    **{"user notice": "notice", "user deprecated": "notice", "strict standards": "notice"},
}


def fit_hits(hits: pa.Table, wanted: Wanted, site: str) -> Mask:
    """Whether each hit fits; where the log gives no host it is `site`."""
    of_site = _try(pa.chunked_array([[site]]), _like(wanted.vhost)).item()
    without = dict.fromkeys(("status", "path", "method", "client", "request_id"), NO)
    fits: Mask = _fit(hits, wanted, {**without, "vhost": of_site}) == YES
    return fits


def fit_errors(errors: pa.Table, wanted: Wanted) -> Fits:
    """YES where an entry fits by itself, UNKNOWN where only its hit can tell, since the entry does not say."""
    lines = errors["request_line"].combine_chunks()
    request = pc.extract_regex(lines.dictionary, REQUEST)
    for name in ("method", "path"):
        parts = pa.DictionaryArray.from_arrays(lines.indices, pc.struct_field(request, name))
        errors = errors.append_column(name, parts)
    in_message = _try(errors["message"], _like(f"*{wanted.path.strip('*')}*"))
    without = dict.fromkeys(("vhost", "client", "request_id", "method"), UNKNOWN)
    fits = _fit(errors, wanted, {**without, "level": NO, "path": np.maximum(in_message, UNKNOWN)})
    return np.minimum(fits, UNKNOWN) if wanted.status else fits


def level_of(text: str | None) -> str:
    """The web servers' word for a level."""
    return LEVEL_OF.get((text or "").lower(), "other")


def instants(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Microseconds since 1970."""
    return np.asarray(column.cast(pa.int64()))


def _fit(rows: pa.Table, wanted: Wanted, without: Mapping[str, int | Fits]) -> Fits:
    """What is asked for of all that `without` names; with what it says of rows that do not say."""
    fits = np.full(len(rows), YES, np.int8)
    for name, missing in without.items():
        if asked := getattr(wanted, name):
            found = _try(rows["client_ip" if name == "client" else name], TESTS[name](asked))
            fits = np.minimum(fits, np.where(found == UNKNOWN, np.int8(missing), found))
    return fits


def _try(column: pa.ChunkedArray, test: Test) -> Fits:
    """What a test says of each row's value; UNKNOWN of a null."""
    codes, values = np.arange(len(column)), column
    if pa.types.is_dictionary(column.type):
        codes, values = dictionary_codes(column)
    told = pc.if_else(test(values), YES, NO).fill_null(UNKNOWN)
    return np.append(np.asarray(told), UNKNOWN).astype(np.int8)[codes]


def _like(text: str) -> Test:
    """RE2: `*` and `?` as in a shell make it a pattern for the whole, else it is a part."""
    pattern = re.escape(text)
    if set("*?") & set(text):
        pattern = "^" + pattern.replace(r"\*", ".*").replace(r"\?", ".") + "$"
    return lambda texts: pc.match_substring_regex(texts, f"(?s){pattern}", ignore_case=True)


def _in_network(network: Network) -> Test:
    if network.prefixlen == network.max_prefixlen:
        return lambda texts: pc.equal(texts, str(network.network_address))
    return lambda texts: pa.array([ip_address(one) in network for one in texts.to_pylist()], pa.bool_())


def _this_bad(level: str) -> Test:
    worse = LEVELS[: LEVELS.index(level) + 1]
    return lambda texts: pa.array([level_of(text) in worse for text in texts.to_pylist()], pa.bool_())


TESTS: Final[Mapping[str, Callable[[Any], Test]]] = {
    "status": lambda numbers: lambda column: pc.is_in(column, pa.array(numbers, pa.int32())),
    "path": _like,
    "vhost": _like,
    "method": lambda name: lambda texts: pc.equal(pc.utf8_upper(texts), name),
    "request_id": lambda one: lambda texts: pc.equal(texts, one),
    "client": _in_network,
    "level": _this_bad,
}
