"""Broken log lines out of good ones, and the comparison of the two ways to read them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from schemas.refusals import FormatError
from tests.data import FOLDER, data_path
from tests.logs_of_layouts import access_lines
from tests.traffic import write_folder
from transforms.parsing.formats import NGINX_COMBINED, detect_layouts
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parsed, Parser

Corpus = tuple[tuple[Layout, ...], list[bytes]]

TIMED = f"{NGINX_COMBINED} $request_time"
KINDS = ("hits", "errors", "quarantine", "continuations")
# What separates fields, what looks like it, and what some programs take for a blank or a line end.
FRAGMENTS = (
    *(
        b'"',
        b'\\"',
        b"\\",
        b" ",
        b"  ",
        b"\t",
        b"[",
        b"]",
        b"-",
        b"\r",
        b"\x00",
        b"\xff",
        "\xe6".encode(),
        b"?",
        b" - ",
    ),
    *(b'" "', b" [", b'] "', b":", b",", b";", b"|", b"HTTP/1.1", b"%22", b"\\x22", b"{", b"}", b"\xc2\xa0", b"\x0b"),
    *(b"\x85", b"9" * 30, b'""', b"192.0.2.1", b"2001:db8::1", b"::ffff:192.0.2.1", b".", b"+0200", b"60", b"="),
)


def corpora(folder: Path) -> Iterator[Corpus]:
    """Layouts and lines: of each layout some with something odd in it, traffic written to a folder, and real logs."""
    by_layout: dict[str, list[bytes]] = {}
    for name, line in access_lines("odd"):
        by_layout.setdefault(name, []).append(line)
    yield from (((named_layout(name),), lines) for name, lines in by_layout.items())
    write_folder(folder, scale=0.2)
    yield (named_layout("vhost_combined"),), (folder / "access.log").read_bytes().split(b"\n")
    yield (named_layout(TIMED),), (folder / "timed.log").read_bytes().split(b"\n")
    if FOLDER:
        for path in sorted(data_path("formats").glob("*.log")):
            data = path.read_bytes()
            yield _layouts(data), data.split(b"\n")


def _layouts(data: bytes) -> tuple[Layout, ...]:
    try:
        return detect_layouts(data).layouts
    except FormatError:
        return (named_layout("combined"),)


def mutate(line: bytes, random: Random) -> bytes:
    """The line with up to three changes: bytes put in, taken out, exchanged, doubled, or its end cut off."""
    changed = bytearray(line)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        at = random.randrange(len(changed) + 1)
        until = min(len(changed), at + random.choice((1, 1, 2, 5, 20)))
        match random.randrange(7):
            case 0:
                changed[at:at] = random.choice(FRAGMENTS)
            case 1:
                del changed[at:until]
            case 2:
                changed[at:until] = random.choice(FRAGMENTS)
            case 3:
                changed[at:at] = changed[at:until]
            case 4:
                changed[at:until] = random.randbytes(until - at)
            case 5:
                begin = random.randrange(len(changed) + 1)
                changed[at:at] = changed[begin : begin + random.randrange(30)]
            case _:
                del changed[at if random.random() < 0.3 else len(changed) :]
    return bytes(changed).replace(b"\n", b"")


def mutated_block(lines: Sequence[bytes], count: int, random: Random) -> bytes:
    """So many lines, four of five of them changed; sometimes with the line ends of Windows, or without the last one."""
    picked = (random.choice(lines) for _ in range(count))
    block = b"\n".join(mutate(line, random) if random.random() < 0.8 else line for line in picked)
    if random.random() < 0.1:
        block = block.replace(b"\n", b"\r\n")
    return block if random.random() < 0.2 else block + b"\n"


def rows_of(parsed: Parsed) -> dict[int, tuple[str, dict[str, Any]]]:
    """Each line's row and its kind, by line number."""
    return {row["line_number"]: (kind, row) for kind in KINDS for row in getattr(parsed, kind).to_pylist()}


def assert_same(layouts: Sequence[Layout], block: bytes, reading: Reading) -> Parsed:
    """All at once and one by one, every line becomes the same row, or the same quarantine."""
    fast = Parser(layouts, "www", "file", reading).parse_block(block)
    slow = Parser(layouts, "www", "file", reading, one_by_one=True).parse_block(block)
    found, expected = rows_of(fast), rows_of(slow)
    differing = [number for number in expected if found.get(number) != expected[number]]
    assert not differing, [(layouts[0].name, found.get(number), expected[number]) for number in differing[:3]]
    assert found.keys() == expected.keys()
    return fast
