"""A file is known by its content, through hashes that only the store's key can make."""

from hypothesis import given
from hypothesis import strategies as st

from plugins.logs.fingerprints import EDGE, START, Fingerprints
from schemas.receipts import Fingerprint

PRINTS = Fingerprints(b"k" * 32, "www")
HEADER = b"".join(b"#Fields: line %04d of a header\n" % number for number in range(200))
LINES = st.lists(st.binary(max_size=300).map(lambda line: line.replace(b"\n", b"") + b"\n"), min_size=1, max_size=60)


def taken(content: bytes, end: int | None = None) -> Fingerprint:
    end = len(content) if end is None else end
    return PRINTS.take(content[:START], end, content[max(0, end - EDGE) : end])


def test_another_key_or_another_log_gives_other_hashes() -> None:
    head = b"192.0.2.1\n"
    found = [Fingerprints(key, log).take(head, len(head), head) for key, log in ((b"a", "x"), (b"b", "x"), (b"a", "y"))]
    for values in zip(*((one.head, one.tail, *one.starts) for one in found), strict=True):
        assert len(set(values)) == 3


def test_head_and_tail_of_a_file_of_one_line_do_not_show_that_they_are_the_same() -> None:
    found = taken(b"192.0.2.1\n")
    assert found.head != found.tail


@given(lines=LINES, more=LINES)
def test_a_file_that_grew_begins_like_itself_and_has_its_tail(lines: list[bytes], more: list[bytes]) -> None:
    content = b"".join(lines)
    grown = content + b"".join(more)
    assert PRINTS.begins_like(grown[:START], taken(content))
    assert PRINTS.of_tail(grown[max(0, len(content) - EDGE) : len(content)]) == taken(content).tail


@given(lines=LINES, more=LINES)
def test_the_beginning_of_a_file_begins_like_it(lines: list[bytes], more: list[bytes]) -> None:
    if len(lines[0]) < START:
        assert PRINTS.begins_like(b"".join(lines)[:START], taken(b"".join(lines + more)))


@given(lines=LINES, more=LINES)
def test_what_was_not_read_yet_is_not_in_the_fingerprint(lines: list[bytes], more: list[bytes]) -> None:
    content = b"".join(lines)
    assert taken(content + b"".join(more), len(content)) == taken(content)


def test_files_with_the_same_long_header_are_told_apart_by_their_first_line() -> None:
    assert EDGE < len(HEADER) < START
    known = taken(HEADER + b"first of one\n")
    assert not PRINTS.begins_like(HEADER + b"first of other\n", known)
    assert PRINTS.begins_like(HEADER, known), "nothing tells it from the beginning of the known one"


def test_half_a_first_line_is_like_nothing() -> None:
    assert not PRINTS.begins_like(b"192.0", taken(b"192.0.2.1\n"))
    assert not PRINTS.begins_like(b"", taken(b"192.0.2.1\n"))


def test_copies_have_the_same_first_line() -> None:
    assert PRINTS.of_first_line(b"one\ntwo\n") == PRINTS.of_first_line(b"one\nthree") != PRINTS.of_first_line(b"two\n")
