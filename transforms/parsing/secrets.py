"""Parsed lines as they enter the window: without the values of secret query keys."""

from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transforms.anonymising.secrets import SecretKeys, scrub_secrets
from transforms.detection.carried import carried_payloads
from transforms.parsing.parser import Parsed
from transforms.parsing.rows import dictionary_array

# What a client sends as text; a table's other columns are numbers, names and addresses.
TEXTS: Final = {
    "hits": ("request_line", "path", "query", "referrer"),
    "errors": ("request_line", "referrer", "message"),
    "continuations": ("text",),
    "quarantine": ("raw",),
}


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
        if not pc.any(pc.match_substring_regex(array, pattern=keys.suspicious)).as_py():
            return array
        if pa.types.is_binary(array.type):
            texts = [raw.decode("latin-1") for raw in array.to_pylist()]
            return pa.array(
                [text.encode("latin-1") for text in scrub_secrets(texts, keys, carried_payloads) if text is not None],
                array.type,
            )
        return pa.array(scrub_secrets(array.to_pylist(), keys, carried_payloads), array.type)
    values = array.dictionary.to_pylist()
    scrubbed = scrub_secrets(values, keys, carried_payloads)
    if scrubbed == values:
        return array
    codes = pc.fill_null(array.indices, len(values)).to_numpy(zero_copy_only=False)
    return dictionary_array(codes, [*scrubbed, None])
