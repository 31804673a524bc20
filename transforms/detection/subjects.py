"""What the patterns of scenarios are looked for in: the distinct texts of hits, each searched once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.scenario import Match, Scenario
from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.load import load_payloads
from transforms.detection.searching import occurs
from transforms.detection.targets import Ranges, read_network
from transforms.distinct import Codes, Make, Remembered, dictionary_codes

Mask = NDArray[np.bool_]
Patterns = tuple[str, ...]
FIELDS: Final = ("path", "query", "protocol", "referrer", "user_agent", "target")
# As browsers send a referrer: whoever has a page elsewhere may name its host by signs, too.
URL: Final = r"(?i)^https?://([a-z0-9._~!$&'()*+,;={}`-]+|\[[0-9a-f:.]+\])(:\d+)?([/?#]|$)"
BETWEEN: Final = "\n"  # path and query of a target; neither can hold the end of a line


@dataclass(frozen=True)
class Column:
    """For each hit the position of its value, and of each list of patterns the values in which one occurs."""

    codes: Codes
    found: Mapping[Patterns, Mask]

    def matches(self, patterns: Patterns) -> Mask:
        """For each hit, whether one of the patterns occurs in its value."""
        return self.found[patterns][self.codes]


class Subjects:
    """What the patterns are looked for in: each column's values once, when a scenario first asks for it."""

    def __init__(self, hits: pa.Table, scenarios: Sequence[Scenario], known: Remembered | None) -> None:
        self.hits = hits
        self.known = known
        self.wanted = _wanted_patterns(scenarios)
        self._columns: dict[str, Column] = {}
        self._methods: dict[Patterns, Mask] = {}
        self._statuses: dict[tuple[int | str, ...], Mask] = {}

    def method(self, allowed: Patterns) -> Mask:
        if allowed not in self._methods:
            codes, values = dictionary_codes(self.hits["method"])
            self._methods[allowed] = np.append(pc.is_in(values, pa.array(allowed)), False)[codes]
        return self._methods[allowed]

    def status(self, allowed: tuple[int | str, ...]) -> Mask:
        """Whether it is one of the codes, or in one of the classes such as `5xx`."""
        if allowed not in self._statuses:
            codes = [code for code in allowed if isinstance(code, int)]
            classes = [int(name[0]) for name in allowed if isinstance(name, str)]
            self._statuses[allowed] = np.isin(self._status, codes) | np.isin(self._status // 100, classes)
        return self._statuses[allowed]

    def is_outside(self, networks: Sequence[str], hits: Mask) -> Mask:
        """Whether it is one of the hits, by a client in none of the networks.

        What is a name is of unknown networks, and nobody is known to be outside.
        """
        if not all("/" in network for network in networks):
            return np.zeros(len(self.hits), np.bool_)
        codes, addresses = dictionary_codes(self.hits["client_ip"])
        asked, ranges = np.unique(codes[hits]), Ranges(read_network(network) for network in networks)
        outside = np.zeros(len(addresses), np.bool_)
        outside[asked] = [not ranges.meet(address) for address in addresses.take(pa.array(asked)).to_pylist()]
        return hits & outside[codes]

    def column(self, field: str) -> Column:
        """The values of one of FIELDS, or of the odd referrers."""
        if field not in self._columns:
            self._columns[field] = self._target() if field == "target" else self._column(field)
        return self._columns[field]

    def _target(self) -> Column:
        """Path and query together, comments blanked."""
        paths, path_values = dictionary_codes(self.hits["path"])
        queries, query_values = dictionary_codes(self.hits["query"])
        missing = len(query_values)
        alone = self._searched("target", "path", path_values, lambda texts: blank_comments(decode_texts(texts)))
        asked = np.flatnonzero(queries != missing)
        if not len(asked):
            return Column(paths, alone)
        pairs = pa.array(paths[asked] * (missing + 1) + queries[asked]).dictionary_encode()
        path, query = np.divmod(pairs.dictionary.to_numpy(), missing + 1)
        parts = [_with_missing(texts).take(where) for texts, where in ((path_values, path), (query_values, query))]
        with_query = self._searched("target", "pair", pc.binary_join_element_wise(*parts, BETWEEN), _read_targets)
        codes = paths.copy()
        codes[asked] = len(path_values) + 1 + pairs.indices.to_numpy()
        found = {patterns: np.append(alone[patterns], with_query[patterns]) for patterns in alone}
        return Column(codes, found)

    @cached_property
    def _status(self) -> Codes:
        status: Codes = self.hits["status"].fill_null(0).to_numpy().astype(np.int64)
        return status

    def _column(self, field: str) -> Column:
        is_odd = field == "odd_referrer"
        codes, dictionary = dictionary_codes(self.hits["referrer" if is_odd else field])
        return Column(codes, self._searched(field, field, dictionary, _read_odd if is_odd else decode_texts))

    def _searched(
        self, field: str, part: str, dictionary: pa.Array, read: Callable[[pa.Array], pa.Array]
    ) -> dict[Patterns, Mask]:
        """For each text, and at the end for a missing one, whether a list of patterns occurs in it."""
        wanted = self.wanted[field]

        def search(texts: pa.Array) -> Mask:
            values = read(texts)
            return np.array([occurs(values, patterns) for patterns in wanted], bool).reshape(len(wanted), len(texts))

        if self.known is None:
            columns = list(search(_with_missing(dictionary)))
        else:
            make: Make = lambda new: search(pa.array(new, pa.string()).fill_null("")).T  # noqa: E731
            columns = self.known.look_up((part, wanted), make, dictionary)
        return dict(zip(wanted, columns, strict=True))


def _with_missing(texts: pa.Array) -> pa.Array:
    """The texts, and what a missing one is searched as."""
    return pa.concat_arrays([texts.fill_null(""), pa.array([""])])


def _read_odd(referrers: pa.Array) -> pa.Array:
    return decode_texts(pc.if_else(pc.match_substring_regex(referrers, pattern=URL), "", referrers))


def _read_targets(texts: pa.Array) -> pa.Array:
    pairs = [text.partition(BETWEEN) for text in texts.to_pylist()]
    path, query = (decode_texts(pa.array([pair[part] for pair in pairs], pa.string())) for part in (0, 2))
    mark = pc.if_else(pc.equal(query, b""), b"", b"?")
    return blank_comments(pc.binary_join_element_wise(path, mark, query, b""))


def _wanted_patterns(scenarios: Sequence[Scenario]) -> dict[str, tuple[Patterns, ...]]:
    """All that is looked for in each column."""
    wanted: dict[str, dict[Patterns, None]] = {field: {} for field in (*FIELDS, "odd_referrer")}
    for match in (match for scenario in scenarios for match in scenario.matches):
        for field, patterns in (*own_patterns(match), *unwanted_patterns(match)):
            wanted[field][patterns] = None
        if match.payload:
            payload = load_payloads()[match.payload]
            for field in match.fields or payload.fields:
                wanted[field][payload.patterns] = None
    return {field: tuple(lists) for field, lists in wanted.items()}


def own_patterns(match: Match) -> Iterator[tuple[str, Patterns]]:
    """The lists of patterns of which one must occur, and where."""
    return ((field, patterns) for field in FIELDS if (patterns := getattr(match, field)))


def unwanted_patterns(match: Match) -> Iterator[tuple[str, Patterns]]:
    """The lists of patterns of which none may occur, and where."""
    pairs = (("path", match.not_path), ("target", match.not_target), ("user_agent", match.not_user_agent))
    return ((field, patterns) for field, patterns in pairs if patterns)
