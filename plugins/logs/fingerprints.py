"""A file is known by its content: names, inodes and compression change when logs are rotated."""

import hmac
from typing import Final

from schemas.receipts import Fingerprint

EDGE: Final = 4096  # bytes hashed at the beginning, and before where reading stopped
START: Final = 2 * EDGE  # up to here the end of each line has a hash of its own


class Fingerprints:
    """Keyed hashes of one log's files: a plain hash of one short line could be guessed back to its address."""

    def __init__(self, key: bytes, log: str) -> None:
        self._key = hmac.digest(key, b"log " + log.encode(), "sha256")
        self._last: tuple[bytes, tuple[str, ...]] = (b"", ())  # a new file is compared with thousands of known ones

    def take(self, head: bytes, end: int, tail: bytes) -> Fingerprint:
        """Of a file read up to `end`: `head` is its first START bytes (or all), `tail` the last EDGE before `end`."""
        head = head[:end]
        first = head[:EDGE]
        return Fingerprint(
            head_bytes=len(first), head=self._hash(b"head", first), starts=self._starts(head), tail=self.of_tail(tail)
        )

    def of_tail(self, tail: bytes) -> str:
        return self._hash(b"tail", tail[-EDGE:])

    def of_first_line(self, head: bytes) -> str:
        """What files have in common that may be copies of each other."""
        return self._hash(b"line", head.partition(b"\n")[0])

    def begins_like(self, head: bytes, known: Fingerprint) -> bool:
        """Whether a file with these first START bytes (or all) begins as the known one does, as far as both go."""
        starts = self._starts(head)
        common = min(len(starts), len(known.starts))
        if starts[:common] != known.starts[:common]:
            return False
        if len(head) >= known.head_bytes:
            return self._hash(b"head", head[: known.head_bytes]) == known.head
        return common > 0

    def _starts(self, head: bytes) -> tuple[str, ...]:
        """For the end of each line, a hash of all up to there."""
        if head == self._last[0]:
            return self._last[1]
        state = hmac.new(self._key, b"start", "sha256")
        found = []
        for line in head[:START].split(b"\n")[:-1]:
            state.update(line + b"\n")
            found.append(state.copy().hexdigest()[:8])
        self._last = (head, tuple(found))
        return self._last[1]

    def _hash(self, purpose: bytes, content: bytes) -> str:
        return hmac.digest(self._key, purpose + content, "sha256").hex()[:32]
