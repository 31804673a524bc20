"""What patterns made of the lines of a block."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np

from transforms.parsing.fields import Field, Positions, field_of_list, join_fields
from transforms.parsing.layout import Groups, Layout
from transforms.parsing.regular import Regular
from transforms.parsing.tearing import Seen


@dataclass(frozen=True)
class Block:
    """Lines by their number in the file; `begins` and `ends` are their places in `content`."""

    content: bytes
    begins: Positions
    ends: Positions
    first_line: int

    def line(self, number: int) -> bytes:
        index = number - self.first_line
        return self.content[self.begins[index] : self.ends[index]]


class Found:
    """What patterns made of lines, by line number."""

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.layouts = tuple(layouts)
        self.groups: list[list[Groups]] = [[] for _ in layouts]
        self.numbers: list[list[int]] = [[] for _ in layouts]
        self.quarantine: dict[int, str] = {}
        self.continuations: dict[int, int] = {}

    def seen(self, block: Block) -> Iterator[Seen]:
        """All lines of the block, in order, also those that none read."""
        read = {
            number: (layout, groups)
            for layout, numbers, all_groups in zip(self.layouts, self.numbers, self.groups, strict=True)
            for number, groups in zip(numbers, all_groups, strict=True)
        }
        for number, end in enumerate(block.ends.tolist(), start=block.first_line):
            yield Seen(number, block.line(number), end + 1, *read.get(number, (None, None)))

    def forge(self, numbers: Set[int]) -> None:
        """Lines that a layout read are in quarantine instead."""
        for place, own in enumerate(self.numbers):
            kept = [index for index, number in enumerate(own) if number not in numbers]
            self.quarantine.update((number, "forged") for number in own if number in numbers)
            self.numbers[place] = [own[index] for index in kept]
            self.groups[place] = [self.groups[place][index] for index in kept]

    def lines_of(
        self, layout: int, width: int, regular: Regular | None, first_line: int
    ) -> tuple[Positions, list[Field]]:
        """The numbers and fields of a layout's lines, in order, those that are `regular` among them."""
        numbers = np.array(self.numbers[layout], np.int64)
        columns = zip(*self.groups[layout], strict=True) if len(numbers) else ((),) * width
        fields = [field_of_list(column) for column in columns]
        if regular is None:
            return numbers, fields
        if not len(numbers):
            return regular.numbers + first_line, regular.fields
        numbers = np.concatenate([regular.numbers + first_line, numbers])
        order = np.argsort(numbers, kind="stable")
        pairs = zip(regular.fields, fields, strict=True)
        return numbers[order], [join_fields(pair).ordered(order) for pair in pairs]
