"""The distinct values of a field → values of our columns: all at once where they are plain, the others one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.window import INSTANT, TEXT
from transforms.parsing import values
from transforms.parsing.fields import Codes, Field, Mask, pair_fields
from transforms.parsing.meanings import Convert, Reading, converter_of
from transforms.parsing.plain import holding, plain_client, plain_way
from transforms.parsing.values import UnreadableError, is_within

PHYSICAL: Final = {TEXT: pa.string(), INSTANT: pa.int64()}  # as values are converted
CLIENT: Final = (TEXT, TEXT, pa.int64())
PHYSICAL_CLIENT: Final = (pa.string(), pa.string(), pa.int64())
NOBODY: Final = pa.array([b"-", b""], pa.binary())


@dataclass
class Converted:
    """The columns of a field's distinct values (text or numbers), and why some of these cannot be read, by position."""

    columns: list[pa.Array]
    reasons: dict[int, str]


def convert_field(
    meaning: str, field: Field, kinds: Sequence[pa.DataType], how: Reading, json_escapes: bool, one_by_one: bool
) -> Converted:
    """A column of each of the `kinds`, as wide as the field's values."""
    _, convert = converter_of(meaning, how)
    physical = [PHYSICAL.get(kind, kind) for kind in kinds]
    plain = None if one_by_one or field.values.null_count else plain_way(meaning, convert)
    if plain is None:
        return _convert_each(field.values.to_pylist(), convert, physical, json_escapes)
    easy, hard = plain(field.values)
    if json_escapes:
        hard |= holding(field.values, ord("\\"))
    columns = [column.cast(kind) for column, kind in zip(easy, physical, strict=True)]
    if not hard.any():
        return Converted(columns, {})
    mask, places = pa.array(hard), np.flatnonzero(hard)
    slow = _convert_each(field.values.filter(mask).to_pylist(), convert, physical, json_escapes)
    columns = [pc.replace_with_mask(column, mask, own) for column, own in zip(columns, slow.columns, strict=True)]
    return Converted(columns, {int(places[at]): reason for at, reason in slow.reasons.items()})


def convert_hops(forwarded: Field, peer: Field | None, how: Reading, one_by_one: bool) -> tuple[Codes, Converted]:
    """Who asked, where a proxy's header is logged, and who connected: a code a line, and the columns of these.

    What the header says counts only if one's own proxy connected; for all other lines the peer says who asked.
    """
    _, convert = converter_of("hops", how)
    if one_by_one or forwarded.values.null_count or (peer and peer.values.null_count):
        pairs = pair_fields(forwarded, peer)
        return pairs.codes, _convert_each(pairs.values, convert, [*PHYSICAL_CLIENT, pa.string()], json_escapes=False)
    if peer is None:
        decisive = ~plain_client(forwarded.values)[1][forwarded.codes]
    else:
        silent = np.asarray(pc.is_in(forwarded.values, NOBODY))[forwarded.codes]
        decisive = silent | ~_is_trusted(peer, how)[peer.codes]
    alone = (peer or forwarded).only(decisive)
    pairs = pair_fields(forwarded.only(~decisive), peer.only(~decisive) if peer else None)
    clients = convert_field("client", alone, CLIENT, how, json_escapes=False, one_by_one=False)
    others = _convert_each(pairs.values, convert, [*PHYSICAL_CLIENT, pa.string()], json_escapes=False)
    codes = np.empty(len(decisive), np.int32)
    codes[decisive], codes[~decisive] = alone.codes, pairs.codes + len(alone.values)
    columns = [
        pa.concat_arrays(pair) for pair in zip([*clients.columns, clients.columns[0]], others.columns, strict=True)
    ]
    moved = {place + len(alone.values): reason for place, reason in others.reasons.items()}
    return codes, Converted(columns, clients.reasons | moved)


def _is_trusted(peer: Field, how: Reading) -> Mask:
    """Which of the peers are proxies of one's own."""
    if not how.trusted_proxies:
        return np.zeros(len(peer.values), np.bool_)
    return np.array([_is_proxy(raw, how) for raw in peer.values.to_pylist()], np.bool_)


def _is_proxy(raw: bytes, how: Reading) -> bool:
    try:
        address = values.read_client(raw)[0]
    except UnreadableError:
        return False
    return address is not None and is_within(address, how.trusted_proxies)


def _convert_each(raws: Sequence[Any], convert: Convert, kinds: Sequence[pa.DataType], json_escapes: bool) -> Converted:
    found = [_convert(raw, convert, json_escapes) for raw in raws]
    reasons = {place: value for place, value in enumerate(found) if isinstance(value, str)}
    columns = [
        pa.array([None if value is None or isinstance(value, str) else value[place] for value in found], kind)
        for place, kind in enumerate(kinds)
    ]
    return Converted(columns, reasons)


def _convert(value: Any, convert: Convert, json_escapes: bool) -> Any:
    """The converted tuple, None where the group took no part, or the reason (a str) why it cannot be read."""
    if value is None:
        return None
    try:
        return convert(values.unescape_json(value) if json_escapes else value)
    except UnreadableError as error:
        return error.reason
