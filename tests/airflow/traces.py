"""What a search would find of visitors in the files below a folder."""

import gzip
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Address = IPv4Address | IPv6Address
TOKEN = re.compile(rb"(?<![\w.:])([0-9A-Fa-f:.]{3,}[0-9A-Fa-f])(/\d+)?(?![\w:])")
TARGET = re.compile(rb"/[^\s\"'\\<>]*\?[^\s\"'\\<>]+")
FULL = {4: 24, 6: 48}  # more bits than these are not truncated


def content(path: Path) -> bytes:
    """What is in a file, decompressed, and as text where it is Parquet that anybody can read."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".parquet":
        try:
            return "\n".join(map(str, pq.read_table(path).to_pylist())).encode()
        except (pa.ArrowException, OSError):  # sealed
            return path.read_bytes()
    return path.read_bytes()


def files(folder: Path, *without: str) -> Iterator[Path]:
    """All files below a folder but those below some of its folders."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(folder / name) for name in without):
            yield path


def addresses(text: bytes) -> set[Address]:
    """Everything that is a full address; networks are none."""
    found = set()
    for token, prefix in TOKEN.findall(text):
        try:
            address = ip_address(token.decode())
        except ValueError:
            continue
        if not prefix or int(prefix[1:]) > FULL[address.version]:
            found.add(address)
    return found


def targets(text: bytes) -> set[bytes]:
    """Everything that is a path with a query."""
    return set(TARGET.findall(text))


def clients(logs: Path) -> set[Address]:
    """The addresses in all logs, but this machine's own and those that stand in messages only."""
    return {address for path in files(logs) for address in addresses(content(path)) if not address.is_loopback}
