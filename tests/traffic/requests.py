"""What an actor decides to do, and who it is."""

from dataclasses import dataclass
from typing import Final, NamedTuple
from zlib import crc32

from tests.traffic.agents import Agent

WWW: Final = "www.example.org"
SHOP: Final = "shop.example.org"
BARE: Final = "example.org"


class Source(NamedTuple):
    """Where a visit came from."""

    kind: str
    name: str = "unknown"
    campaign: str = "unknown"


DIRECT: Final = Source("direct")
RESUMED: Final = Source("resumed")
_BOUNDS: Final = {10**power for power in range(7)}  # milliseconds that lie on the bound of two buckets


@dataclass(slots=True, frozen=True)
class Client:
    """An address with a user agent; `kind` is what its hits count as."""

    address: str
    country: str
    agent: Agent
    kind: str
    ignored: bool = False  # by the policy's exclude_networks
    spellings: tuple[str, ...] = ()  # of the address, where the log writes it in several ways
    user: str = "-"

    def written(self, at: int) -> str:
        """The address as the log has it."""
        return self.spellings[at % len(self.spellings)] if self.spellings else self.address


@dataclass(slots=True)
class Request:
    """One request; `act` says whether a person thereby views a page or takes a download.

    `path` is what tables show where it is not the target without its query, `begins` the source of the visit that
    starts here, `delay` the seconds until the line is written, `line` what stands for a request that is not HTTP.
    """

    at: int
    target: str
    vhost: str = WWW
    method: str = "GET"
    status: int = 200
    referrer: str = ""
    act: str = ""  # page, download
    begins: Source | None = None
    delay: int = 0
    path: str = ""
    line: str | None = None
    milliseconds: int = 40

    def __post_init__(self) -> None:
        self.path = self.path or self.target.split("?")[0]
        self.milliseconds += self.milliseconds in _BOUNDS

    @property
    def size(self) -> int | None:
        """Bytes sent, the same for the same target; None where the server writes "-"."""
        if self.status in (0, 304, 408) or self.method == "HEAD":
            return None
        return 180 + crc32(self.target.encode(errors="surrogateescape")) % (40_000 if self.status < 300 else 400)
