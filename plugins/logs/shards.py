"""A source file → parsed shards, each with all that its receipt will say of the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plugins.logs.discovering import Source
from plugins.logs.files import BLOCK_BYTES
from plugins.logs.fingerprints import START, Fingerprints
from plugins.logs.log_file import SHARD_BYTES
from plugins.logs.suspecting import refuse_what_is_no_log
from schemas.receipts import Fingerprint, source_of
from transforms.parsing.layout import Layout
from transforms.parsing.meanings import Reading
from transforms.parsing.parser import Parsed, Parser
from transforms.parsing.secrets import scrub_parsed
from transforms.statistics.split import join_blocks


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
    first_line = 1
    if before:
        parser.open_entry, parser.disowned = before.open_entry, before.disowned
        first_line = before.first_line + before.counts.lines
    for piece in file.pieces(
        source.begin,
        is_final,
        shard_bytes,
        fits=lambda tail: before is None or prints.of_tail(tail) == before.fingerprint.tail,
    ):
        parsed = _parse(parser, piece.lines, first_line)
        if not piece.begin and not len(parsed.hits) and not len(parsed.errors):
            refuse_what_is_no_log(file.name, piece)
        yield ParsedShard(
            log=log,
            file=file_id,
            begin=piece.begin,
            end=piece.end,
            first_line=first_line,
            parsed=parsed,
            layouts=tuple(layout.name for layout in parser.layouts),
            fingerprint=prints.take(head, piece.end, piece.tail),
            open_entry=parser.open_entry,
            disowned=parser.disowned,
        )
        first_line += parsed.lines


def _parse(parser: Parser, content: bytes, first_line: int) -> Parsed:
    """In blocks, since a parsed line takes many times its bytes while it is parsed."""
    blocks, begin = [], 0
    while begin < len(content):
        end = content.rfind(b"\n", begin, begin + BLOCK_BYTES) + 1
        if not end:  # a line longer than a block
            end = content.find(b"\n", begin) + 1 or len(content)
        elif begin + BLOCK_BYTES >= len(content):
            end = len(content)
        blocks.append(scrub_parsed(parser.parse_block(content[begin:end], first_line), parser.reading.secret_keys))
        first_line += blocks[-1].lines
        begin = end
    return join_blocks(blocks)
