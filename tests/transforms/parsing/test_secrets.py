"""Secrets leave every text of a parsed line, whatever its column's type, and nothing else changes."""

import pyarrow as pa

from transforms.anonymising.secrets import USUAL_KEYS
from transforms.parsing.naming import named_layout
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.secrets import scrub_parsed

LINE = '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET {} HTTP/1.1" 200 1 "{}" "-"'


def scrubbed(*lines: str) -> Parsed:
    block = "\n".join(lines).encode(errors="surrogateescape")
    return scrub_parsed(Parser([named_layout("combined")], "www", "file").parse_block(block), USUAL_KEYS)


def test_a_secret_leaves_request_query_and_referrer() -> None:
    (row,) = scrubbed(LINE.format("/a?token=s3cret&b=1", "https://example.net/?password=s3cret")).hits.to_pylist()
    assert row["request_line"] == "GET /a?token={secret}&b=1 HTTP/1.1"
    assert row["query"] == "token={secret}&b=1"
    assert row["referrer"] == "https://example.net/?password={secret}"


def test_texts_that_differ_in_a_secret_only_are_one_afterwards() -> None:
    hits = scrubbed(LINE.format("/a?token=one", "-"), LINE.format("/a?token=two", "-"), LINE.format("/b", "-")).hits
    column = hits["query"].chunk(0)
    assert column.dictionary.to_pylist() == ["token={secret}"]
    assert column.to_pylist() == ["token={secret}", "token={secret}", None]


def test_raw_bytes_of_a_line_that_cannot_be_read_keep_what_is_no_text() -> None:
    quarantine = scrubbed('\udcff "GET /a?token=s3cret HTTP/1.1" \udcfe').quarantine
    assert quarantine["raw"].to_pylist() == [b'\xff "GET /a?token={secret} HTTP/1.1" \xfe']
    assert quarantine.schema.field("raw").type == pa.binary()


def test_lines_without_a_secret_stay_as_they_are() -> None:
    parsed = Parser([named_layout("combined")], "www", "file").parse_block(LINE.format("/a?b=1", "-").encode())
    assert scrub_parsed(parsed, USUAL_KEYS).hits.equals(parsed.hits)
