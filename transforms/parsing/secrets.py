"""Parsed lines as they enter the window: without the values of secret query keys."""

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.anonymising.secrets import SecretKeys, scrub_secrets
from transforms.detection.carried import carried_payloads
from transforms.parsing.parser import Parsed, Parser

AFTER_A_KEY: Final = "[=:%(@]"  # one of these is in every text that holds a secret (SecretKeys.suspicious)
# What a client sends as text; a table's other columns are numbers, names and addresses.
TEXTS: Final = {
    "hits": ("request_line", "path", "query", "referrer"),
    "errors": ("request_line", "referrer", "message"),
    "continuations": ("text",),
    "quarantine": ("raw",),
}


def parse_scrubbed(parser: Parser, content: bytes, first_line: int, ahead: bytes = b"") -> Parsed:
    """As `Parser.parse_block`, without the secrets that its reading names: so lines may be kept."""
    return scrub_parsed(parser.parse_block(content, first_line, ahead), parser.reading.secret_keys)


def scrub_parsed(parsed: Parsed, keys: SecretKeys) -> Parsed:
    """The same lines, with `{secret}` where a secret stood; column types stay."""
    tables = {name: _scrub_table(getattr(parsed, name), columns, keys) for name, columns in TEXTS.items()}
    return replace(parsed, **tables)


def _scrub_table(table: pa.Table, columns: tuple[str, ...], keys: SecretKeys) -> pa.Table:
    for name in columns:
        index = table.schema.get_field_index(name)
        chunks = [_scrub_array(chunk, keys) for chunk in table[name].chunks]
        table = table.set_column(index, table.schema.field(index), pa.chunked_array(chunks, table.schema.types[index]))
    return table


def _scrub_array(array: pa.Array, keys: SecretKeys) -> pa.Array:
    """Each distinct text once; bytes that are in no encoding are read as Latin-1, which every byte is."""
    if not pa.types.is_dictionary(array.type):
        return _scrub_texts(array, keys)
    texts = _scrub_texts(array.dictionary, keys)
    if texts is array.dictionary:
        return array
    encoded = texts.dictionary_encode()  # texts that differed in a secret only are one now
    return pa.DictionaryArray.from_arrays(encoded.indices.take(array.indices), encoded.dictionary)


def _scrub_texts(texts: pa.Array, keys: SecretKeys) -> pa.Array:
    """The same array where there is no secret in it."""
    places = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, pattern=AFTER_A_KEY), False))
    places = places.filter(pc.match_substring_regex(texts.take(places), pattern=keys.suspicious))
    found = texts.take(places)
    before = [raw.decode("latin-1") if isinstance(raw, bytes) else raw for raw in found.to_pylist()]
    after = scrub_secrets(before, keys, carried_payloads)
    if after == before:
        return texts
    scrubbed = [
        text.encode("latin-1") if pa.types.is_binary(texts.type) else text for text in after if text is not None
    ]
    holds = np.zeros(len(texts), np.bool_)
    holds[places.to_numpy()] = True
    return pc.replace_with_mask(texts, pa.array(holds), pa.array(scrubbed, texts.type))
