"""A text in all the ways others may read it: percent-decoded up to three times, folded by NFKC or not."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

DECODINGS: Final = 3
ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
STACKED_ESCAPE: Final = re.compile(r"%(?:25)*[0-9A-Fa-f]{2}")  # an escape of an escape too: %252F
LONGEST_ESCAPE: Final = 2 * (DECODINGS + 1)
HIDDEN: Final = "\0"

Row = tuple[str, int, int]  # a character, and where the raw text for it starts and ends


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
    """The raw text and each decoding of it, as they stand and folded: a reader may stop at any of them."""
    layers = _distinct([Layer(raw, range(len(raw)), range(1, len(raw) + 1))])
    yield from layers
    for _ in range(DECODINGS):
        layers = _distinct(_decode(layer) for layer in layers if ESCAPES.search(layer.text))
        yield from layers


def hide_escapes(text: str) -> str:
    """The text with `HIDDEN` for each character of an escape, whose digits are no part of what stands beside it."""
    return STACKED_ESCAPE.sub(lambda escape: HIDDEN * len(escape[0]), text) if "%" in text else text


def _distinct(layers: Iterable[Layer]) -> list[Layer]:
    return list({one.text: one for layer in layers for one in (layer, _fold(layer))}.values())


def _decode(layer: Layer) -> Layer:
    rows: list[Row] = []
    done = 0
    for match in ESCAPES.finditer(layer.text):
        rows += _kept(layer, done, match.start())
        rows += _decoded(layer, match)
        done = match.end()
    return _layer([*rows, *_kept(layer, done, len(layer.text))])


def _decoded(layer: Layer, escapes: re.Match[str]) -> Iterator[Row]:
    """The characters of a run of escapes; of bytes that are not UTF-8, Latin-1 letters are read as letters."""
    at = escapes.start()
    for char in bytes.fromhex(escapes[0].replace("%", "")).decode(errors="surrogateescape"):
        is_alone = "\udc80" <= char <= "\udcff"
        end = at + 3 * (1 if is_alone else len(char.encode()))
        yield (_latin_letter(char) if is_alone else char, *layer.raw_span(at, end))
        at = end


def _latin_letter(char: str) -> str:
    letter = chr(ord(char) - 0xDC00)
    return letter if letter.isalpha() else "\ufffd"


def _kept(layer: Layer, start: int, end: int) -> Iterator[Row]:
    return zip(layer.text[start:end], layer.starts[start:end], layer.ends[start:end], strict=True)


def _fold(layer: Layer) -> Layer:
    """NFKC, a letter with its accents at a time: all that becomes of them has the same origin."""
    if layer.text.isascii():
        return layer
    rows: list[Row] = []
    done = 0
    while done < len(layer.text):
        end = done + 1
        while end < len(layer.text) and unicodedata.combining(layer.text[end]):
            end += 1
        span = layer.raw_span(done, end)
        rows += [(char, *span) for char in unicodedata.normalize("NFKC", layer.text[done:end])]
        done = end
    return _layer(rows)


def _layer(rows: list[Row]) -> Layer:
    text, starts, ends = zip(*rows, strict=True) if rows else ((), (), ())
    return Layer("".join(text), starts, ends)
