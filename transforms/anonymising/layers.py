"""A text as others may read it: percent-decoded up to three times, folded by NFKC, each character with its origin."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DECODINGS: Final = 3
ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True)
class Layer:
    """`text`, whose character i stands for the raw text from `starts[i]` to `ends[i]`."""

    text: str
    starts: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the raw text."""
        return min(self.starts[start:end]), max(self.ends[start:end])


def read_layers(raw: str) -> Iterator[Layer]:
    """The raw text (folded), then each decoding that changes it, since a reader may stop at any of them."""
    layer = Layer(raw, range(len(raw)), range(1, len(raw) + 1))
    layer = layer if raw.isascii() else _fold(layer)
    yield layer
    for _ in range(DECODINGS):
        if not ESCAPES.search(layer.text):
            return
        layer = _fold(_decode(layer))
        yield layer


def _decode(layer: Layer) -> Layer:
    parts: list[tuple[str, int, int]] = []
    done = 0
    for match in ESCAPES.finditer(layer.text):
        parts += _kept(layer, done, match.start())
        parts += _decoded(layer, match)
        done = match.end()
    return _layer([*parts, *_kept(layer, done, len(layer.text))])


def _decoded(layer: Layer, escapes: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """The characters of a run of escapes; bytes that are not UTF-8 are read as Latin-1."""
    octets = bytes.fromhex(escapes[0].replace("%", ""))
    at = 0
    while at < len(octets):
        length = _utf8_length(octets[at : at + 4])
        raw = layer.raw_span(escapes.start() + 3 * at, escapes.start() + 3 * (at + length))
        encoding = "latin-1" if length == 1 else "utf-8"
        yield (octets[at : at + length].decode(encoding), *raw)
        at += length


def _utf8_length(octets: bytes) -> int:
    for length in range(2, len(octets) + 1):
        try:
            if len(octets[:length].decode()) == 1:
                return length
        except UnicodeDecodeError:
            continue
    return 1


def _kept(layer: Layer, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    return zip(layer.text[start:end], layer.starts[start:end], layer.ends[start:end], strict=True)


def _fold(layer: Layer) -> Layer:
    """NFKC character by character: one may become several, all with the same origin."""
    if layer.text.isascii():
        return layer
    rows = zip(layer.text, layer.starts, layer.ends, strict=True)
    return _layer([(one, start, end) for char, start, end in rows for one in unicodedata.normalize("NFKC", char)])


def _layer(rows: list[tuple[str, int, int]]) -> Layer:
    text, starts, ends = zip(*rows, strict=True) if rows else ((), (), ())
    return Layer("".join(text), starts, ends)
