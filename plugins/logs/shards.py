"""A source file → parsed shards, each with all that its receipt will say of the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from plugins.logs.discovering import Source
from plugins.logs.files import BLOCK_BYTES
from plugins.logs.fingerprints import START, Fingerprints
from plugins.logs.lines import Piece
from plugins.logs.log_file import SHARD_BYTES
from plugins.logs.origins import UnfinishedError
from plugins.logs.suspecting import refuse_what_is_no_log
from schemas.receipts import Fingerprint, source_of
from schemas.refusals import RefusedError
from schemas.window import TEXT
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.secrets import parse_scrubbed
from transforms.parsing.tearing import LONGEST_ENTRY
from transforms.statistics.split import join_blocks

UNSURE: Final = 1024 * 1024  # bytes at the beginning of a file that may wait for a line that can be read
MOST_LINES: Final = 200_000  # of a shard: usual ones have half as many
MOST_TEXT: Final = 6 * 1024 * 1024  # bytes of distinct values: sorted and sealed they take ten times that


@dataclass(frozen=True)
class ParsedShard:
    """Bytes `begin` to `end` of a file, parsed; `open_entry` and `disowned` as in `schemas.receipts.Receipt`."""

    log: str
    file: str
    begin: int
    end: int
    first_line: int
    parsed: Parsed
    layouts: tuple[str, ...]
    fingerprint: Fingerprint
    open_entry: int | None
    disowned: int | None

    @property
    def source(self) -> str:
        return source_of(self.log, self.file, self.begin, self.end)

    @property
    def has_good_line(self) -> bool:
        return bool(len(self.parsed.hits) or len(self.parsed.errors))


def parse_shards(
    source: Source,
    log: str,
    file_id: str,
    layouts: Sequence[Layout],
    reading: Reading,
    prints: Fingerprints,
    is_final: bool,
    shard_bytes: int = SHARD_BYTES,
) -> Iterator[ParsedShard]:
    """What follows the source's receipt, shard by shard; ExchangedError where the file is not the same any more."""
    file, before = source.file, source.receipt
    head = file.read(0, START)
    parser = Parser(layouts, log, file_id, reading)
    begin, first_line = source.begin, 1
    if before:
        parser.open_entry, parser.disowned = before.open_entry, before.disowned
        first_line = before.first_line + before.counts.lines
    pieces = _pieces(source, prints, is_final, min(shard_bytes, BLOCK_BYTES))
    for blocks, last in _parse_pieces(pieces, parser, begin, first_line, shard_bytes, file.name):
        parsed = join_blocks(blocks)
        blocks.clear()
        yield ParsedShard(
            log=log,
            file=file_id,
            begin=begin,
            end=last.end,
            first_line=first_line,
            parsed=parsed,
            layouts=tuple(layout.name for layout in parser.layouts),
            fingerprint=prints.take(head, last.end, last.tail),
            open_entry=parser.open_entry,
            disowned=parser.disowned,
        )
        begin, first_line = last.end, first_line + parsed.lines
        del parsed  # one shard at a time is in memory


def _pieces(source: Source, prints: Fingerprints, is_final: bool, piece_bytes: int) -> Iterator[Piece]:
    """What follows the source's receipt, if what stands before is what was read."""
    before = source.receipt
    return source.file.pieces(
        source.begin,
        is_final,
        piece_bytes,
        fits=lambda tail: before is None or prints.of_tail(tail) == before.fingerprint.tail,
    )


def _parse_pieces(
    pieces: Iterator[Piece], parser: Parser, begin: int, first_line: int, shard_bytes: int, name: str
) -> Iterator[tuple[list[Parsed], Piece]]:
    """The parsed pieces of each shard, and the last of these; of the lines only those of two pieces are in memory."""
    blocks: list[Parsed] = []
    last: Piece | None = None
    trouble: RefusedError | None = None
    sample: Piece | None = None  # of the beginning, as long as nothing could be read
    following = _next(pieces)
    while piece := following:
        if isinstance(piece, RefusedError):
            trouble = piece
            break
        following = _next(pieces)
        ahead = following.lines[:LONGEST_ENTRY] if isinstance(following, Piece) else b""
        parsed = parse_scrubbed(parser, piece.lines, first_line, ahead)
        sample = None if len(parsed.hits) or len(parsed.errors) else sample or (None if piece.begin else piece)
        if sample and piece.end >= min(UNSURE, shard_bytes):
            refuse_what_is_no_log(name, sample._replace(growth=piece.growth))
            sample = None
        blocks.append(parsed)
        first_line, last = first_line + parsed.lines, piece._replace(lines=b"")
        if _is_full(blocks, last, begin, shard_bytes):
            yield blocks, last
            blocks, begin, last = [], last.end, None
    if last:
        if sample:
            refuse_what_is_no_log(name, sample._replace(growth=last.growth))
        yield blocks, last
    if trouble:
        raise trouble


def _is_full(blocks: Sequence[Parsed], last: Piece, begin: int, shard_bytes: int) -> bool:
    """Whether another piece would make more than a shard of these, in bytes of the file, in lines or in memory."""
    another = (last.end - last.begin) // 2  # pieces end before the limit, at a newline
    if last.end - begin + another >= shard_bytes:
        return True
    is_costly = sum(block.lines for block in blocks) >= MOST_LINES or sum(map(_text, blocks)) >= MOST_TEXT
    return is_costly and last.end >= UNSURE


def _text(block: Parsed) -> int:
    """Bytes of values that differ; whatever repeats them is small."""
    columns = (column for table in (block.hits, block.errors) for column in table.columns)
    chunks = (chunk for column in columns if column.type == TEXT for chunk in column.chunks)
    return sum(int(chunk.dictionary.nbytes) for chunk in chunks) + int(
        block.quarantine.nbytes + block.continuations.nbytes
    )


def _next(pieces: Iterator[Piece]) -> Piece | RefusedError | None:
    """The next piece, or what is wrong with what follows: the lines before it count."""
    try:
        return next(pieces, None)
    except UnfinishedError:
        raise
    except RefusedError as error:
        return error
