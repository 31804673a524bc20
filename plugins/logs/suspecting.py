"""What a file is whose first lines all fit no format, where its bytes say it: the sentence says what to do."""

import re
from typing import Final

from plugins.logs.lines import MOST_GROWTH, Piece, bomb
from schemas.refusals import RefusedError

SAMPLE: Final = 4096  # bytes
UTF_16: Final = re.compile(rb"\xff\xfe|\xfe\xff|(?:[\x20-\x7e]\0){16}|(?:\0[\x20-\x7e]){16}")
CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MANY: Final = 0.05  # of the bytes; texts in every language have none


def refuse_what_is_no_log(name: str, piece: Piece) -> None:
    """Raise where a file's first piece, of which no line could be read, shows that it is no text of lines.

    Nothing of it was counted. Whoever sends such bytes as a visitor cannot keep a log from being read with that, since
    one line that can be read is enough.
    """
    sample = piece.lines[:SAMPLE]
    if piece.growth > MOST_GROWTH:
        raise bomb(name)
    if UTF_16.match(sample):
        raise RefusedError(f"{name} is written in UTF-16; let it be written in UTF-8, or convert it with iconv")
    if b"\n" not in sample and sample.count(b"\r") > 1:
        raise RefusedError(f"{name} ends its lines with CR alone, which no server does; convert it: tr '\\r' '\\n'")
    if len(CONTROLS.findall(sample)) > MANY * len(sample):
        raise RefusedError(f"{name} is no text, so it is no log; correct the log's paths")
