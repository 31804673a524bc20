"""Line ends that a visitor writes into an entry of nginx' error log: what follows them is nobody's entry."""

import pyarrow as pa
import pytest

from transforms.parsing.formats import detect_layouts
from transforms.parsing.naming import error_layouts
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.requeuing import parse_again

FRAMED = "198.51.100.99"
SENDER = "203.0.113.66"
HONEST = (
    b"2026/11/28 17:05:43 [error] 29#29: *7 access forbidden by rule, client: 192.0.2.7, server: example.org,"
    b' request: "GET /a.php HTTP/1.1", host: "example.org"\n'
)
ENTRY = f'2026/11/28 17:05:44 [error] 1#1: *1 access forbidden by rule, client: {FRAMED}, server: a, request: "GET /"'
APACHE = f"[Sat Nov 28 17:05:44.000000 2026] [authz_core:error] [pid 1] [client {FRAMED}:1] AH01630: denied"
CLAIM = f'x" failed (2: No such file or directory), client: {FRAMED}, server: a, request: "GET /x HTTP/1.1"'
OPEN = '2026/11/28 17:05:44 [error] 1#1: *1 open() "/x'
PATHS = [
    f"x\n{ENTRY}\n",
    f"x\n{ENTRY}",
    f"x\r\n{ENTRY}\r\n",
    f"{CLAIM}\n",
    f"x, client: {FRAMED}, server: a\ny",
    f"{CLAIM}\n{ENTRY}\n",
    f"{CLAIM}\n{ENTRY}",
    f"{CLAIM}\n{OPEN}\n{ENTRY}\n",
    f"{CLAIM}\ny\n{ENTRY}\ny\n",
    f"x\n{APACHE}\n",
    f"x\n{APACHE}",
]


def written(path: str, message: str = 'open() "/srv/{}" failed (2: No such file or directory)') -> bytes:
    entry = f"2026/11/28 17:05:44 [error] 29#29: *8 {message.format(path)}, client: {SENDER}, server: example.org"
    return f'{entry}, request: "GET /x%0a HTTP/1.1", host: "example.org"\n'.encode()


def parse(*blocks: bytes, reads_ahead: bool = True) -> list[Parsed]:
    parser = Parser(error_layouts("detect"), "www", "error.log")
    parts, line = [], 1
    for place, block in enumerate(blocks):
        parts.append(parser.parse_block(block, line, b"".join(blocks[place + 1 :]) if reads_ahead else b""))
        line += parts[-1].lines
    return parts


def clients(parts: list[Parsed]) -> list[str | None]:
    return [client for part in parts for client in part.errors["client_ip"].to_pylist()]


def reasons(parts: list[Parsed]) -> list[tuple[int, str]]:
    return [(row["line_number"], row["reason"]) for part in parts for row in part.quarantine.to_pylist()]


@pytest.mark.parametrize("path", PATHS)
def test_whoever_writes_line_ends_into_a_path_frames_nobody(path: str) -> None:
    for message in ('open() "/srv/{}" failed (2: No such file or directory)', 'user "{}" was not found in "/h"'):
        assert clients(parse(HONEST + written(path, message) + HONEST)) == ["192.0.2.7", "192.0.2.7"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("limit", [2048, 4096])
def test_an_entry_that_nginx_cut_off_frames_nobody_either(path: str, limit: int) -> None:
    whole = written(f"{path}\n{'x' * limit}")
    assert clients(parse(HONEST + whole[: limit - 1] + b"\n" + HONEST)) == ["192.0.2.7", "192.0.2.7"]


@pytest.mark.parametrize("limit", [2048, 4096])
def test_an_entry_that_ends_where_nginx_would_have_cut_it_is_not_believed(limit: int) -> None:
    begin = written(f"x\n{ENTRY[:-1]}")
    at = begin.index(b'" failed')
    assert clients(parse(HONEST + begin[:at].ljust(limit - 2, b"y") + b'"\n' + HONEST)) == ["192.0.2.7", "192.0.2.7"]


@pytest.mark.parametrize("path", PATHS)
def test_an_error_whose_text_leaves_no_room_for_the_client_frames_nobody(path: str) -> None:
    """nginx leaves fifty bytes for both: links to others' files are refused as ones that lead in a circle."""
    begin = written(f"{path}\n{ENTRY[:-1]}{'y' * 2048}", 'openat() "/srv/{}')[:1998]
    end = b"... (40: Too many levels of symbolic links), clie\n"
    assert clients(parse(HONEST + begin + end)) == ["192.0.2.7"]


CYCLE = 'rewrite or internal redirection cycle while internally redirecting to "{}"'


@pytest.mark.parametrize("limit", [2048, 4096])
@pytest.mark.parametrize(
    "end", [ENTRY.replace("*1 ", "*7001 "), ENTRY.replace("1#1", "7001#1"), ENTRY.replace("*1 ", ""), APACHE]
)
def test_whoever_claims_a_client_and_ends_where_nginx_cuts_has_process_and_connection_to_guess(
    limit: int, end: str
) -> None:
    begin = written(f"{CLAIM}\n{ENTRY}\n{end}", CYCLE).split(b'", client: 203')[0]
    assert clients(parse(HONEST + begin[: limit - 1].ljust(limit - 1, b"y") + b"\n")) == ["192.0.2.7"]


@pytest.mark.parametrize(
    ("message", "later"),
    [
        ('open() "/srv/{}" failed (2: No such file or directory)', "*7001 "),
        ('"/srv/{}" is not found (2: No such file or directory)', "*7001 "),
        (CYCLE, "*900 "),
    ],
)
def test_honest_entries_may_end_where_one_would_be_cut(message: str, later: str) -> None:
    second = HONEST.replace(b"*7 ", later.encode())
    first = written("y" * (2048 - len(written("", message)) - len(second)), message)
    assert clients(parse(first + second)) == [SENDER, "192.0.2.7"]


@pytest.mark.parametrize("path", PATHS)
def test_where_blocks_are_cut_frees_no_forged_line(path: str) -> None:
    lines = (HONEST + written(path) + HONEST).splitlines(keepends=True)
    lines = b"".join(lines).split(b"\n")[:-1]
    whole = parse(b"".join(line + b"\n" for line in lines))
    for cut in range(1, len(lines)):
        parts = parse(*(b"".join(line + b"\n" for line in part) for part in (lines[:cut], lines[cut:])))
        assert (clients(parts), reasons(parts)) == (clients(whole), reasons(whole))


def test_a_parser_that_begins_behind_an_open_entry_believes_nothing_up_to_its_rest() -> None:
    lines = written(PATHS[0]).split(b"\n")[1:]
    parsed = Parser(error_layouts("detect"), "www", "error.log").parse_block(b"\n".join(lines), first_line=9)
    assert clients([parsed]) == []


def test_what_was_forged_is_so_when_it_is_read_again_without_the_lines_around_it() -> None:
    (parsed,) = parse(HONEST + written(PATHS[0]))
    alone = parsed.quarantine.filter(pa.array([False, True, False]))
    blocks, _ = parse_again(Parser(error_layouts("detect"), "www", "error.log"), alone, 1, (None, None))
    assert reasons(blocks) == [(3, "forged")]


def test_a_trace_of_several_lines_is_one_entry_as_ever() -> None:
    trace = 'FastCGI sent in stderr: "PHP message: PHP Fatal error: Uncaught X\nStack trace:\n#0 {}\n  thrown" while x'
    (parsed,) = parse(HONEST + written("main", trace) + HONEST + written("y") + b"of a module\n" + HONEST)
    assert reasons([parsed]) == []
    assert parsed.continuations["continues"].to_pylist() == [2, 2, 2, 7]


def test_a_probe_for_split_headers_is_an_entry_without_a_client() -> None:
    (parsed,) = parse(HONEST + written("\r\nSet-Cookie: a=b") + HONEST)
    assert (clients([parsed]), reasons([parsed])) == (["192.0.2.7", None, "192.0.2.7"], [])


def test_what_other_servers_say_of_clients_is_left_alone() -> None:
    lines = f"{APACHE}, client: x\nof a trace, client: y\n{APACHE}\n".encode()
    assert clients(parse(lines)) == [FRAMED, FRAMED]
    assert clients([Parser(error_layouts("detect"), "www", "x").parse_block(lines, first_line=7)]) == [FRAMED, FRAMED]


def test_torn_entries_do_not_make_a_log_unreadable() -> None:
    assert detect_layouts(HONEST + 20 * written(PATHS[8])).layouts[0].name == "nginx_error"
