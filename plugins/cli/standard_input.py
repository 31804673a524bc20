"""Addresses come from standard input, one a line: what stands in a command is seen by all, and kept in its history."""

import sys
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from typer.core import TyperCommand

from schemas.refusals import RefusedError

T = TypeVar("T", bound=Hashable)


class FromStandardInput(TyperCommand):
    """A verb without arguments, whose refusal of one does not repeat it: it may be an address."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if rest:
            ctx.fail("This takes no arguments; give addresses on standard input, one a line.")
        return rest


def read_each(read: Callable[[str], T], what: str) -> list[T]:
    """What the lines of standard input are, each once; RefusedError says which line is wrong, and nothing of it."""
    found: dict[T, None] = {}
    for number, line in enumerate(sys.stdin.read().splitlines(), start=1):
        if line.strip():
            try:
                found[read(line)] = None
            except RefusedError as error:
                raise RefusedError(f"standard input, line {number}: {error}") from None
    if not found:
        raise RefusedError(f"standard input holds no {what}; give one a line")
    return list(found)
