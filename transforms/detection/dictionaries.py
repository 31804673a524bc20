"""Dictionary-encoded text, before and after work on its distinct values."""

import pyarrow as pa

from transforms.distinct import occurring


def unify(table: pa.Table) -> pa.Table:
    """The same rows in one chunk, each column over one dictionary, whatever the shards' own were."""
    return table.unify_dictionaries().combine_chunks()


def compact(columns: dict[str, pa.ChunkedArray | pa.Array], schema: pa.Schema) -> pa.Table:
    """Columns → a table of `schema` whose dictionaries hold what occurs in its rows, and nobody else's address."""
    return pa.table([_encode(columns[field.name], field.type) for field in schema], schema=schema)


def _encode(column: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    if not pa.types.is_dictionary(kind):
        return column.cast(kind)
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if array.type != kind:
        return array.cast(kind.value_type).dictionary_encode()
    return occurring(array)
