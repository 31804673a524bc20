"""Nothing is lost, doubled or shifted: every line of any bytes becomes exactly one row with its own number."""

from hypothesis import given
from hypothesis import strategies as st

from transforms.parsing.formats import known_layouts
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parsed, Parser

GOOD = b'192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /%d HTTP/1.1" 200 1 "-" "-"'
ENTRY = b"2026/11/23 05:01:02 [error] 1#0: *1 message"
LINES = st.lists(
    st.one_of(
        st.integers(0, 9).map(lambda number: GOOD % number),
        st.just(ENTRY),
        st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")),
        st.tuples(st.integers(0, 70), st.binary(min_size=1, max_size=2)).map(
            lambda cut: (GOOD[: cut[0]] + cut[1] + GOOD[cut[0] :]).replace(b"\n", b"").replace(b"%d", b"1")
        ),
    )
)


def numbers(parsed: Parsed) -> list[int]:
    tables = (parsed.hits, parsed.errors, parsed.quarantine, parsed.continuations)
    return sorted(number for table in tables for number in table["line_number"].to_pylist())


@given(LINES, st.booleans())
def test_every_line_is_one_row_under_its_own_number(lines: list[bytes], newline: bool) -> None:
    block = b"\n".join(lines) + (b"\n" if newline and lines else b"")
    expected = block.count(b"\n") + (not block.endswith(b"\n") and block != b"")
    parsed = Parser(known_layouts(), "www", "x.log").parse_block(block, first_line=101)
    assert numbers(parsed) == list(range(101, 101 + expected))


@given(LINES, st.data())
def test_where_blocks_are_cut_changes_nothing(lines: list[bytes], data: st.DataObject) -> None:
    layouts = [named_layout("combined"), named_layout("nginx_error")]
    whole = Parser(layouts, "www", "x.log").parse_block(b"".join(line + b"\n" for line in lines))
    cut = data.draw(st.integers(0, len(lines)))
    parser = Parser(layouts, "www", "x.log")
    parts = [
        parser.parse_block(b"".join(line + b"\n" for line in lines[:cut])),
        parser.parse_block(b"".join(line + b"\n" for line in lines[cut:]), first_line=cut + 1),
    ]
    for name in ("hits", "errors", "quarantine", "continuations"):
        rows = [row for part in parts for row in getattr(part, name).to_pylist()]
        assert rows == getattr(whole, name).to_pylist()


@given(st.binary(max_size=60).filter(lambda raw: b"\n" not in raw and raw.strip(b" \t\r")))
def test_quarantine_keeps_the_raw_bytes(raw: bytes) -> None:
    """Of the second line: before the first one may stand a mark that the file is UTF-8."""
    (row,) = Parser([named_layout("combined")], "www", "x.log").parse_block(raw + b"\n", 2).quarantine.to_pylist()
    assert row["raw"] == raw
