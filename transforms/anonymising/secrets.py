"""Values of secret query keys: taken out when a line enters the window, unless an attack is in them."""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transforms.anonymising.layers import read_layers

STAND_IN: Final = "{secret}"
# text → which payloads are in it, as bits
Marks = Callable[[Sequence[str]], list[int]]
Pair = tuple[int, int, str, str]  # where the value is in the raw text, key, raw value

KEY: Final = r"(?P<key>[\w.\[\]-]{1,80})"
# A server writes \" for a quote; a ; or # is a part of the value unless a key follows, or nothing.
VALUE: Final = re.compile(r"\"[^\"]*\"|(?:\\.|[^&;#\s\"]|[;#](?![\w.\[\]-]{1,80}=|[\s\"]|\Z))+")
# Without its value, since that may hold further pairs. PHP and others overlook blanks after a key.
PAIR: Final = re.compile(rf"(?<![\w.\[\]-]){KEY}[+\s\0]{{0,8}}=")
# https://name:password@host, up to the last @ before the path
USERINFO: Final = re.compile(r"(?<=://)[^/?#&\s\"@:]{0,200}:(?P<value>[^/?#&\s\"]{1,400})@")
PATH_PARAMETER: Final = re.compile(r"[^&;#\s\"?/]+")  # /page;jsessionid=… ends where the segment does (RFC 3986 §3.3)
OTHERS: Final = (
    re.compile(rf"\\?\"{KEY}\\?\"\s?:\s?\\?\"?(?P<value>[^\"\\,}}]+)"),  # JSON, also as a server escapes it
    # ModSecurity: found within ARGS:password: x, against variable `ARGS:password' (Value: `x' )
    re.compile(rf"\bARGS(?:_GET|_POST)?:{KEY}(?:: |' \(Value: `)(?P<value>[^\"'`\]]+)"),
    re.compile(rf"Matched Data: (?P<value>[^\"]{{1,500}}?) found within ARGS(?:_GET|_POST)?:{KEY}:"),
)
INDEX: Final = re.compile(r"\[[0-9]*\]")
BRACKETED: Final = re.compile(r"\[([^\[\]]+)\]\Z")
SEPARATORS: Final = re.compile(r"[_.\[\]-]")
AFTER_KEY: Final = (
    r"(?:[\]\['\\+\s\"\x000-9]|%(?:25)*(?:5[bBcCdD]|2[02bB]|0[09aAdD]))*(?:[=:]|%(?:25)*3[dDaA]|\s\(Value)"
)
ESCAPED_KEY: Final = r"%(?:25)*(?:[46][1-9a-fA-F]|[57][0-9aA]|3[0-9]|2[dDeE]|5[fF])"  # a letter that needs no escape
USER_AND_HOST: Final = r"(?:/|%(?:25)*2[fF]){2}[^/?#&\s\"]*(?:@|%(?:25)*40)"


@dataclass(frozen=True)
class SecretKeys:
    """Which keys are secret: those of `secret_keys.toml` and `added` ones, without those in `shown`."""

    added: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    def __contains__(self, key: str) -> bool:
        key = INDEX.sub("", key)
        inner = BRACKETED.search(key)
        plain = _plain(inner[1] if inner else key)
        return plain not in self._shown and (plain in self._whole or plain.endswith(self._endings))

    @cached_property
    def suspicious(self) -> str:
        """A pattern of RE2 that occurs in every text with such a key, and in few others."""
        names = [*secret_keys()["endings"], *secret_keys()["whole"], *self.added]
        spelt = "|".join(r"[_.-]?".join(map(re.escape, SEPARATORS.sub(" ", name).split())) for name in names)
        return rf"(?i:{spelt}){AFTER_KEY}|{ESCAPED_KEY}|{USER_AND_HOST}"

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(map(_plain, (*secret_keys()["whole"], *self.added)))

    @cached_property
    def _endings(self) -> tuple[str, ...]:
        return tuple(map(_plain, secret_keys()["endings"]))

    @cached_property
    def _shown(self) -> frozenset[str]:
        return frozenset(map(_plain, self.shown)) - frozenset(map(_plain, self.added))


USUAL_KEYS: Final = SecretKeys()


@cache
def secret_keys() -> dict[str, tuple[str, ...]]:
    """The lists of `secret_keys.toml`."""
    text = resources.files("transforms.anonymising").joinpath("secret_keys.toml").read_text(encoding="utf-8")
    return {name: tuple(keys) for name, keys in tomllib.loads(text).items()}


def scrub_secrets(texts: Sequence[str | None], keys: SecretKeys, marks: Marks) -> list[str | None]:
    """Distinct texts → the same with `{secret}` for the values of secret keys, also where they are escaped or nested.

    A value stays in which `marks` finds a payload, and a text that would lose one with its values, so that detection
    sees in the scrubbed texts what it would have seen in these.
    """
    pairs = {number: found for number in _suspects(texts, keys) if (found := _find_pairs(texts[number] or "", keys))}
    values = sorted({(key, value) for found in pairs.values() for _, _, key, value in found})
    attacks = dict(zip(values, marks([f"?{key}={value}" for key, value in values]), strict=True))
    scrubbed = {number: _replace(texts[number] or "", found, attacks) for number, found in pairs.items()}
    seen = marks([*(texts[number] or "" for number in scrubbed), *scrubbed.values()])
    result = list(texts)
    for (number, text), before, after in zip(scrubbed.items(), seen, seen[len(scrubbed) :], strict=False):
        if before == after:
            result[number] = text
    return result


def _suspects(texts: Sequence[str | None], keys: SecretKeys) -> list[int]:
    array = pa.array(texts, pa.string())
    holds = pc.match_substring_regex(array, pattern=keys.suspicious).fill_null(False)
    numbers: list[int] = pc.indices_nonzero(holds).to_pylist()
    return numbers


def _find_pairs(text: str, keys: SecretKeys) -> list[Pair]:
    """The secret pairs of every layer."""
    found = []
    for layer in read_layers(text):
        for key, start, end in (*_pairs(layer.text, keys), *_others(layer.text, keys)):
            begin, stop = layer.raw_span(start, end)
            if not text.startswith(STAND_IN, begin):
                found.append((begin, stop, key, text[begin:stop]))
    return found


def _pairs(text: str, keys: SecretKeys) -> Iterator[tuple[str, int, int]]:
    """Pairs `key=value`; one inside a secret value goes with it."""
    done, path = 0, text.find("/")
    query = text.find("?") if "?" in text else len(text)
    for match in PAIR.finditer(text):
        if match.start() < done or match["key"] not in keys:
            continue
        is_in_path = -1 < path < match.start() < query and text[match.start() - 1] == ";"
        if value := (PATH_PARAMETER if is_in_path else VALUE).match(text, match.end()):
            done = value.end()
            yield match["key"], value.start(), done


def _others(text: str, keys: SecretKeys) -> Iterator[tuple[str, int, int]]:
    for match in USERINFO.finditer(text) if "@" in text else ():
        yield "password", *match.span("value")
    for pattern in OTHERS if ":" in text else ():
        for match in pattern.finditer(text):
            if match["key"] in keys:
                yield match["key"], *match.span("value")


def _replace(text: str, pairs: Collection[Pair], attacks: dict[tuple[str, str], int]) -> str:
    """A value stays that is inside one with an attack: it is the same one, read in another way."""
    parts, done = [], 0
    kept = 0  # the end of the last value with an attack
    for start, end, key, value in sorted(pairs, key=lambda pair: (pair[0], -pair[1])):
        if attacks[key, value]:
            kept = max(kept, end)
        elif end > max(done, kept):
            parts += [text[done:start], STAND_IN] if start >= done else []
            done = end
    return "".join([*parts, text[done:]])


def _plain(key: str) -> str:
    return SEPARATORS.sub("", key.replace(" ", "")).lower()
