"""A period of whole local days, and the one it is compared with."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both in it."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, up to the eve of the first."""
        return Period(self.first - self.length * A_DAY, self.first - A_DAY)

    def days(self) -> list[date]:
        return [self.first + number * A_DAY for number in range(self.length)]
