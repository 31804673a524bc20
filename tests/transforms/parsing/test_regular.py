"""Lines that are read all at once become what a pattern would have made of them, and ordinary ones are read so."""

from ipaddress import ip_network
from random import Random

import pytest

from tests.mutating import Corpus, assert_same, corpora, mutated_block
from transforms.parsing.meanings import Reading
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import LONGEST_LINE, Parser

READING = Reading(trusted_proxies=(ip_network("198.51.100.0/24"),), latest=1_900_000_000_000_000)
COMBINED = named_layout("combined")
GOOD = b'192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 17 "-" "Mozilla/5.0 (X11)"'


@pytest.fixture(scope="module")
def read_corpora(tmp_path_factory: pytest.TempPathFactory) -> list[Corpus]:
    return list(corpora(tmp_path_factory.mktemp("traffic")))


def irregular(block: bytes) -> int:
    return assert_same([COMBINED], block, READING).irregular


def test_whole_logs_are_read_alike_in_both_ways(read_corpora: list[Corpus]) -> None:
    for layouts, lines in read_corpora:
        assert_same(layouts, b"\n".join(lines), READING)


def test_broken_lines_are_read_alike_in_both_ways(read_corpora: list[Corpus]) -> None:
    random = Random(1)
    for layouts, lines in read_corpora:
        assert_same(layouts, mutated_block(lines, 600, random), READING)
        assert_same(layouts[-1:], mutated_block(lines, 200, random), READING)


def test_at_most_two_of_a_hundred_ordinary_lines_need_a_pattern(read_corpora: list[Corpus]) -> None:
    traffic = [
        (layouts, lines) for layouts, lines in read_corpora if len(lines) > 1_000 and layouts[0].kind == "access"
    ]
    assert traffic
    for layouts, lines in traffic:
        parsed = Parser(layouts, "www", "file").parse_block(b"\n".join(lines))
        assert parsed.irregular <= parsed.lines * 0.02


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        (GOOD, 0),
        (GOOD + b" ", 0),
        (GOOD + b"\r", 0),
        (GOOD + b"\t\r", 1),
        (GOOD.replace(b"/a", b'/\\"a'), 1),
        (GOOD.replace(b"/a", b"/\\x22a"), 0),
        (GOOD.replace(b"- - [", b"- Jane Doe ["), 1),
        (GOOD.replace(b" 200 ", b" 2000 "), 1),
        (GOOD.replace(b" 17 ", b"  17 "), 1),
        (GOOD.replace(b"[10", b"(10"), 1),
        (GOOD[:-1], 1),
        (b"", 1),
    ],
)
def test_a_line_is_regular_if_all_stands_where_it_should(line: bytes, needed: int) -> None:
    assert irregular(line + b"\n") == needed


def test_a_line_that_lacks_a_quote_leaves_the_next_ones_alone() -> None:
    assert irregular(b"\n".join([GOOD[:-1], GOOD, GOOD[:-1], GOOD[:-1], GOOD])) == 3


def test_a_file_of_lines_that_end_as_on_windows_is_regular() -> None:
    assert irregular((GOOD + b"\r\n") * 5) == 0


def test_lines_of_several_passes_and_longer_than_one_are_found() -> None:
    long_line = GOOD.replace(b"/a", b"/" + b"a" * 1_000_000)
    lines = [GOOD] * 20_000
    parsed = assert_same([COMBINED], b"\n".join([*lines, long_line, *lines]), READING)
    assert (parsed.lines, parsed.irregular, len(parsed.hits)) == (40_001, 0, 40_001)


@pytest.mark.parametrize("ending", [b"", b"\r"])
def test_a_line_of_over_a_mebibyte_is_not_read(ending: bytes) -> None:
    padding = LONGEST_LINE - len(GOOD)
    longest, too_long = (GOOD.replace(b"/a", b"/a" + b"a" * more) for more in (padding, padding + 1))
    parsed = assert_same([COMBINED], b"\n".join([GOOD, longest + ending, too_long + ending, GOOD]), READING)
    assert parsed.quarantine["reason"].to_pylist() == ["long"]
    assert len(parsed.hits) == 3


@pytest.mark.parametrize(
    ("layout", "line", "needed"),
    [
        ('$http_x_forwarded_for - $remote_user - [$time_local] "$request"', '192.0.2.1 - x - [{}] "GET / HTTP/1.1"', 1),
        ('$http_x_forwarded_for - $remote_user [$time_local] "$request"', '192.0.2.1 - - [{}] "GET / HTTP/1.1"', 0),
        ('%h %l - %u %t "%r"', '192.0.2.1 id - jane [{}] "GET / HTTP/1.1"', 1),
        ('%h %l %u %t "%r"', '192.0.2.1 - jane [{}] "GET / HTTP/1.1"', 0),
    ],
)
def test_what_stands_behind_a_value_can_put_it_in_doubt(layout: str, line: str, needed: int) -> None:
    block = line.format("10/Oct/2000:13:55:36 -0700").encode()
    assert assert_same([named_layout(layout)], block, READING).irregular == needed


def test_a_mark_of_utf_8_in_front_of_a_file_is_no_part_of_its_first_line() -> None:
    assert irregular(b"\xef\xbb\xbf" + GOOD + b"\n" + GOOD) == 0


def test_an_error_log_keeps_what_belongs_to_an_entry() -> None:
    layouts = [COMBINED, named_layout("nginx_error")]
    entry = b"2026/11/23 05:01:02 [error] 1#0: *1 message"
    parsed = assert_same(layouts, b"\n".join([GOOD, entry, b"goes on", GOOD, b"does not"]), READING)
    assert (len(parsed.hits), len(parsed.errors), len(parsed.continuations), len(parsed.quarantine)) == (2, 1, 1, 1)
